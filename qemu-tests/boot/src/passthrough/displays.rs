//! Whether a GPU is a screen of this machine: the boot VGA device, a
//! framebuffer, monitors at its connectors. It probes nothing: it reads what
//! the kernel last knew.

use super::function::Function;
use super::host::{self, Host, note};
use serde::Serialize;
use std::path::Path;

/// What a GPU shows pictures on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Display {
    /// Whether firmware and console use it (`boot_vga`).
    pub boot_vga: bool,
    /// Framebuffers that belong to it (`fb0`).
    pub framebuffers: Vec<String>,
    /// Its connectors with a monitor.
    pub monitors: Vec<Monitor>,
    /// Its DRM nodes (`card1`, `renderD128`).
    pub nodes: Vec<String>,
    /// Other functions of the class display in this machine.
    pub other_controllers: usize,
}

impl Display {
    /// Adds what another function of the same card shows pictures on.
    pub fn add(&mut self, other: Self) {
        self.boot_vga |= other.boot_vga;
        self.framebuffers.extend(other.framebuffers);
        self.monitors.extend(other.monitors);
        self.nodes.extend(other.nodes);
    }
}

/// A connector that a monitor is plugged into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Monitor {
    /// `card1-HDMI-A-1`.
    pub connector: String,
    /// Whether a picture is shown there.
    pub lit: bool,
}

/// Looks at the display side of `gpu`.
pub fn look(host: &Host, gpu: &Function, unclear: &mut Vec<String>) -> Display {
    let boot_vga = match host::text(&gpu.folder.join("boot_vga")) {
        // Every VGA device has it (drivers/pci/pci-sysfs.c, `pci_dev_attrs_are_visible`).
        Ok(None) if gpu.class >> 8 == 0x0300 => {
            unclear.push(format!("{} has no `boot_vga`", gpu.address));
            None
        }
        seen => note(seen, unclear),
    };
    let nodes = note(host::names(&gpu.folder.join("drm")), unclear).unwrap_or_default();
    let mut monitors = Vec::new();
    for card in nodes.iter().filter(|name| name.starts_with("card")) {
        connectors(&gpu.folder.join("drm").join(card), &mut monitors, unclear);
    }
    Display {
        boot_vga: boot_vga.is_some_and(|text| text != "0"),
        framebuffers: framebuffers(host, gpu, unclear),
        monitors,
        nodes,
        other_controllers: controllers(host, gpu, unclear),
    }
}

/// `status` and `enabled` of a connector, by the words that
/// drivers/gpu/drm/drm_sysfs.c writes.
fn connectors(card: &Path, monitors: &mut Vec<Monitor>, unclear: &mut Vec<String>) {
    let name = card.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(connectors) = note(host::names(card), unclear) else {
        unclear.push(format!("{name} cannot be looked into"));
        return;
    };
    for connector in connectors {
        if !connector.starts_with(&format!("{name}-")) {
            continue;
        }
        let folder = card.join(&connector);
        let mut word = |what, known: &[&str]| {
            let word = note(host::text(&folder.join(what)), unclear).unwrap_or_default();
            if !known.contains(&word.as_str()) {
                unclear.push(format!("{connector} does not say in `{what}` how it stands"));
            }
            word
        };
        let status = word("status", &["connected", "disconnected", "unknown"]);
        let enabled = word("enabled", &["enabled", "disabled"]);
        let lit = enabled == "enabled";
        if lit || status != "disconnected" {
            monitors.push(Monitor { connector, lit });
        }
    }
}

/// Framebuffers whose device is the GPU or below it. The firmware framebuffer is a
/// platform device; since kernel 6.9 its parent is the PCI function
/// (drivers/firmware/sysfb.c), before that only `boot_vga` tells.
fn framebuffers(host: &Host, gpu: &Function, unclear: &mut Vec<String>) -> Vec<String> {
    let folder = host.path("sys/class/graphics");
    let mut found = Vec::new();
    for name in note(host::names(&folder), unclear).unwrap_or_default() {
        let device = note(host::canonical(&folder.join(&name).join("device")), unclear);
        if device.is_some_and(|device| device.starts_with(&gpu.folder)) {
            found.push(name);
        }
    }
    found
}

fn controllers(host: &Host, gpu: &Function, unclear: &mut Vec<String>) -> usize {
    let folder = host.path("sys/bus/pci/devices");
    let mut count = 0;
    for name in note(host::names(&folder), unclear).unwrap_or_default() {
        if name == gpu.address.to_string() {
            continue;
        }
        match host::hexadecimal(&folder.join(&name).join("class")) {
            Ok(class) => count += usize::from(class >> 16 == 0x03),
            Err(error) => unclear.push(format!("{error:#}")),
        }
    }
    count
}
