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
    /// Framebuffers that belong to it (`fb0`), and what the firmware's is shown through
    /// without one (`card0`, `simple-framebuffer.0`).
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
    found.extend(firmware(host, gpu, unclear));
    found.sort();
    found.dedup();
    found
}

/// The firmware framebuffer without a `fb0`, which a kernel without DRM's fbdev emulation
/// has: the platform device that drivers/firmware/sysfb*.c make of it, and the DRM card of a
/// driver that shows pictures through it (simpledrm and its like). Both are below the PCI
/// function since kernel 6.9 and go when a native driver takes the screen
/// (drivers/video/aperture.c, `sysfb_disable`).
fn firmware(host: &Host, gpu: &Function, unclear: &mut Vec<String>) -> Vec<String> {
    let children = note(host::names(&gpu.folder), unclear).unwrap_or_default();
    let mut found: Vec<String> =
        children.into_iter().filter(|name| name.contains("-framebuffer.")).collect();
    let drm = host.path("sys/class/drm");
    for name in note(host::names(&drm), unclear).unwrap_or_default() {
        let card = name.strip_prefix("card").is_some_and(|rest| !rest.contains('-'));
        if !card {
            continue;
        }
        let device = note(host::canonical(&drm.join(&name).join("device")), unclear);
        if device.is_some_and(|device| device != gpu.folder && device.starts_with(&gpu.folder)) {
            found.push(name);
        }
    }
    found.extend(unplaced(host, gpu, unclear));
    found
}

/// Framebuffers of the firmware that sysfs puts below no PCI function, as kernels before 6.9
/// do. They are the boot VGA device's; without one they may be any GPU's.
fn unplaced(host: &Host, gpu: &Function, unclear: &mut Vec<String>) -> Vec<String> {
    let names = note(host::names(&host.path("sys/devices/platform")), unclear).unwrap_or_default();
    let mut names: Vec<String> =
        names.into_iter().filter(|name| name.contains("-framebuffer.")).collect();
    if names.is_empty() {
        return names;
    }
    let folder = host.path("sys/bus/pci/devices");
    let own = gpu.address.to_string();
    let elsewhere = note(host::names(&folder), unclear).unwrap_or_default().iter().any(|name| {
        let boot = note(host::text(&folder.join(name).join("boot_vga")), unclear);
        *name != own && boot.as_deref() == Some("1")
    });
    if elsewhere {
        names.clear();
    }
    names
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
