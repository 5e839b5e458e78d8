//! `report`: everything known of a boot on one page: the first cause and what to
//! do, the timeline, where options come from, what was not seen. Without what tells
//! one machine and its people from others, unless that is asked for.

use super::check::exit;
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::private;
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::render::page::{Format, Page};
use crate::source::bundle::{Learner, Notes};
use crate::source::subject::SubjectArgs;
use std::io::Write;
use std::path::PathBuf;

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
    /// Show what each line of a log or paste was taken for, below the text
    #[arg(long, conflicts_with_all = ["json", "output"])]
    explain_input: bool,
    /// Keep names, addresses, serial numbers and secrets
    #[arg(long)]
    no_redact: bool,
}

/// Looks, judges and writes the page.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let format = args.format()?;
    let mut subject = args.subject.clone();
    // A report is of a boot: without a subject of this one, not of the next.
    if subject.boot.is_none() {
        subject.subject.get_or_insert_with(|| "/".into());
    }
    if let Some(path) = &args.output {
        subject.spare(path)?;
    }
    let notes = Notes::default();
    let mut look = Look::at(&subject, (!args.no_redact).then_some(&notes), ui)?;
    look.explain_input = args.explain_input;
    let report = look.judge();
    let colours = args.output.is_none() && ui.colours();
    let columns = if args.output.is_some() { 80 } else { ui.columns() };
    let mut page =
        look.judged(&report, |judged| Page::of(judged, look.records(), columns, colours));
    if !args.no_redact {
        let mut learner = Learner::new(&look.names());
        learner.saved(&look.save(&notes))?;
        look.records().iter().for_each(|record| learner.text(&record.text));
        page.redact(&learner.done());
    }
    let mut text = page.render(format, columns);
    if format == Format::Text {
        text.push_str(&look.input());
    }
    match &args.output {
        Some(path) => {
            private::write(path, text.as_bytes())?;
            ui.say(format_args!("wrote {} bytes to {}", text.len(), clean::path(path)));
        }
        None => std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?,
    }
    Ok(exit(&report))
}

impl Args {
    /// What was asked for, or what the file's name promises.
    fn format(&self) -> Result<Format> {
        if let Some(format) = self.format.or(self.json.then_some(Format::Json)) {
            return Ok(format);
        }
        let Some(ending) = self.output.as_ref().and_then(|path| path.extension()) else {
            return Ok(Format::Text);
        };
        Format::of_ending(&ending.to_string_lossy().to_ascii_lowercase()).ok_or_else(|| {
            let ending = clean::line(ending.as_encoded_bytes());
            Error::usage(format!(
                "a report ends in .html, .md, .svg, .json or .txt, not in .{ending}: or say --format"
            ))
        })
    }
}
