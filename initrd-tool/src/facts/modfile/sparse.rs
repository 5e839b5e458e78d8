//! The few stretches of a module file that its headers, `.modinfo` and signature lie
//! in, read by position: some kilobytes of a file that may have a hundred megabytes.

use super::sections::{self, string};
use super::signature;
use goblin::elf::header::ELFMAG;
use goblin::elf::section_header::SectionHeader;
use goblin::elf::{Elf, Header};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Files below this are read whole.
const SMALL: usize = 16 << 10;
/// Bytes read of the end at first: section table, section names and signature.
const TAIL: usize = 8 << 10;
/// Bytes of the longest ELF header.
const HEAD: usize = 64;

/// A file of `len` bytes, with zeros where neither [`Module::fields`] nor
/// [`signature`] looks; `None` of a file that is not ELF, thus packed or damaged.
///
/// [`Module::fields`]: super::Module::fields
/// [`signature`]: super::signature()
///
/// # Errors
/// A failed read, and a file that became shorter meanwhile.
pub fn sparse(file: &File, len: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; len];
    if len <= SMALL {
        fill(file, &mut bytes, 0..len)?;
        return Ok(bytes.starts_with(ELFMAG).then_some(bytes));
    }
    fill(file, &mut bytes, 0..HEAD)?;
    if !bytes.starts_with(ELFMAG) {
        return Ok(None);
    }
    fill(file, &mut bytes, len - TAIL..len)?;
    let signed = signature::signature(&bytes).map_or(0, |s| s.bytes as usize);
    if signed > TAIL / 2 {
        fill(file, &mut bytes, len.saturating_sub(signed + TAIL)..len)?;
    }
    // What cannot be found here, the module's parser rejects.
    let Ok(header) = Elf::parse_header(&bytes) else { return Ok(Some(bytes)) };
    let table = header.e_shoff as usize;
    let size = usize::from(header.e_shentsize) * usize::from(header.e_shnum);
    fill(file, &mut bytes, table..table.saturating_add(size))?;
    for wanted in [names, modinfo] {
        if let Some(range) = wanted(&bytes, &header) {
            fill(file, &mut bytes, range)?;
        }
    }
    Ok(Some(bytes))
}

fn names(bytes: &[u8], header: &Header) -> Option<Range<usize>> {
    let sections = sections::table(bytes, header, sections::context(header).ok()?).ok()?;
    range(sections.get(usize::from(header.e_shstrndx))?)
}

fn modinfo(bytes: &[u8], header: &Header) -> Option<Range<usize>> {
    let sections = sections::table(bytes, header, sections::context(header).ok()?).ok()?;
    let names = bytes.get(range(sections.get(usize::from(header.e_shstrndx))?)?)?;
    range(sections.iter().skip(1).find(|s| string(names, s.sh_name) == Some(b".modinfo"))?)
}

fn range(section: &SectionHeader) -> Option<Range<usize>> {
    let start = usize::try_from(section.sh_offset).ok()?;
    Some(start..start.checked_add(usize::try_from(section.sh_size).ok()?)?)
}

/// Reads a range, as far as it lies inside the file.
fn fill(file: &File, bytes: &mut [u8], range: Range<usize>) -> io::Result<()> {
    let end = range.end.min(bytes.len());
    match bytes.get_mut(range.start.min(end)..end) {
        Some(room) if !room.is_empty() => file.read_exact_at(room, range.start as u64),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Module, signature};
    use super::*;
    use crate::facts::testing::module;
    use std::io::Write;

    fn looked(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        sparse(&file, bytes.len()).unwrap()
    }

    /// A module with a section of `len` bytes that nobody asks for before the rest.
    fn large(len: usize) -> Vec<u8> {
        let export = "a".repeat(400);
        let exports: Vec<String> = (0..len / 400).map(|n| format!("{export}{n}")).collect();
        let exports: Vec<&str> = exports.iter().map(String::as_str).collect();
        module(&["name=nvidia", "version=595.45.04"], &exports, &["printk"])
    }

    #[test]
    fn fields_and_signature_are_those_of_the_whole_file() {
        let plain = large(100_000);
        assert!(plain.len() > 2 * SMALL);
        let trailer =
            [&[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x40, 0][..], b"~Module signature appended~\n"];
        let signed = [&plain, &[0x30; 0x4000][..], &trailer.concat()].concat();
        for whole in [plain, signed] {
            let sparse = looked(&whole).unwrap();
            assert_eq!(sparse.len(), whole.len());
            let fields = |bytes: &[u8]| {
                let module = Module::parse(bytes).unwrap();
                module.fields().map(|(k, v)| (k.to_vec(), v.to_vec())).collect::<Vec<_>>()
            };
            assert_eq!(fields(&sparse), fields(&whole));
            assert!(fields(&sparse).len() > 1);
            assert_eq!(signature(&sparse), signature(&whole));
        }
    }

    #[test]
    fn a_damaged_file_is_damaged_in_the_same_words() {
        let whole = large(50_000);
        for cut in [whole.len() / 2, SMALL + 1, 100, 10] {
            let cut = &whole[..cut];
            let sparse = looked(cut).unwrap();
            assert_eq!(Module::parse(&sparse).unwrap_err(), Module::parse(cut).unwrap_err());
        }
        assert_eq!(looked(&[b"\xfd7zXZ\0", &[0; 30_000][..]].concat()), None);
        assert_eq!(looked(b""), None);
    }
}
