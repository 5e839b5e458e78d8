//! `status`: what of nvpreflight is wired into this system, and what the initrds of
//! the next boots hold. Changes nothing.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::render::findings::verdict;
use crate::source::subject::SubjectArgs;
use crate::source::subject::installed::{self, Installed};
use crate::view::wiring::Wiring;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Arguments of `status`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit status: 0 everything is wired in and in each initrd, 1 something is not, 2 an
initrd could not be read, 64 wrong usage.

Examples:
  sudo nvpreflight status
  nvpreflight status --root /mnt --json | jq '.images[].verifier'"
)]
pub struct Args {
    /// The system to look at
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Print JSON (docs/status-v1.schema.json)
    #[arg(long)]
    json: bool,
}

/// An initrd that the next boots may take.
#[derive(Serialize)]
struct Image {
    path: String,
    /// Whether it holds the verifier; unknown where it could not be read.
    verifier: Option<bool>,
    /// What `check` says of it, or why it could not be read.
    says: String,
    /// The file that changed after the image was made.
    older_than: Option<String>,
}

#[derive(Serialize)]
struct Status {
    format: &'static str,
    version: u32,
    wiring: Wiring,
    images: Vec<Image>,
    problems: Vec<String>,
}

/// Looks and prints.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let wiring = Wiring::of(&args.root);
    let (found, problems) = installed::find(&args.root);
    let images: Vec<Image> =
        found.into_iter().map(|image| look(image, &args.root, &wiring, ui)).collect();
    let status = Status { format: "nvpreflight-status", version: 1, wiring, images, problems };
    let text = if args.json {
        serde_json::to_string_pretty(&status).unwrap_or_default() + "\n"
    } else {
        text(&status)
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?;
    let images = &status.images;
    Ok(if images.iter().any(|image| image.verifier.is_none()) || !status.problems.is_empty() {
        Exit::CouldNot
    } else if status.wiring.whole()
        && images.iter().all(|image| image.verifier == Some(true) && image.older_than.is_none())
    {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn look(image: Installed, root: &Path, wiring: &Wiring, ui: Ui) -> Image {
    let path = clean::path(&image.path);
    let older_than = older(&image.path, root, wiring);
    let args = SubjectArgs {
        subject: Some(image.path),
        root: Some(root.to_owned()),
        kernel: image.kernel.map(Into::into),
        cmdline: image.cmdline.filter(|line| !line.is_empty()).map(Into::into),
        ..SubjectArgs::default()
    };
    match Look::at(&args, None, ui) {
        Ok(look) => {
            let report = look.judge();
            let says = look.judged(&report, |judged| clean::line(verdict(judged).as_bytes()));
            let verifier = look.facts.image.yes().map(|image| image.programs.verifier);
            Image { path, verifier, says, older_than }
        }
        Err(error) => {
            let says = clean::line(error.to_string().as_bytes());
            Image { path, verifier: None, says, older_than }
        }
    }
}

/// The first file that went into the image in an older form than it has now.
fn older(image: &Path, root: &Path, wiring: &Wiring) -> Option<String> {
    let time =
        |path: &Path| -> Option<SystemTime> { std::fs::metadata(path).ok()?.modified().ok() };
    let made = time(image)?;
    let verifier = wiring.programs.iter().filter(|path| path.ends_with("-verifier"));
    let mut files = verifier.chain(&wiring.expectations);
    files
        .find(|path| time(&root.join(path.trim_start_matches('/'))).is_some_and(|at| at > made))
        .cloned()
}

fn text(status: &Status) -> String {
    let mut out = String::new();
    let mut line = |name: &str, says: &str| {
        let _ = writeln!(out, "{name:10}  {says}");
    };
    let wiring = &status.wiring;
    match wiring.programs.as_slice() {
        [] => line("programs", "none is installed"),
        programs => line("programs", &programs.join(", ")),
    }
    if wiring.makers.is_empty() {
        line("initrds", "no program that makes initrds is known here");
    }
    for maker in &wiring.makers {
        let hook = maker.hook.as_deref().unwrap_or("no hook puts the verifier into its images");
        line("initrds", &format!("{}: {hook}", maker.maker));
        line("", maker.check.as_deref().unwrap_or("no hook checks its new images"));
    }
    for unit in &wiring.units {
        let enabled = if unit.enabled { "enabled" } else { "not enabled" };
        line("unit", &format!("{}: {enabled}", unit.name));
    }
    line("expected", wiring.expectations.as_deref().unwrap_or("nothing: no expectations file"));
    for image in &status.images {
        let verifier = match image.verifier {
            Some(true) => "has the verifier",
            Some(false) => "without the verifier",
            None => "could not be read",
        };
        line("image", &format!("{}: {verifier}", image.path));
        line("", &image.says);
        if let Some(newer) = &image.older_than {
            let rebuild = wiring.makers.first().map_or("rebuild it", |maker| maker.rebuild);
            line("", &format!("older than {newer}: {rebuild}"));
        }
    }
    for problem in &status.problems {
        line("unknown", problem);
    }
    out
}
