//! One input of any form: its stream unpacked, taken for what its beginning shows it to
//! be, its records sorted into boots, its files put into the tree. Entries and lines are
//! read one by one; only what is no log is held whole.

use super::boots::{Boot, Boots};
use super::evidence::Evidence;
use super::side_files::{self, Kind};
use super::stream::{HEAD, Stream};
use super::{blocks, bugreport, export, json, lists, long, paste, sender, text};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;

/// Reads an input to its end; `name` tells files apart and is for errors.
///
/// # Errors
/// What cannot be read, and more than can be kept of it.
pub fn read(
    name: &str,
    stream: Stream,
    limits: &Limits,
    evidence: &mut Evidence,
) -> Result<Vec<Boot>> {
    let named = |e: Error| Error::new(format!("{name}: {e}"));
    let mut stream = stream.unpacked(limits);
    let mut boots = Boots::default();
    let out = entries(name, &mut stream, evidence, &mut boots).map_err(named)?;
    if stream.cut_lines() > 0 {
        let lines = stream.cut_lines();
        evidence.cannot_show.push(format!("{lines} lines of {name} beyond their first MiB"));
    }
    let end = stream.end();
    if end.map_err(|e| Error::new(format!("{name}: cannot read: {e}")))? {
        evidence.cannot_show.push(format!("{name} is damaged: its end is missing"));
    }
    Ok(out.unwrap_or_else(|| boots.finish()))
}

/// Forms whose entries are read as they come.
enum Form {
    Export,
    Verbose,
    JsonLines,
}

/// Reads what the stream gives; the boots where a form sorts them itself.
fn entries(
    name: &str,
    stream: &mut Stream,
    evidence: &mut Evidence,
    boots: &mut Boots,
) -> Result<Option<Vec<Boot>>> {
    let head = stream.beginning(HEAD);
    let form = if export::looks_like_one(head) {
        Some(Form::Export)
    } else if json::looks_like_lines(head) {
        Some(Form::JsonLines)
    } else if export::looks_verbose(&text::decode(head)) {
        Some(Form::Verbose)
    } else {
        None
    };
    if let Some(form) = form {
        evidence.kind = "journal".to_owned();
        match form {
            Form::Export => export::read(stream, boots),
            Form::Verbose => export::read_verbose(stream, boots),
            Form::JsonLines => lost(name, json::read_lines(stream, boots), evidence),
        }
        return Ok(None);
    }
    let long::Text { bytes, left_out } = long::read(stream)?;
    let text = text::decode(&bytes);
    let head = (0..=HEAD.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or("");
    let mut sorted = None;
    if bugreport::looks_like_one(head) {
        evidence.kind = "NVIDIA bug report".to_owned();
        sorted = Some(bugreport::read(&text, evidence));
    } else if json::looks_like_one(head.as_bytes()) {
        evidence.kind = "journal".to_owned();
        let bad = json::read(&text, boots);
        lost(name, bad, evidence);
    } else {
        let known = std::mem::take(&mut evidence.balance);
        mixed(name, &text, evidence, boots);
        if !left_out.is_empty() {
            left_out.told_in(&mut evidence.balance);
        }
        evidence.balance.join(known);
    }
    if !left_out.is_empty() {
        match sorted.as_mut().and_then(|boots| boots.last_mut()) {
            Some(last) => last.passed += left_out.lines(),
            None => boots.passed(left_out.lines()),
        }
        for boot in sorted.iter_mut().flatten().chain(boots.all_mut()) {
            for record in &mut boot.records {
                record.line = left_out.number(record.line);
            }
        }
    }
    Ok(sorted)
}

/// Says what of a journal is no entry.
fn lost(name: &str, bad: usize, evidence: &mut Evidence) {
    let said = match bad {
        0 => return,
        1 => format!("one place in {name} is no entry of a journal: it is damaged"),
        n => format!("{n} places in {name} are no entries of a journal: it is damaged"),
    };
    evidence.cannot_show.push(said);
}

/// A text of which nothing is known: files of modprobe.d as a whole, else outputs cut
/// out and the rest read as a log. A name decides only where nothing else does: a log
/// may be called dmesg.conf.
fn mixed(name: &str, text: &str, evidence: &mut Evidence, boots: &mut Boots) {
    if side_files::is_conf_file(text) {
        return side_files::add(Kind::Conf, name, text, evidence);
    }
    if name.ends_with("initramfs-tools/modules") {
        return boots.push(lists::initramfs_tools(text), None);
    }
    let known = evidence.files.len();
    let rest = blocks::cut(text, evidence);
    paste::read(rest.into_iter(), boots);
    let read = std::mem::take(&mut boots.balance);
    evidence.balance.join(read);
    if let Some(record) = sender::missed(evidence.balance.missed()) {
        boots.push(record, None);
    }
    if boots.is_empty() && evidence.files.len() == known && !text.trim().is_empty() {
        if let Some(kind) = side_files::by_name(name) {
            side_files::add(kind, name, text, evidence);
        }
    }
}
