//! The kernel command line and release that a plan is for.

use crate::base::error::Result;
use crate::base::regular;
use crate::source::image_or_dir::Opened;
use nvpreflight::seen::Seen;
use std::path::Path;
use std::str;

/// Longest command line read from a file; Linux takes at most 4096 bytes.
const CMDLINE_MAX: u64 = 64 << 10;

/// The command line as given, from a file where one of that name exists; else a
/// unified kernel image's own, else what the root holds in proc/cmdline.
pub fn cmdline(root: &Opened, given: Option<&str>) -> Result<Vec<u8>> {
    match given {
        Some(text) if Path::new(text).is_file() => regular::read(Path::new(text), CMDLINE_MAX),
        Some(text) => Ok(text.as_bytes().to_vec()),
        None => match root.image().and_then(|image| image.cmdline()) {
            Some(own) => Ok(own.to_vec()),
            None => match root.files().load(b"proc/cmdline") {
                Seen::Yes(bytes) => Ok(bytes.into_owned()),
                _ => Ok(Vec::new()),
            },
        },
    }
}

/// The release as given, else that of a unified kernel image's kernel where the
/// image has modules for it.
pub fn release(root: &Opened, given: Option<&str>) -> Option<String> {
    if given.is_some() {
        return given.map(str::to_owned);
    }
    let own = str::from_utf8(root.image()?.uname()?).ok()?.trim().to_owned();
    let there = |folder: &str| root.files().stat(&format!("{folder}/{own}")).is_yes();
    (there("lib/modules") || there("usr/lib/modules")).then_some(own)
}
