//! One input of any form: its bytes unpacked, its text taken for what it shows
//! itself to be, its records sorted into boots, its files put into the tree.

use super::boots::{Boot, Boots};
use super::evidence::Evidence;
use super::side_files::{self, Kind};
use super::{blocks, bugreport, export, json, lists, paste, programs, text, unpack};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;

/// Bytes that are looked at to tell the form.
const HEAD: usize = 64 << 10;

/// Reads an input; `name` tells files apart and is for errors.
///
/// # Errors
/// More bytes than a log may have.
pub fn read(
    name: &str,
    bytes: Vec<u8>,
    limits: &Limits,
    evidence: &mut Evidence,
) -> Result<Vec<Boot>> {
    let named = |e: Error| Error::new(format!("{name}: {e}"));
    if bytes.len() as u64 > unpack::LOG_MAX {
        return Err(named(unpack::too_long()));
    }
    let (bytes, damaged) = unpack::whole(bytes, limits).map_err(named)?;
    if damaged {
        evidence.cannot_show.push(format!("{name} is damaged: its end is missing"));
    }
    let mut boots = Boots::default();
    if export::looks_like_one(&bytes) {
        evidence.kind = "journal".to_owned();
        export::read(&bytes, &mut boots);
        return Ok(boots.finish());
    }
    let text = text::decode(&bytes);
    let head = (0..=HEAD.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or("");
    if bugreport::looks_like_one(head) {
        evidence.kind = "NVIDIA bug report".to_owned();
        return Ok(bugreport::read(&text, evidence));
    }
    if json::looks_like_one(head.as_bytes()) {
        evidence.kind = "journal".to_owned();
        json::read(&text, &mut boots);
    } else if head.lines().any(export::begins_verbose) {
        evidence.kind = "journal".to_owned();
        export::read_verbose(&text, &mut boots);
    } else {
        mixed(name, &text, evidence, &mut boots);
    }
    Ok(boots.finish())
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
    if let Some(record) = programs::missed(evidence.balance.missed()) {
        boots.push(record, None);
    }
    if boots.is_empty() && evidence.files.len() == known && !text.trim().is_empty() {
        if let Some(kind) = side_files::by_name(name) {
            side_files::add(kind, name, text, evidence);
        }
    }
}
