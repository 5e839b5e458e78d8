//! depmod's binary index files (kmod, libkmod/libkmod-index.h), written without
//! the prefixes that save room.

use std::collections::BTreeMap;

const MAGIC: u32 = 0xb007_f457;
const VERSION: u32 = 0x0002_0001;
const VALUES: u32 = 0x4000_0000;
const CHILDS: u32 = 0x2000_0000;

/// An index of keys with a value each.
#[must_use]
pub fn index(entries: &[(String, String)]) -> Vec<u8> {
    let mut out = vec![0; 12];
    let keys: Vec<(&[u8], &str)> =
        entries.iter().map(|(key, value)| (key.as_bytes(), value.as_str())).collect();
    let root = node(&keys, &mut out);
    let head = [MAGIC, VERSION, root].map(u32::to_be_bytes).concat();
    out.splice(..head.len(), head);
    out
}

/// Writes the nodes below, then this one; its place carries what it holds.
fn node(keys: &[(&[u8], &str)], out: &mut Vec<u8>) -> u32 {
    let values: Vec<&str> =
        keys.iter().filter(|(key, _)| key.is_empty()).map(|(_, value)| *value).collect();
    let mut below: BTreeMap<u8, Vec<(&[u8], &str)>> = BTreeMap::new();
    for (key, value) in keys {
        if let Some((first, rest)) = key.split_first() {
            below.entry(*first).or_default().push((rest, value));
        }
    }
    let children: BTreeMap<u8, u32> =
        below.iter().map(|(byte, keys)| (*byte, node(keys, out))).collect();
    let mut flags = 0;
    let place = u32::try_from(out.len()).expect("a small index");
    if let (Some((first, _)), Some((last, _))) =
        (children.first_key_value(), children.last_key_value())
    {
        flags |= CHILDS;
        out.extend([*first, *last]);
        for byte in *first..=*last {
            out.extend(children.get(&byte).copied().unwrap_or(0).to_be_bytes());
        }
    }
    if !values.is_empty() {
        flags |= VALUES;
        out.extend(u32::try_from(values.len()).expect("few").to_be_bytes());
        for (priority, value) in (0u32..).zip(values) {
            out.extend(priority.to_be_bytes());
            out.extend(value.as_bytes());
            out.push(0);
        }
    }
    place | flags
}
