//! Every path of an image as the kernel would leave it.

use super::{Given, Value, broken};
use crate::base::error::Result;
use crate::base::print::{Shown, permissions};
use crate::source::files::Walked;
use nix::sys::stat::SFlag;
use nvpreflight::tree::Kind;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let args = given.args;
    let mut files = Vec::new();
    let mut written = Ok(());
    let mut print = |entry: &Walked<'_>, owner: Option<(u32, u32)>| {
        if args.json {
            files.push(value(entry));
        } else if written.is_ok() {
            written = if args.raw {
                out.write_all(entry.path).and_then(|()| out.write_all(&[0]))
            } else if args.long {
                long(entry, owner, out)
            } else {
                writeln!(out, "{}", Shown(entry.path))
            };
        }
    };
    match given.opened.image() {
        Some(image) => image.entries(&mut |entry| {
            let walked = Walked {
                path: entry.path,
                kind: entry.kind,
                size: entry.size,
                mode: entry.mode,
                target: entry.target,
                segment: entry.segment,
            };
            print(&walked, Some((entry.uid, entry.gid)));
            Ok(())
        })?,
        None => given.opened.files().walk(&mut |entry| print(entry, None))?,
    }
    written.map_err(broken)?;
    let mut value = Value::new();
    value.insert("files".into(), files.into());
    Ok(value)
}

fn long(entry: &Walked<'_>, owner: Option<(u32, u32)>, out: &mut dyn Write) -> io::Result<()> {
    let mode = permissions(letter(entry), entry.mode);
    let owner = owner.map_or(String::new(), |(user, group)| format!("{user}/{group}"));
    write!(out, "{mode} {owner:>9} {:>10} {}", entry.size, Shown(entry.path))?;
    if entry.kind == Kind::Link {
        write!(out, " -> {}", Shown(entry.target))?;
    }
    writeln!(out)
}

/// As `ls -l` has it; the type bits tell what `Kind` does not.
fn letter(entry: &Walked<'_>) -> char {
    match entry.kind {
        Kind::File => '-',
        Kind::Directory => 'd',
        Kind::Link => 'l',
        Kind::CharDevice => 'c',
        Kind::Other => match SFlag::from_bits_truncate(entry.mode) & SFlag::S_IFMT {
            SFlag::S_IFBLK => 'b',
            SFlag::S_IFIFO => 'p',
            SFlag::S_IFSOCK => 's',
            _ => '?',
        },
    }
}

fn value(entry: &Walked<'_>) -> serde_json::Value {
    let kind = match entry.kind {
        Kind::File => "file",
        Kind::Directory => "directory",
        Kind::Link => "link",
        Kind::CharDevice => "character device",
        Kind::Other => "other",
    };
    let mut value = json!({
        "path": Shown(entry.path).to_string(), "kind": kind, "size": entry.size,
        "mode": format!("{:04o}", entry.mode & 0o7777), "segment": entry.segment,
    });
    if entry.kind == Kind::Link {
        if let Some(value) = value.as_object_mut() {
            value.insert("target".into(), Shown(entry.target).to_string().into());
        }
    }
    value
}
