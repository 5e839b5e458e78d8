//! `check`: every rule over an image, a directory, the running system, a log or saved
//! facts.

mod many;

use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::render::findings::Format;
use crate::source::subject::SubjectArgs;
use crate::source::subject::args::severities;
use crate::view::cures;
use nvpreflight::finding::{Report, Severity, Verdict};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Exit status: 0 clean, 1 findings, 2 could not check, 64 wrong usage.

Examples:
  nvpreflight check                            the initrd that the next boot takes
  nvpreflight check /boot/initrd.img-6.12.74-amd64 --root /
  nvpreflight check linux.efi --goal wayland --threshold warning
  nvpreflight check /                          the running system itself
  nvpreflight check /boot/initrd.img-*         many: one line each, then how many are ok
  nvpreflight check --boot -1                  the boot before, from the journal
  nvpreflight check nvidia-bug-report.log.gz   a log in any form, - for standard input
  nvpreflight check initrd --format sarif --output initrd.sarif")]
pub struct Args {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Show what fixes the findings on this machine too; `nvpreflight fix` applies it
    #[arg(long, conflicts_with_all = ["format", "json", "more"])]
    fix: bool,
    /// Show what each line of a log or paste was taken for
    #[arg(long, conflicts_with = "more")]
    explain_input: bool,
    /// More subjects, each checked as if it were alone
    #[arg(value_name = "MORE", requires = "subject")]
    more: Vec<PathBuf>,
    #[command(flatten)]
    print: Print,
}

/// How a judgement is printed.
#[derive(clap::Args, Debug)]
pub struct Print {
    /// Lowest severity that sets exit status 1 [default: from
    /// the expectations, else error]
    #[arg(long, value_name = "SEVERITY", value_parser = severities(), hide_possible_values = true)]
    threshold: Option<Severity>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Looks, judges and prints.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    if let (Some(first), false) = (&args.subject.subject, args.more.is_empty()) {
        let all: Vec<PathBuf> = std::iter::once(first).chain(&args.more).cloned().collect();
        return many::run(&all, &args.subject, &args.print, ui);
    }
    let mut look = Look::at(&args.subject, None, ui)?;
    look.explain_input = args.explain_input;
    let exit = args.print.judge(&mut look, ui)?;
    if args.print.for_people() {
        std::io::stdout().write_all(look.input().as_bytes()).map_err(Error::stdout)?;
    }
    if args.fix {
        let report = look.judge();
        let cures = cures::plan(&[(&look.facts, &report)], look.machine(), &|_| true);
        let text = cures::text(&cures);
        std::io::stdout().write_all(format!("\n{text}").as_bytes()).map_err(Error::stdout)?;
    }
    Ok(exit)
}

impl Print {
    /// Judges a look and prints the verdict.
    pub fn judge(&self, look: &mut Look, ui: Ui) -> Result<Exit> {
        let report = self.judged(look);
        let colours = self.output.is_none() && ui.colours();
        self.put(&look.show(&report, self.format(), ui.columns(), colours))?;
        Ok(exit(&report))
    }

    /// The format asked for, by either option.
    const fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// Whether the judgement is text on the terminal that more text may follow.
    fn for_people(&self) -> bool {
        self.output.is_none() && matches!(self.format(), Format::Text | Format::Concise)
    }

    /// Judges a look at the threshold asked for.
    fn judged(&self, look: &mut Look) -> Box<Report> {
        if let Some(threshold) = self.threshold {
            look.want.threshold = threshold;
        }
        look.judge()
    }

    /// Writes a text where it was asked for.
    fn put(&self, text: &str) -> Result<()> {
        match &self.output {
            Some(path) => std::fs::write(path, text).map_err(|e| Error::io("write", path, e)),
            None => std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout),
        }
    }
}

/// The exit status of a judgement.
pub fn exit(report: &Report) -> Exit {
    match report.verdict() {
        Verdict::Ok => Exit::Clean,
        Verdict::Findings => Exit::Findings,
        Verdict::CouldNotCheck => Exit::CouldNot,
    }
}
