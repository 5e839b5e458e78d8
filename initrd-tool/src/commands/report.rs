//! `report`: everything known of a boot on one page: the first cause and what to
//! do, the timeline, where options come from, what was not seen.

use super::check::exit;
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::render::page::{Format, Page};
use crate::source::subject::SubjectArgs;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Arguments of `report`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Exit status: 0 clean, 1 findings, 2 could not check, 64 wrong usage.

Examples:
  nvpreflight report                           the running system, on the terminal
  nvpreflight report -o boot.html              the same as one page for a browser
  nvpreflight report --boot -1 -o last.html    the boot before, from the journal
  journalctl -b -o short-monotonic | nvpreflight report - --format markdown
  nvpreflight report initrd.img --root / --format json
  nvpreflight report machine.facts -o timeline.svg")]
pub struct Args {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Output format [default: by the extension of FILE, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write to a file instead of standard output; an existing file
    /// is replaced atomically
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Looks, judges and writes the page.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let mut subject = args.subject.clone();
    // A report is of a boot: without a subject of this one, not of the next.
    if subject.boot.is_none() {
        subject.subject.get_or_insert_with(|| "/".into());
    }
    if let Some(path) = &args.output {
        subject.spare(path)?;
    }
    let look = Look::at(&subject, None, ui)?;
    let report = look.judge();
    let colours = args.output.is_none() && ui.colours();
    let columns = if args.output.is_some() { 80 } else { ui.columns() };
    let page = look.judged(&report, |judged| Page::of(judged, look.records(), columns, colours));
    let text = page.render(args.format(), columns);
    match &args.output {
        Some(path) => {
            write(path, text.as_bytes())?;
            ui.say(format_args!("wrote {} bytes to {}", text.len(), clean::path(path)));
        }
        None => std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?,
    }
    Ok(exit(&report))
}

impl Args {
    fn format(&self) -> Format {
        let ending = || {
            let ending = self.output.as_ref()?.extension()?.to_str()?.to_ascii_lowercase();
            Format::of_ending(&ending)
        };
        let json = self.json.then_some(Format::Json);
        self.format.or(json).or_else(ending).unwrap_or(Format::Text)
    }
}

/// Writes a file whole: beside its place first, then in one step to it. Nothing but
/// a regular file is replaced.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file()) {
        let name = clean::path(path);
        return Err(Error::new(format!("{name} is not a regular file and is not replaced")));
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let failed = |e| Error::io("write", path, e);
    // The process's umask takes its share of the permissions, as of any new file's.
    let mut file = tempfile::Builder::new()
        .prefix(".nvpreflight-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("a.html"), folder.path().join("link"));
        write(&file, b"old").expect("written");
        write(&file, b"new").expect("replaced");
        assert_eq!(fs::read(&file).expect("readable"), b"new");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        assert!(write(&link, b"x").is_err());
        assert!(write(folder.path(), b"x").is_err());
        assert!(write(&folder.path().join("no/such"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left");
    }
}
