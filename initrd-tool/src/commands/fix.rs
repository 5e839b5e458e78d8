//! `fix`: what mends the findings on this machine, shown as a diff and commands; with
//! `--apply` made, with `--undo` taken back. Applies what is safe, and what is named.

mod carried_out;
mod shown;

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::doctor::Examination;
use crate::source::subject::{Subject, SubjectArgs};
use crate::view::cures::{self, Cure, Safety};
use carried_out::Applied;
use nvpreflight::finding::Verdict;
use nvpreflight::rule::Code;
use nvpreflight::rules::RULES;
use serde_json::json;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `fix`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Without --apply nothing is changed. What was there before is kept below
/var/lib/nvpreflight/undo; --undo takes the last run back
and runs what makes the images and the boot loader's menu again. NixOS's files are made
from its configuration and never changed: the option lines are printed.

Exit status: 0 nothing left to fix but the commands that were printed, 1 fixes are left,
2 failed or could not check, 64 wrong usage.

Examples:
  sudo nvpreflight fix                     what would fix this machine and its initrds
  sudo nvpreflight fix --apply             make the changes that are safe
  sudo nvpreflight fix NVP101 --apply      make this one, safe or not
  sudo nvpreflight fix --undo              take the last run back
  sudo nvpreflight fix --for /boot/initrd.img    what would fix this image of this system
  nvpreflight fix --for initrd.img --root /mnt   for another root; its commands are printed")]
pub struct Args {
    /// Codes of the findings to fix [default: all]
    #[arg(value_name = "CODE", value_parser = code)]
    codes: Vec<Code>,
    /// Fix the findings of this image or directory instead of the running system's
    #[arg(long = "for", value_name = "SUBJECT")]
    subject: Option<PathBuf>,
    /// The root whose files change [default: /, or the directory of --for]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The kernel that will run the image: a release, or a kernel file
    #[arg(long, value_name = "RELEASE|FILE", requires = "subject")]
    kernel: Option<OsString>,
    /// The kernel command line that the image will get, or @FILE
    #[arg(long, value_name = "TEXT|@FILE", requires = "subject")]
    cmdline: Option<OsString>,
    /// Expectations [default: etc/nvpreflight/expect.json]
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// What the machine is for, in addition to the expectations; repeatable, or a
    /// list with commas
    #[arg(long, value_name = "GOAL", value_delimiter = ',', value_parser = crate::source::subject::args::goals(), hide_possible_values = true)]
    goal: Vec<nvpreflight::expect::Goal>,
    /// Make the changes and run the commands
    #[arg(long, group = "changes")]
    apply: bool,
    /// With --apply and --undo: change the files, print the commands
    #[arg(long, requires = "changes")]
    no_run: bool,
    /// Take back what the last --apply changed, and run what that needs
    #[arg(long, group = "changes", conflicts_with_all = ["codes", "subject"])]
    undo: bool,
    /// Print JSON (docs/fix-v1.schema.json)
    #[arg(long, conflicts_with = "undo")]
    json: bool,
}

/// Parses a rule's code.
fn code(text: &str) -> std::result::Result<Code, String> {
    let code = Code::parse(&text.to_ascii_uppercase());
    let known = |code: &Code| RULES.iter().any(|rule| rule.code == *code);
    code.filter(known).ok_or_else(|| "codes look like NVP201: see `nvpreflight rules`".to_owned())
}

