//! `cat`: files of an image on standard output.

use super::open;
use crate::base::error::{Error, Result};
use crate::base::print::Shown;
use crate::base::progress::Meter;
use crate::base::ui::{Exit, Ui};
use crate::source::files::Files;
use crate::source::image::{Image, Keep};
use nvpreflight::seen::Seen;
use nvpreflight::tree::Kind;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Files up to this size in all are read in one pass over the image and kept
/// until it is their turn; larger ones take a pass each.
const AT_ONCE: u64 = 64 << 20;

/// Arguments of `cat`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    nvpreflight cat initrd.img etc/modprobe.d/nvidia.conf\n  \
    nvpreflight cat initrd.img init | head\n\n\
    Links are followed inside the image. On a terminal, control characters are\n\
    shown as \\xNN; into a pipe or a file go the bytes as they are.")]
pub struct Args {
    /// The initrd image
    image: PathBuf,
    /// Paths in the image, with or without a leading slash
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<OsString>,
}

/// Writes the files, one after another.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let image = open::image(&args.image, Keep::Stack, ui)?;
    let mut sizes = HashMap::new();
    image.entries(&mut |entry| {
        if entry.kind == Kind::File {
            sizes.insert(entry.inode, entry.size);
        }
        Ok(())
    })?;
    let found = args
        .paths
        .iter()
        .map(|path| {
            let id = file(&image, path.as_bytes())?;
            let size = sizes.get(&id).copied().ok_or_else(|| {
                Error::new(format!("{} is not a file in this image", Shown(path.as_bytes())))
            })?;
            Ok((id, size))
        })
        .collect::<Result<Vec<_>>>()?;
    let exit = open::complain(&image, ui);
    let written = write(image, args, &found, ui);
    written.map(|()| exit)
}

fn file(image: &Image, path: &[u8]) -> Result<u32> {
    match image.find(path) {
        Seen::Yes(id) => Ok(id),
        Seen::Absent => Err(Error::new(format!("no {} in this image", Shown(path)))),
        Seen::Unreadable(e) => Err(Error::new(format!("cannot open {}: {e}", Shown(path)))),
        Seen::NotLooked => Err(Error::new(format!("{} was not checked", Shown(path)))),
    }
}

fn write(mut image: Image, args: &Args, found: &[(u32, u64)], ui: Ui) -> Result<()> {
    let stdout = std::io::stdout();
    let escape = stdout.is_terminal();
    let mut out = stdout.lock();
    let failed = |e| Error::io("write to", "standard output".as_ref(), e);
    let mut put = |bytes: &[u8]| {
        if escape { printable(bytes, &mut out) } else { out.write_all(bytes) }.map_err(failed)
    };
    let small: u64 = found.iter().map(|(_, size)| size).sum();
    if small <= AT_ONCE {
        let paths: Vec<Vec<u8>> = args.paths.iter().map(|p| p.as_bytes().to_vec()).collect();
        image.prepare(&paths)?;
    }
    for ((id, size), path) in found.iter().zip(&args.paths) {
        match image.load(path.as_bytes()) {
            Seen::Yes(bytes) => put(&bytes)?,
            Seen::NotLooked if *size > 0 => {
                let mut meter = Meter::new(ui, "reading the image");
                let mut one = std::iter::once(*id);
                let progress = &mut |progress| meter.show(progress);
                image.contents(&mut one, &mut |_, chunk| put(chunk), progress)?;
            }
            _ => {
                return Err(Error::new(format!("cannot read {}", Shown(path.as_bytes()))));
            }
        }
    }
    out.flush().map_err(failed)
}

/// Text with its lines and tabs; everything that could drive a terminal escaped.
/// A character that a chunk cuts in two is escaped too.
fn printable(bytes: &[u8], out: &mut dyn Write) -> std::io::Result<()> {
    for part in bytes.split_inclusive(|b| matches!(b, b'\n' | b'\t' | b'\\')) {
        match part.split_last() {
            Some((last @ (b'\n' | b'\t' | b'\\'), text)) => {
                write!(out, "{}", Shown(text))?;
                out.write_all(&[*last])?;
            }
            _ => write!(out, "{}", Shown(part))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_and_no_control_characters() {
        let mut out = Vec::new();
        printable(b"a\tb\\c\n\x1b[2Jend", &mut out).unwrap();
        assert_eq!(out, b"a\tb\\c\n\\x1b[2Jend");
    }
}
