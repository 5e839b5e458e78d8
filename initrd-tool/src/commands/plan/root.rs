//! The kernel command line and release that a plan is for.

use crate::base::error::Result;
use crate::base::ui::Ui;
use crate::facts::look::bootconfig;
use crate::source::image_or_dir::Opened;
use crate::source::subject::context;
use nvpreflight::seen::Seen;
use std::ffi::OsStr;
use std::str;

/// The command line as given, in the words of every command; else a unified kernel
/// image's own, else what the root holds in proc/cmdline. An image's boot configuration
/// stands before it where the kernel takes that.
pub fn cmdline(root: &Opened, given: Option<&OsStr>, ui: Ui) -> Result<Vec<u8>> {
    let line = match given {
        Some(value) => Some(context::cmdline(value)?),
        None => match root.image().and_then(|image| image.cmdline()) {
            Some(own) => Some(own.to_vec()),
            None => match root.files().load(b"proc/cmdline") {
                Seen::Yes(bytes) => Some(bytes.into_owned()),
                _ => None,
            },
        },
    };
    let (line, note) = bootconfig::applied(line, root.image().and_then(|i| i.bootconfig()));
    note.iter().for_each(|note| ui.say(format_args!("{note}")));
    Ok(line.unwrap_or_default())
}

/// The release as given, else that of a unified kernel image's kernel, whether the image
/// has modules for it or not: no other kernel will run it.
pub fn release(root: &Opened, given: Option<&str>) -> Option<String> {
    if given.is_some() {
        return given.map(str::to_owned);
    }
    Some(str::from_utf8(root.image()?.uname()?).ok()?.trim().to_owned())
}
