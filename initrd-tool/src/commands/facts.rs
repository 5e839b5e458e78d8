//! `facts`: what was seen, saved to be judged again elsewhere. A bug report is a
//! fixture.

use super::check::Print;
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::private;
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::source::bundle::Notes;
use crate::source::subject::SubjectArgs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `facts`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight facts save / -o machine.facts
  nvpreflight facts replay machine.facts")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to do with facts.
#[derive(clap::Subcommand, Debug)]
enum What {
    /// Save everything that the rules read from a subject
    Save(Save),
    /// Check saved facts; same as `check FILE`
    Replay(Replay),
}

/// Arguments of `facts save`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight facts save /boot/initrd.img-6.12.74-amd64 --root / -o initrd.facts
  nvpreflight facts save / | gzip > machine.facts.gz
  nvpreflight facts save / -o - | ssh desk nvpreflight check -")]
struct Save {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Keep names, addresses, serial numbers and secrets
    #[arg(long)]
    no_redact: bool,
    /// Write to a file, readable by its owner only, instead of standard output; - is
    /// standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `facts replay`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight facts replay machine.facts --goal wayland")]
struct Replay {
    #[command(flatten)]
    subject: SubjectArgs,
    #[command(flatten)]
    print: Print,
}

/// Saves or replays.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    match &args.what {
        What::Save(args) => save(args, ui),
        What::Replay(args) => {
            if args.subject.subject.is_none() {
                return Err(Error::usage("give a file of saved facts"));
            }
            args.print.judge(&mut Look::at(&args.subject, None, ui)?, ui)
        }
    }
}

fn save(args: &Save, ui: Ui) -> Result<Exit> {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if let Some(path) = output {
        args.subject.spare(path)?;
    }
    let notes = Notes::default();
    let look = Look::at(&args.subject, Some(&notes), ui)?;
    let mut saved = look.save(&notes);
    if !args.no_redact {
        saved = saved.redacted(&look.names())?;
    }
    if saved.left_out > 0 {
        let n = saved.left_out;
        ui.say(format_args!("{n} paths cannot be stored in saved facts and were skipped"));
    }
    let text = saved.to_json()?;
    match output {
        Some(path) => {
            private::write(path, text.as_bytes())?;
            ui.say(format_args!("wrote {} bytes to {}", text.len(), clean::path(path)));
        }
        None => std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?,
    }
    Ok(Exit::Clean)
}