/// Plans, shows, applies or takes back.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let root = root(args);
    if args.undo {
        return carried_out::undo(args, &root, ui);
    }
    if let Some(subject) = args.subject.as_deref().filter(|_| args.apply) {
        if !is_machine(subject) {
            return Err(Error::usage(format!(
                "--apply changes a machine, and {} is none: name its root or its image",
                clean::path(subject)
            )));
        }
    }
    let examined = Examination::at(&subject(args), None, ui)?;
    let codes: Vec<String> = args
        .codes
        .iter()
        .flat_map(|code| first_causes(&examined, *code, ui))
        .map(|code| code.to_string())
        .collect();
    let asked = |cure: &Cure| args.codes.is_empty() || codes.contains(&cure.code);
    let named = !args.codes.is_empty();
    // Named ones are made, safe or not; unasked only what is safe.
    let made = |cure: &Cure| match cure.safety {
        Safety::Safe => asked(cure),
        Safety::Decide => asked(cure) && (named || !args.apply),
        Safety::ByHand => false,
    };
    let mut cures = examined.plan(&made);
    cures.retain(|cure| asked(cure));
    let applied = match args.apply {
        true => carried_out::apply(args, &root, &cures, &made, ui)?,
        false => Applied::default(),
    };
    if args.json {
        print(&format!("{:#}\n", json(&examined, &cures, &applied)))?;
    } else if !args.apply {
        print(&shown::text(args, &cures, examined.report.verdict()))?;
    }
    // Nothing found by a look that could not see is no success.
    if cures.is_empty() && examined.report.verdict() == Verdict::CouldNotCheck {
        return Ok(Exit::CouldNot);
    }
    Ok(match cures.iter().all(|cure| applied.codes.contains(&cure.code)) {
        true if applied.failed().is_none() => Exit::Clean,
        true => Exit::CouldNot,
        false => Exit::Findings,
    })
}

/// What to fix for a code that was named, said where it is another one.
fn first_causes(examined: &Examination, code: Code, ui: Ui) -> BTreeSet<Code> {
    let causes = examined.first_causes(code);
    if causes.is_empty() {
        ui.say(format_args!("{code} was not found here"));
    } else if !causes.contains(&code) {
        let names: Vec<String> = causes.iter().map(ToString::to_string).collect();
        ui.say(format_args!("{code} follows from {0}: fixing {0}", names.join(", ")));
    }
    causes
}

/// Whose files change: the root that was named, a directory that is looked at, or this
/// system's, as for an image of its own.
fn root(args: &Args) -> PathBuf {
    let directory = args.subject.as_deref().filter(|subject| subject.is_dir());
    let root = args.root.as_deref().or(directory).unwrap_or(Path::new("/"));
    root.to_owned()
}

/// The machine itself, a root, or an image with its root beside it.
fn subject(args: &Args) -> SubjectArgs {
    let (subject, root) = match (&args.subject, &args.root) {
        (None, root) => (root.clone(), None),
        (Some(subject), None) if Subject::is_image(subject) => {
            (Some(subject.clone()), Some(root(args)))
        }
        (Some(subject), root) => (Some(subject.clone()), root.clone()),
    };
    SubjectArgs {
        subject: subject.or_else(|| Some(PathBuf::from("/"))),
        root,
        kernel: args.kernel.clone(),
        cmdline: args.cmdline.clone(),
        expect: args.expect.clone(),
        goal: args.goal.clone(),
        ..SubjectArgs::default()
    }
}

/// Whether a subject has files that can be changed, or is made from such.
fn is_machine(subject: &Path) -> bool {
    subject.is_dir() || Subject::is_image(subject)
}

fn json(examined: &Examination, cures: &[Cure], applied: &Applied) -> serde_json::Value {
    let cures: Vec<serde_json::Value> = cures
        .iter()
        .map(|cure| {
            let mut cure_json = serde_json::to_value(cure).unwrap_or_default();
            if let Some(object) = cure_json.as_object_mut() {
                object.insert("lines".into(), json!(cures::pasteable(cure)));
                object.insert("applied".into(), json!(applied.codes.contains(&cure.code)));
            }
            cure_json
        })
        .collect();
    json!({
        "format": "nvpreflight-fix",
        "version": 1,
        "subject": examined.look.label.name,
        "verdict": examined.report.verdict().name(),
        "cures": cures,
        "ran": applied.ran(),
        "failed": applied.failed(),
    })
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)
}
