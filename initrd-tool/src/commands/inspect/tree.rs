//! Folders of an image with the size of what lies in each.

use super::{Given, Value, broken};
use crate::base::error::Result;
use crate::base::print::{Shown, Size};
use crate::view::inventory::summary::Share;
use nvpreflight::tree::Kind;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let mut folders: BTreeMap<Vec<u8>, Share> = BTreeMap::new();
    given.opened.files().walk(&mut |entry| {
        if entry.kind != Kind::File {
            return;
        }
        let ends = entry.path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at);
        for end in std::iter::once(0).chain(ends).take(given.args.depth.saturating_add(1)) {
            let folder = entry.path.get(..end).unwrap_or_default();
            let share = folders.entry(folder.to_vec()).or_default();
            share.files += 1;
            share.bytes = share.bytes.saturating_add(entry.size);
        }
    })?;
    if given.args.json {
        let list: Vec<_> = folders
            .iter()
            .map(|(path, share)| {
                json!({
                    "path": Shown(path).to_string(), "files": share.files, "bytes": share.bytes,
                })
            })
            .collect();
        let mut value = Value::new();
        value.insert("folders".into(), list.into());
        return Ok(value);
    }
    for (path, share) in &folders {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
        let depth = if path.is_empty() { 0 } else { path.split(|b| *b == b'/').count() };
        let indent = depth * 2;
        let size = Size(share.bytes);
        writeln!(out, "{size:>10}  {:indent$}{}/", "", Shown(name)).map_err(broken)?;
    }
    Ok(Value::new())
}
