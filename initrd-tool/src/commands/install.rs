//! `install` and `uninstall`: this project's files put into a system that has no package
//! of it, and taken back. Writes with `--apply` only; starts, enables and builds nothing.

mod files;
mod refusal;
mod show;

use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::change::inject::verifier;
use crate::change::install::{self, State, Step};
use crate::view::layout;
use crate::view::wiring::{UNITS, Wiring};
use clap::Command;
use refusal::Refusal;
use show::Shown;
use std::io::Write;
use std::path::PathBuf;

/// What both take.
#[derive(clap::Args, Debug)]
struct Common {
    /// The system whose files change
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Where the programs go
    #[arg(long, value_name = "DIR", default_value = "/usr/local", value_parser = prefix)]
    prefix: String,
    /// Make the changes
    #[arg(long)]
    apply: bool,
    /// Print JSON (docs/install-v1.schema.json)
    #[arg(long)]
    json: bool,
}

/// Arguments of `install`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "For systems without a package: this program, the verifier beside it, the units and
the hooks of the programs that make initrds here. Without --apply nothing is changed.
Files that are not of an earlier installation are never replaced, and nothing is
written where a package has installed nvpreflight, on NixOS and on ostree systems.

Exit status: 0 everything is in place, 1 changes are left, 2 failed or refused,
64 wrong usage.

Examples:
  nvpreflight install                      what would be put where
  sudo nvpreflight install --apply         put it there
  sudo nvpreflight install --apply --expect expect.json
  nvpreflight install --root /mnt --makers dracut --json | jq '.files[].path'"
)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    /// Whose hooks are installed, a list with commas [default: those that are there]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = maker)]
    makers: Option<Vec<&'static str>>,
    /// The static verifier [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    verifier: Option<PathBuf>,
    /// Install these expectations as /etc/nvpreflight/expect.json
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Show the text of new files too
    #[arg(long)]
    diff: bool,
}

/// Arguments of `uninstall`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Takes back what `nvpreflight install` or install.sh put there, file by file and
folder by folder. What was changed since stays. Without --apply nothing is changed.

Exit status: 0 nothing of an installation is left, 1 something is, 2 failed,
64 wrong usage.

Examples:
  nvpreflight uninstall                    what would be removed
  sudo nvpreflight uninstall --apply       remove it
  sudo nvpreflight uninstall --root /mnt --prefix /opt/nvpreflight --apply"
)]
pub struct UninstallArgs {
    #[command(flatten)]
    common: Common,
}

/// A path that stands in units and scripts.
fn prefix(text: &str) -> std::result::Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
    let text = text.trim_end_matches('/');
    if !text.starts_with('/') || !text.chars().all(plain) || text.split('/').any(|p| p == "..") {
        return Err("has to be an absolute path of letters, digits and ._+-".to_owned());
    }
    Ok(text.to_owned())
}

fn maker(text: &str) -> std::result::Result<&'static str, String> {
    let names: Vec<&str> = layout::makers().map(|(name, _)| name).collect();
    let known = names.iter().copied().find(|name| *name == text);
    known.ok_or_else(|| format!("there are hooks for {}", names.join(", ")))
}

/// Shows or makes an installation.
pub fn run(args: &Args, ui: Ui, cli: fn() -> Command) -> Result<Exit> {
    let common = &args.common;
    let mut shown = Shown::new("install", &common.root, &common.prefix);
    if let Some(refusal) = refusal::of(&common.root)? {
        return refused(shown, refusal, common, ui);
    }
    let there = || layout::makers().map(|(name, _)| name);
    let there = || there().filter(|name| layout::is_there(&common.root, name)).collect();
    let makers: Vec<&'static str> = args.makers.clone().unwrap_or_else(there);
    let payload = verifier::payload(args.verifier.as_deref(), args.expect.as_deref())?;
    verifier::runs_here(&payload.verifier)?;
    let wanted = files::all(&common.prefix, &makers, payload, cli)?;
    let steps = install::plan(&common.root, &common.prefix, wanted)?;
    if common.apply {
        shown.applied = true;
        install::apply(&common.root, &common.prefix, &steps)?;
    }
    shown.makers = makers;
    shown.diff = args.diff;
    if steps.iter().any(|step| step.state != State::Unchanged) {
        shown.commands.push("systemctl daemon-reload".to_owned());
        shown.commands.push(format!("systemctl enable {}", UNITS.join(" ")));
        shown.commands.extend(rebuild(&Wiring::of(&common.root), &shown.makers));
    }
    finish(&shown, &steps, common)
}

/// Shows or makes the end of an installation.
pub fn remove(args: &UninstallArgs, ui: Ui) -> Result<Exit> {
    let common = &args.common;
    let mut shown = Shown::new("uninstall", &common.root, &common.prefix);
    let Some(steps) = install::removal(&common.root, &common.prefix)? else {
        // A package's files have no list here, and are not for this program to remove.
        if let Some(refusal) = refusal::of(&common.root)? {
            return refused(shown, refusal, common, ui);
        }
        shown.applied = common.apply;
        return finish(&shown, &[], common);
    };
    // Before the files go, for they show which makers and units there are.
    let wiring = Wiring::of(&common.root);
    let units: Vec<&str> = wiring.units.iter().filter(|u| u.enabled).map(|u| u.name).collect();
    let hooked: Vec<&str> =
        wiring.makers.iter().filter(|m| m.hook.is_some()).map(|m| m.maker).collect();
    if !units.is_empty() {
        shown.commands.push(format!("systemctl disable {}", units.join(" ")));
    }
    shown.commands.extend(rebuild(&wiring, &hooked));
    if common.apply {
        shown.applied = true;
        install::remove(&common.root, &common.prefix, &steps)?;
    }
    finish(&shown, &steps, common)
}

/// What makes the images of these makers again.
fn rebuild(wiring: &Wiring, makers: &[&str]) -> Vec<String> {
    let ours = wiring.makers.iter().filter(|maker| makers.contains(&maker.maker));
    ours.map(|maker| maker.rebuild.to_owned()).collect()
}

fn refused(mut shown: Shown, refusal: Refusal, common: &Common, ui: Ui) -> Result<Exit> {
    if common.json {
        shown.refused = Some(refusal);
        print(&shown.json(&[]))?;
        return Ok(Exit::CouldNot);
    }
    ui.say(format_args!("nothing is changed: {}", refusal.why));
    print(&(refusal.instead.join("\n") + "\n"))?;
    Ok(Exit::CouldNot)
}

fn finish(shown: &Shown, steps: &[Step], common: &Common) -> Result<Exit> {
    print(&if common.json { shown.json(steps) } else { shown.text(steps) })?;
    let any = |states: &[State]| steps.iter().any(|step| states.contains(&step.state));
    let left = match shown.action {
        "uninstall" if common.apply => any(&[State::Kept]),
        "uninstall" => !steps.is_empty(),
        _ if common.apply => false,
        _ => any(&[State::Create, State::Change, State::Foreign]),
    };
    Ok(if left { Exit::Findings } else { Exit::Clean })
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)
}
