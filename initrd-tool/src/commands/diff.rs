//! `diff`: what changed from one image, boot, generation, log or report to another,
//! meaning first.

use super::open::complain;
use crate::base::error::{Error, Result};
use crate::base::print::Size;
use crate::base::ui::{Exit, Ui};
use crate::source::history::{self, Store};
use crate::view::compare::source::{Side, Source};
use crate::view::compare::{self, Change, Compared};
use crate::view::inventory::files;
use crate::view::inventory::owner::Group;
use serde_json::json;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Arguments of `diff`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Compare an image, a directory, `/` for the running system, saved facts, a log,
a saved report, or a boot: boot:0 the last one, boot:-1 the one before, boot:ID,
boot:good the last recorded good one.

Examples:
  nvpreflight diff initrd-good.img initrd-new.img
  nvpreflight diff --files initrd-good.img initrd-new.img
  nvpreflight diff boot:-1 boot:0
  nvpreflight diff good.facts bad.facts
  nvpreflight diff --generation 41 43          NixOS

Exit status 0: no relevant difference; with --files in every file too.
1: something differs. 2: an input could not be read."
)]
pub struct Args {
    /// The old side
    old: OsString,
    /// The new side
    new: OsString,
    /// The two sides are numbers of NixOS system generations
    #[arg(long, conflicts_with = "files")]
    generation: bool,
    /// Directory with the system-NUMBER-link links
    #[arg(long, value_name = "DIR", default_value = "/nix/var/nix/profiles")]
    profiles: PathBuf,
    /// Directory of recorded boots
    #[arg(long, value_name = "DIR", default_value = history::FOLDER)]
    boots: PathBuf,
    /// Compare every file of two images, including contents
    #[arg(long)]
    files: bool,
    /// Show all changes
    #[arg(long, short)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The comparison with what only images show.
struct Outcome {
    compared: Compared,
    files: Vec<Change>,
    groups: Vec<(Group, u64, u64)>,
    size: [Option<u64>; 2],
}

/// Compares.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let open = |text: &OsString| match args.generation {
        true => compare::generation::open(&args.profiles, text, ui),
        false => Side::open(&Source::parse(text), &Store::at(&args.boots), ui),
    };
    let (mut old, mut new) = (open(&args.old)?, open(&args.new)?);
    let running = |text: &OsString| !args.generation && Source::parse(text).is_running();
    if new.is_remembered() && running(&args.old) {
        old = Side::running(ui)?;
    }
    if old.is_remembered() && running(&args.new) {
        new = Side::running(ui)?;
    }
    let mut outcome = Outcome {
        compared: Compared::default(),
        files: Vec::new(),
        groups: Vec::new(),
        size: [&old, &new].map(|side| side.opened.as_ref()?.image().map(|image| image.size())),
    };
    // Only where both can be walked is there more to compare.
    if old.opened.is_some() && new.opened.is_some() {
        if let (Some(before), Some(after)) = (old.walk(ui)?, new.walk(ui)?) {
            outcome.groups = compare::groups(&before, &after);
        }
    }
    match (args.files, &old.opened, &new.opened) {
        (false, ..) => {}
        (true, Some(old), Some(new)) => {
            let [old, new] = [files::of(old, ui)?, files::of(new, ui)?];
            outcome.files = compare::things("files", &compare::files(&old), &compare::files(&new));
        }
        (true, ..) => return Err(Error::usage("--files compares images and directories")),
    }
    outcome.compared = compare::compare(&old.picture, &new.picture);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = match args.json {
        true => json(args, [&old, &new], &outcome, &mut out),
        false => text(args, [&old, &new], &outcome, &mut out),
    };
    written.and_then(|()| out.flush()).map_err(Error::stdout)?;
    let images = [&old, &new].into_iter().filter_map(|side| side.opened.as_ref()?.image());
    let damaged = images.filter(|image| complain(image, ui) != Exit::Clean).count() > 0;
    let same = outcome.compared.changes.is_empty() && outcome.files.is_empty() && !damaged;
    Ok(if same { Exit::Clean } else { Exit::Findings })
}

fn text(args: &Args, sides: [&Side; 2], outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let [old, new] = sides.map(|side| side.picture.name.as_str());
    writeln!(out, "{old} → {new}")?;
    if outcome.compared.changes.is_empty() {
        writeln!(out, "no relevant difference")?;
    }
    compare::section(&outcome.compared.changes, args.all, out)?;
    compare::section(&outcome.files, args.all, out)?;
    if let [Some(old), Some(new)] = outcome.size {
        if old != new {
            writeln!(out, "size       {}", grown(old, new))?;
        }
    }
    for (group, old, new) in &outcome.groups {
        writeln!(out, "           {group:<14} {}", grown(*old, *new))?;
    }
    compare::not_compared(&outcome.compared.not_compared, [old, new], args.all, out)
}

fn grown(old: u64, new: u64) -> String {
    let sign = if new >= old { '+' } else { '-' };
    format!("{} → {} ({sign}{})", Size(old), Size(new), Size(old.abs_diff(new)))
}

fn json(args: &Args, sides: [&Side; 2], outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let groups: Vec<_> = outcome
        .groups
        .iter()
        .map(|(group, old, new)| json!({ "group": group.name(), "old": old, "new": new }))
        .collect();
    let side = |at: usize| {
        let (side, size) = (sides.get(at), outcome.size.get(at).copied().flatten());
        side.map(|side| {
            let Side { picture, .. } = side;
            json!({ "image": picture.name, "name": picture.name, "kind": picture.kind, "size": size })
        })
    };
    let value = json!({
        "format": "nvpreflight-diff", "version": 1,
        "old": side(0),
        "new": side(1),
        "changes": outcome.compared.changes,
        "not_compared": outcome.compared.not_compared,
        "files": args.files.then_some(&outcome.files),
        "groups": groups,
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}
