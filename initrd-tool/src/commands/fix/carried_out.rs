//! What `fix` does once it is told to: the edits with a way back, and their commands, run
//! or said. It decides nothing.

use super::{Args, print, shown};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::change::apply;
use crate::view::cures::{self, Cure};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;

/// What a run with `--apply` did.
#[derive(Default)]
pub(super) struct Applied {
    /// The codes whose cures were made.
    pub(super) codes: Vec<String>,
    /// What became of their commands; None where nothing was made.
    commands: Option<Commands>,
}

impl Applied {
    /// True where something was made and every command of it was run.
    pub(super) fn ran(&self) -> bool {
        matches!(self.commands, Some(Commands::Ran))
    }

    /// The command that failed, and how.
    pub(super) fn failed(&self) -> Option<&str> {
        match &self.commands {
            Some(Commands::Failed { how, .. }) => Some(how),
            _ => None,
        }
    }
}

/// What became of commands.
enum Commands {
    /// Every one was run, or there was none.
    Ran,
    /// They were said, for somebody to run.
    Said,
    /// One failed, and how; it and those behind it are left.
    Failed { how: String, left: Vec<String> },
}

/// Makes the cures that `made` picks, with a way back, and runs their commands.
pub(super) fn apply(
    args: &Args,
    root: &Path,
    cures: &[Cure],
    made: &dyn Fn(&Cure) -> bool,
    ui: Ui,
) -> Result<Applied> {
    let wanted: Vec<&Cure> = cures.iter().filter(|cure| made(cure)).collect();
    let edits: Vec<_> = wanted.iter().flat_map(|cure| cure.edits.clone()).collect();
    let commands = distinct(wanted.iter().flat_map(|cure| &cure.commands));
    let back = distinct(wanted.iter().flat_map(|cure| &cure.undo));
    let codes: Vec<String> = wanted.iter().map(|cure| cure.code.clone()).collect();
    for cure in cures.iter().filter(|cure| !codes.contains(&cure.code)) {
        ui.say(format_args!("{} is left: {}", cure.code, cure.safety.words()));
    }
    if wanted.is_empty() {
        return Ok(Applied::default());
    }
    // A rebuild alone, of files that already say so, leaves nothing to take back.
    let lasting = !edits.is_empty() || back.iter().any(|command| !commands.contains(command));
    if lasting {
        let kept = apply::apply(root, &codes, &back, &edits)?;
        for edit in &edits {
            ui.say(format_args!("changed /{}", clean::line(edit.path.as_bytes())));
        }
        ui.say(format_args!("what takes it back: {}", clean::path(&kept)));
    }
    let became = carry_out(&commands, root, args, ui)?;
    match &became {
        Commands::Ran => {
            let then = if wanted.iter().any(|cure| cure.reboot) { "; reboot" } else { "" };
            ui.say(format_args!("done: {}{then}", codes.join(" ")));
        }
        Commands::Said => {
            let codes = codes.join(" ");
            let left = "the commands above are still to be run";
            match edits.is_empty() {
                true => ui.say(format_args!("{codes}: {left}")),
                false => ui.say(format_args!("changed: {codes}; {left}")),
            }
        }
        Commands::Failed { .. } if lasting => {
            ui.say(format_args!("`nvpreflight fix --undo` takes it back"));
        }
        Commands::Failed { .. } => {}
    }
    Ok(Applied { codes, commands: Some(became) })
}

/// Each once, where it stands last: an image is made when all is there that it takes along.
pub(super) fn distinct<'a>(commands: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for command in commands {
        out.retain(|known| known != command);
        out.push(command.clone());
    }
    out
}

/// Runs the commands on the running system; elsewhere, or when told so, says them. What
/// they print goes where progress goes where standard output holds JSON.
fn carry_out(commands: &[String], root: &Path, args: &Args, ui: Ui) -> Result<Commands> {
    if commands.is_empty() {
        return Ok(Commands::Ran);
    }
    let here = std::fs::canonicalize(root).is_ok_and(|real| real == Path::new("/"));
    if args.no_run || !here {
        for command in commands {
            let line = if here { command.clone() } else { cures::in_root(root, command) };
            let line = match root.to_str().is_some() && shown::is_plain(&line) {
                true => line,
                false => format!("in {}: {}", clean::path(root), clean::line(command.as_bytes())),
            };
            match args.json {
                true => ui.say(format_args!("to be run: {line}")),
                false => print(&format!("{line}\n"))?,
            }
        }
        return Ok(Commands::Said);
    }
    for (at, command) in commands.iter().enumerate() {
        let said = clean::line(command.as_bytes());
        ui.say(format_args!("running {said}"));
        let mut shell = Command::new("sh");
        if args.json {
            let errors = std::io::stderr().as_fd().try_clone_to_owned();
            shell.stdout(errors.map_err(|e| Error::new(format!("cannot run commands: {e}")))?);
        }
        let how = match shell.args(["-c", command]).status() {
            Ok(status) if status.success() => continue,
            Ok(status) => format!("{said}: {status}"),
            Err(e) => format!("{said}: {e}"),
        };
        ui.say(format_args!("failed: {how}"));
        let left = commands.get(at..).unwrap_or_default().to_vec();
        return Ok(Commands::Failed { how, left });
    }
    Ok(Commands::Ran)
}

/// Takes the last run back, and runs what that needs.
pub(super) fn undo(args: &Args, root: &Path, ui: Ui) -> Result<Exit> {
    let Some((kept, record)) = apply::undo(root)? else {
        return Err(Error::new("nothing to undo: no change of `nvpreflight fix` is recorded"));
    };
    for path in record.paths() {
        ui.say(format_args!("undone: /{}", clean::line(path.as_bytes())));
    }
    // What an image or a boot loader's entry was made from has changed back.
    if let Commands::Failed { left, .. } = carry_out(&record.commands, root, args, ui)? {
        apply::leave(&kept, record, left)?;
        ui.say(format_args!(
            "when the cause is fixed, `nvpreflight fix --undo` goes on from there"
        ));
        return Ok(Exit::CouldNot);
    }
    apply::forget(&kept)?;
    Ok(Exit::Clean)
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn an_image_is_made_when_all_is_there_that_it_takes_along() {
        let all = ["unxz a", "mkinitcpio -P", "unxz b", "mkinitcpio -P"].map(str::to_owned);
        assert_eq!(distinct(all.iter()), ["unxz a", "unxz b", "mkinitcpio -P"]);
    }
}
