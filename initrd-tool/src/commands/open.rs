//! Opens the image that a command was given, and says what the kernel would not
//! take of it: no command is quieter than the kernel.

use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::base::print::Shown;
use crate::base::progress::Meter;
use crate::base::ui::{Exit, Ui};
use crate::source::image::{Image, Keep};
use std::path::Path;

/// Opens an image, with progress.
///
/// # Errors
/// A file that cannot be read, or a limit.
pub fn image(path: &Path, keep: Keep, ui: Ui) -> Result<Image> {
    let mut meter = Meter::new(ui, "reading the image");
    Image::open(path, keep, &Limits::DEFAULT, &mut |progress| meter.show(progress))
}

/// Tells on standard error where the kernel stops and what it drops. The exit
/// status says that too.
#[must_use]
pub fn complain(image: &Image, ui: Ui) -> Exit {
    if let Some(stop) = image.stop() {
        ui.say(format_args!(
            "warning: the kernel stops at byte {}: {}",
            stop.place.offset, stop.why
        ));
        if !stop.message.is_empty() {
            ui.say(format_args!("  it says: Initramfs unpacking failed: {}", stop.message));
        }
        ui.say(format_args!("  {} bytes after that are never unpacked", stop.unread));
    }
    if let Some(first) = image.dropped().first() {
        let path = Shown(&first.path);
        ui.say(format_args!(
            "warning: the kernel drops {} of the entries; the first is `{path}`: {}",
            image.dropped_total(),
            first.why
        ));
    }
    if image.stop().is_some() || image.dropped_total() > 0 { Exit::Findings } else { Exit::Clean }
}
