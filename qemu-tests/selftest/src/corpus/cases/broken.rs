//! Images that are cut off or damaged: what came before stays.

use crate::corpus::case::{Case, noise};
use crate::corpus::newc::{Entry, archive};
use crate::corpus::pack::Form;
use std::io;

/// What the data of the cut entries takes with its padding.
const DATA: usize = 12;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    cuts().into_iter().chain(packed()).collect()
}

/// Forms whose decoder goes on behind the end of an image that is cut off there:
/// Linux 6.12 dies of it where the machine's memory ends as well (seen in
/// `get_next_block` and `LZ4_decompress_safe`), so there is no one answer.
const READS_ON: [Form; 2] = [Form::Bzip2, Form::Lz4];

/// A plain archive that keeps of its last entry as many bytes as `keep` makes of
/// its length.
fn cut(
    name: &str,
    says: &str,
    last: fn(&[u8]) -> Entry,
    keep: fn(usize) -> usize,
) -> io::Result<Case> {
    Case::image(name, says, |at| {
        let last = last(&at.path("last")).bytes();
        let mut image = at.open_archive(&[at.file("a", "a"), at.file("last", "old")]);
        image.extend(last.get(..keep(last.len())).unwrap_or(&last));
        Ok(image)
    })
    .map(Case::alone)
}

fn cuts() -> Vec<io::Result<Case>> {
    let file: fn(&[u8]) -> Entry = |path| Entry::file(path, "0123456789");
    let link: fn(&[u8]) -> Entry = |path| Entry::link(path, "0123456789");
    let trailer: fn(&[u8]) -> Entry = |_| Entry::trailer();
    vec![
        cut("cut-in-magic", "Cut off in the magic", file, |_| 3),
        cut("cut-in-header", "Cut off in the header", file, |_| 60),
        cut("cut-before-name", "Cut off between header and name", file, |_| 110),
        cut("cut-in-name", "Cut off in the name", file, |_| 118),
        cut("cut-before-data", "Cut off before a file's data", file, |all| all - DATA),
        cut("cut-in-data", "Cut off in a file's data", file, |all| all - DATA + 4),
        cut("cut-in-padding", "Cut off in the padding", file, |all| all - 1),
        cut("cut-in-target", "Cut off in a link's target", link, |all| all - DATA + 4),
        cut("cut-in-trailer", "Cut off in the trailer's name", trailer, |_| 114),
    ]
}

/// Each form cut off in the middle, and with one damaged byte there. A usual
/// segment goes before, so that something stays.
fn packed() -> Vec<io::Result<Case>> {
    let mut cases = Vec::new();
    for form in Form::PACKED {
        let halves = |at: &crate::corpus::case::Folder| -> io::Result<(Vec<u8>, Vec<u8>)> {
            let data = archive(&[at.file("small", "small"), at.file("noise", noise(60_000))]);
            Ok((at.small("a"), form.pack(&data)?))
        };
        let name = format!("damaged-{}", form.name());
        let says = format!("{} with damage in the middle", form.name());
        cases.push(
            Case::image(&name, &says, |at| {
                let (first, mut packed) = halves(at)?;
                let middle = packed.len() / 2;
                for byte in packed.iter_mut().skip(middle).take(16) {
                    *byte ^= 0x5a;
                }
                Ok([first, packed].concat())
            })
            .map(Case::alone),
        );
        if !READS_ON.contains(&form) {
            let name = format!("cut-{}", form.name());
            let says = format!("{} cut off in the middle", form.name());
            cases.push(
                Case::image(&name, &says, |at| {
                    let (first, packed) = halves(at)?;
                    let half = packed.get(..packed.len() / 2).unwrap_or_default();
                    Ok([first.as_slice(), half].concat())
                })
                .map(Case::alone),
            );
        }
        if form != Form::Bzip2 {
            let name = format!("cut-{}-header", form.name());
            let says = format!("{} cut off after six bytes", form.name());
            cases.push(
                Case::image(&name, &says, |at| {
                    let (first, packed) = halves(at)?;
                    Ok([first.as_slice(), packed.get(..6).unwrap_or_default()].concat())
                })
                .map(Case::alone),
            );
        }
    }
    cases
}
