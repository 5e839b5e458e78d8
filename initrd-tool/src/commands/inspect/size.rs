//! What takes the room in an image, by owner.

use super::{Given, Value, broken};
use crate::base::error::Result;
use crate::base::print::Size;
use crate::view::inventory::summary::{Share, Summary};
use serde_json::json;
use std::io::{self, Write};

/// Parts of a group that are named without `--all`.
const PARTS: usize = 6;

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let summary = Summary::of(given.opened)?;
    if given.args.json {
        return Ok(value(&summary));
    }
    text(&summary, given, out).map_err(broken)?;
    Ok(Value::new())
}

fn text(summary: &Summary, given: &Given<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (group, share) in summary.groups() {
        row(out, 0, group.name(), share)?;
        let parts = summary.parts(group);
        if parts.len() == 1 && parts.iter().all(|(name, _)| name.is_empty()) {
            continue;
        }
        let shown = if given.args.all { parts.len() } else { PARTS };
        for (name, share) in parts.iter().take(shown) {
            row(out, 2, name, *share)?;
        }
        let mut rest = Share::default();
        for (_, share) in parts.iter().skip(shown) {
            rest.files += share.files;
            rest.bytes += share.bytes;
        }
        if rest.files > 0 {
            let others = parts.len() - shown;
            row(out, 2, &format!("{others} more (--all)"), rest)?;
        }
    }
    row(out, 0, "in all, unpacked", summary.files)?;
    if let Some(image) = given.opened.image() {
        writeln!(out, "{:>10}  the image", Size(image.size()))?;
    }
    Ok(())
}

fn row(out: &mut dyn Write, indent: usize, name: &str, share: Share) -> io::Result<()> {
    let files = if share.files == 1 { "file" } else { "files" };
    writeln!(out, "{:>10}  {:indent$}{name} ({} {files})", Size(share.bytes), "", share.files)
}

pub(super) fn value(summary: &Summary) -> Value {
    let groups: Vec<_> = summary
        .groups()
        .into_iter()
        .map(|(group, share)| {
            let parts: Vec<_> = summary
                .parts(group)
                .into_iter()
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, share)| {
                    json!({ "name": name, "files": share.files, "bytes": share.bytes })
                })
                .collect();
            json!({
                "group": group.name(), "files": share.files, "bytes": share.bytes, "parts": parts,
            })
        })
        .collect();
    let mut value = Value::new();
    value.insert("owners".into(), groups.into());
    value.insert("files".into(), summary.files.files.into());
    value.insert("unpacked".into(), summary.files.bytes.into());
    value
}
