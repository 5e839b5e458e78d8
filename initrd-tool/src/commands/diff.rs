//! `diff`: what changed from one image to another, meaning first.

use super::open::complain;
use crate::content::changes::{Change, Side, compare, groups, meaning};
use crate::content::files;
use crate::content::owner::Group;
use crate::error::{Error, Result};
use crate::opened::Opened;
use crate::print::{Shown, Size};
use crate::read::Keep;
use crate::ui::{Exit, Ui};
use serde_json::json;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Changes of one section that are told one by one without `--all`.
const TOLD: usize = 12;

/// Arguments of `diff`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    nvpreflight diff initrd-good.img initrd-new.img\n  \
    nvpreflight diff --files initrd-good.img initrd-new.img\n\n\
    Exit status 0: the same in meaning (kernel, driver, options, firmware,\n\
    modules, init), with --files in every file too. 1: something differs.")]
pub struct Args {
    /// The image as it was: an initrd, a unified kernel image, or a directory
    old: PathBuf,
    /// The image as it is
    new: PathBuf,
    /// Compare every file, contents included
    #[arg(long)]
    files: bool,
    /// Tell every change, however many
    #[arg(long, short)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The comparison.
struct Compared {
    changes: Vec<Change>,
    files: Vec<Change>,
    groups: Vec<(Group, u64, u64)>,
    size: [Option<u64>; 2],
}

/// Compares.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let (old, new) = (open(&args.old, ui)?, open(&args.new, ui)?);
    let (before, after) = (Side::of(&old, ui)?, Side::of(&new, ui)?);
    let compared = Compared {
        changes: meaning(&before, &after),
        files: match args.files {
            true => compare("files", &files::of(&old, ui)?, &files::of(&new, ui)?),
            false => Vec::new(),
        },
        groups: groups(&before.summary, &after.summary),
        size: [&old, &new].map(|side| side.image().map(|image| image.size())),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written =
        if args.json { json(args, &compared, &mut out) } else { text(args, &compared, &mut out) };
    written
        .and_then(|()| out.flush())
        .map_err(|e| Error::io("write to", "standard output".as_ref(), e))?;
    let damaged =
        [&old, &new].iter().filter_map(|side| side.image()).any(|i| complain(i, ui) != Exit::Clean);
    let same = compared.changes.is_empty() && compared.files.is_empty() && !damaged;
    Ok(if same { Exit::Clean } else { Exit::Findings })
}

fn open(path: &Path, ui: Ui) -> Result<Opened> {
    Opened::open(path, Keep::Stack, ui)
}

fn text(args: &Args, compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    let name = |path: &Path| Shown(path.as_os_str().as_bytes()).to_string();
    writeln!(out, "{} → {}", name(&args.old), name(&args.new))?;
    if compared.changes.is_empty() {
        writeln!(out, "the same kernel, driver, options, firmware, modules and init")?;
    }
    section(&compared.changes, args.all, out)?;
    section(&compared.files, args.all, out)?;
    if let [Some(old), Some(new)] = compared.size
        && old != new
    {
        writeln!(out, "size       {}", grown(old, new))?;
    }
    for (group, old, new) in &compared.groups {
        writeln!(out, "           {group:<14} {}", grown(*old, *new))?;
    }
    Ok(())
}

/// One line a change, those of one section together.
fn section(changes: &[Change], all: bool, out: &mut dyn Write) -> io::Result<()> {
    for of_one in changes.chunk_by(|a, b| a.section == b.section) {
        let told = if all { of_one.len() } else { TOLD };
        let mut head = of_one.first().map_or("", |change| change.section);
        for change in of_one.iter().take(told) {
            writeln!(out, "{head:<10} {}", line(change))?;
            head = "";
        }
        if of_one.len() > told {
            writeln!(out, "{:<10} … and {} more (--all)", "", of_one.len() - told)?;
        }
    }
    Ok(())
}

fn line(change: &Change) -> String {
    let name = match change.name.as_str() {
        "" => String::new(),
        name => format!("{name}: "),
    };
    let bare = change.name.as_str();
    match (change.old.as_deref(), change.new.as_deref()) {
        (Some(old), Some(new)) => format!("~ {name}{old} → {new}"),
        (Some(""), None) => format!("- {bare}"),
        (Some(old), None) => format!("- {name}{old}"),
        (None, Some("")) => format!("+ {bare}"),
        (None, Some(new)) => format!("+ {name}{new}"),
        (None, None) => bare.to_owned(),
    }
}

fn grown(old: u64, new: u64) -> String {
    let sign = if new >= old { '+' } else { '-' };
    format!("{} → {} ({sign}{})", Size(old), Size(new), Size(old.abs_diff(new)))
}

fn json(args: &Args, compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    let list = |changes: &[Change]| -> Vec<serde_json::Value> {
        changes
            .iter()
            .map(|change| {
                json!({
                    "section": change.section, "name": change.name,
                    "old": change.old, "new": change.new,
                })
            })
            .collect()
    };
    let groups: Vec<_> = compared
        .groups
        .iter()
        .map(|(group, old, new)| json!({ "group": group.name(), "old": old, "new": new }))
        .collect();
    let [old_size, new_size] = compared.size;
    let value = json!({
        "format": "nvpreflight-diff", "version": 1,
        "old": { "image": Shown(args.old.as_os_str().as_bytes()).to_string(), "size": old_size },
        "new": { "image": Shown(args.new.as_os_str().as_bytes()).to_string(), "size": new_size },
        "changes": list(&compared.changes),
        "files": args.files.then(|| list(&compared.files)),
        "groups": groups,
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}
