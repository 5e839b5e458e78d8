//! Who asks for modules in a root: modules-load.d, the command line, initramfs-tools'
//! list, and udev when it finds an NVIDIA GPU.

use crate::kmod::names::is_space;
use crate::kmod::resolve::Way;
use crate::source::files::Files;
use nvpreflight::evidence::config;
use nvpreflight::facts::{Facts, Phase, Place};
use nvpreflight::parse::{cmdline, modules_load};

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
/// Where initramfs-tools keeps its list (scripts/functions `load_modules`).
const CONF_MODULES: &[u8] = b"conf/modules";

/// Everything that a root asks for at boot, in the order of the sources.
pub fn of(files: &dyn Files, command_line: &[u8]) -> Vec<Request> {
    let mut out = Vec::new();
    let mut facts = Box::new(Facts::new(Phase::Image));
    config::collect(files, &mut facts);
    for request in facts.config.requests.yes().into_iter().flatten() {
        if !matches!(request.place, Place::Word(_)) {
            let name = request.module.as_bytes().to_vec();
            out.push(Request { name, by: request.place.to_string(), way: Way::Blacklist });
        }
    }
    for word in cmdline::words(command_line) {
        let (key, value) = word.key_value();
        if modules_load::asks(key).is_none() {
            continue;
        }
        for name in value.unwrap_or(&[]).split(|b| *b == b',').filter(|n| !n.is_empty()) {
            out.push(Request {
                name: name.to_vec(),
                by: Place::Word(word.number).to_string(),
                way: Way::Blacklist,
            });
        }
    }
    if let Some(list) = files.load(CONF_MODULES).yes() {
        for (line, number) in list.split(|b| *b == b'\n').zip(1u32..) {
            let mut words = line.split(is_space).filter(|w| !w.is_empty());
            if let Some(name) = words.next().filter(|w| !w.starts_with(b"#")) {
                out.push(Request {
                    name: name.to_vec(),
                    by: format!("conf/modules:{number}"),
                    way: Way::Modprobe,
                });
            }
        }
    }
    out.push(Request {
        name: GPU.to_vec(),
        by: "udev, when it finds an NVIDIA GPU".into(),
        way: Way::Blacklist,
    });
    out
}
