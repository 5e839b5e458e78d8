//! Who asks for modules in a root: everybody whom the library's collector finds, and
//! udev when it finds an NVIDIA GPU. Reads no list of its own.

use crate::kmod::resolve::Way;
use crate::source::files::Files;
use nvpreflight::evidence::config;
use nvpreflight::facts::{Lost, Phase};
use nvpreflight::seen::Seen;

/// A name that somebody asks for.
pub struct Request {
    pub name: Vec<u8>,
    /// Who, in words.
    pub by: String,
    pub way: Way,
}

/// The modalias of a display-class NVIDIA function: a GeForce RTX 3080. The driver's
/// aliases match vendor and class, whatever the device (nvidia/nv-pci-table.c).
const GPU: &[u8] = b"pci:v000010DEd00002206sv000010DEsd00001467bc03sc00i00";

/// Everything that a root asks for at boot, in the order of the sources.
/// Beside them what of the lists could not be read, in words.
pub fn of(files: &dyn Files, command_line: &[u8]) -> (Vec<Request>, Vec<String>) {
    let mut out = Vec::new();
    let mut lost = Lost::new();
    let seen = config::requests::each(
        files.as_tree(),
        Some(command_line),
        Phase::Image,
        &mut lost,
        &mut |name, place, by| {
            let way = if by.obeys_blacklist() { Way::Blacklist } else { Way::Modprobe };
            out.push(Request { name: name.to_vec(), by: place.to_string(), way });
        },
    );
    let mut unread: Vec<String> =
        lost.kinds().iter().map(|(what, n)| format!("{n} {what} of modules-load.d")).collect();
    if let Seen::Unreadable(e) = seen {
        unread.push(format!("modules-load.d: {e}"));
    }
    out.push(Request {
        name: GPU.to_vec(),
        by: "udev, when it finds an NVIDIA GPU".into(),
        way: Way::Blacklist,
    });
    (out, unread)
}
