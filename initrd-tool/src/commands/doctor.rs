//! `doctor`: the questions that people ask of a machine with a black screen,
//! answered from one look, and the look saved for others.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::private;
use crate::base::ui::{Exit, Ui};
use crate::doctor::{Examination, Sheet, Tone, json, live, text};
use crate::source::bundle::Notes;
use crate::source::subject::SubjectArgs;
use nvpreflight::finding::Verdict;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `doctor`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit status: 0 nothing wrong, 1 findings, 2 could not check, 64 wrong usage.

Examples:
  sudo nvpreflight doctor                      this machine, and the initrds installed on it
  nvpreflight doctor                           the same as a user: it lists what root would add
  sudo nvpreflight doctor --save visit.json    a file for a bug report, without names and numbers
  nvpreflight doctor visit.json --all          the same answers on another machine, with their evidence
  nvpreflight doctor initrd.img --root /       an image, before the reboot"
)]
pub struct Args {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Show the full questions and the evidence for each answer
    #[arg(long)]
    all: bool,
    /// Show what each line of a log or paste was taken for
    #[arg(long, conflicts_with = "json")]
    explain_input: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Save all data to a file for a bug report
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Keep names, addresses and serial numbers in the saved file
    #[arg(long, requires = "save")]
    no_redact: bool,
    /// Only collect data, and write it to standard output
    #[arg(long, hide = true)]
    look: bool,
    /// A path to skip while collecting
    #[arg(long, hide = true, value_name = "PATH")]
    leave_out: Vec<String>,
}

/// Looks, answers and prints.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    if args.look {
        return live::look(&args.leave_out).map(|()| Exit::Clean);
    }
    if let Some(path) = &args.save {
        args.subject.spare(path)?;
    }
    let notes = Notes::default();
    let mut visited = Examination::at(&args.subject, args.save.is_some().then_some(&notes), ui)?;
    visited.look.explain_input = args.explain_input;
    let look = &visited.look;
    if let Some(path) = &args.save {
        save(path, &visited, &notes, args.no_redact, ui)?;
    }
    let case = visited.case();
    let sheet = Sheet::of(&case);
    let printed = if args.json {
        format!("{:#}\n", json::render(&sheet, &case, &look.label.kind))
    } else {
        let manner = text::Manner { columns: ui.columns(), colours: ui.colours(), all: args.all };
        text::render(&sheet, &case, manner) + &look.input()
    };
    std::io::stdout().write_all(printed.as_bytes()).map_err(Error::stdout)?;
    if text::has_no_gpu(&sheet, &case) {
        return Ok(Exit::Clean);
    }
    // What is shown as BAD is no success, whatever the threshold of the rules is.
    if sheet.answers.iter().any(|answer| answer.tone == Tone::Bad) {
        return Ok(Exit::Findings);
    }
    Ok(match sheet.headline.verdict {
        v if v == Verdict::Ok.name() => Exit::Clean,
        v if v == Verdict::Findings.name() => Exit::Findings,
        _ => Exit::CouldNot,
    })
}

/// Writes the visit: redacted unless told otherwise, readable by its owner only.
fn save(path: &Path, visited: &Examination, notes: &Notes, no_redact: bool, ui: Ui) -> Result<()> {
    let mut saved = visited.save(notes);
    if !no_redact {
        saved = saved.redacted(&visited.look.names())?;
    }
    let text = saved.to_json()?;
    private::write(path, text.as_bytes())?;
    ui.say(format_args!("saved the data to {} ({} bytes)", clean::path(path), text.len()));
    match no_redact {
        true => ui.say(format_args!("nothing was redacted: read it before you publish it")),
        false => ui.say(format_args!(
            "redacted: {}; a kernel log may still contain private data: read it before you publish it",
            saved.visit.map(|visit| visit.redacted.join(", ")).unwrap_or_default()
        )),
    }
    Ok(())
}
