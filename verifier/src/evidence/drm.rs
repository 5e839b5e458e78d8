//! Collector: DRM cards, render nodes, connectors, and framebuffers.
//!
//! Reads /sys/class/drm and /sys/class/graphics; never opens a DRM node, which
//! could make this program the DRM master.

use crate::facts::{Connector, DrmDevice, DrmKind, FB_MAX, Facts, Framebuffer};
use crate::seen::Seen;
use crate::text::{Name, Text, decimal};
use crate::tree::{Tree, TreeExt};
use heapless::Vec;

const CLASS: &str = "sys/class/drm";
const GRAPHICS: &str = "sys/class/graphics";

/// Keeps devices in order of name, connectors with their card.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    // Filled in place: a list of this size is not moved for nothing.
    facts.drm = Seen::Yes(Vec::new());
    let Facts { drm: Seen::Yes(devices), lost, .. } = facts else { return };
    let listed = tree.list(CLASS, &mut |name| {
        if let Some(kind) = kind(name) {
            lost.keep(devices, device(tree, Name::from_bytes(name), kind), "DRM devices");
        }
    });
    devices.sort_unstable_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
    // The class lists in no order: connectors can come before their card.
    let connectors = tree.list(CLASS, &mut |name| {
        let name = Name::from_bytes(name);
        let Some((card, port)) = name.split_once('-') else { return };
        if let Some(device) = devices.iter_mut().find(|d| d.name == *card) {
            lost.keep(&mut device.connectors, connector(tree, &name, port), "connectors");
        }
    });
    let looked = listed.and_then(|()| connectors);
    if !looked.is_yes() {
        facts.drm = looked.map(|()| Vec::new());
    }
    collect_framebuffers(tree, facts);
}

fn collect_framebuffers(tree: &dyn Tree, facts: &mut Facts) {
    let lost = &mut facts.lost;
    let mut framebuffers: Vec<Framebuffer, FB_MAX> = Vec::new();
    let listed = tree.list(GRAPHICS, &mut |name| {
        if numbered(name, b"fb") {
            let name = Name::from_bytes(name);
            let id = tree.text(&Text::<128>::of(format_args!("{GRAPHICS}/{name}/name")));
            lost.keep(&mut framebuffers, Framebuffer { name, id }, "framebuffers");
        }
    });
    framebuffers.sort_unstable_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
    facts.framebuffers = listed.map(|()| framebuffers);
}

/// Card or render node by the names that drm_sysfs.c gives; connectors, the
/// `version` file and accelerator nodes are neither.
fn kind(name: &[u8]) -> Option<DrmKind> {
    if numbered(name, b"card") {
        Some(DrmKind::Card)
    } else if numbered(name, b"renderD") {
        Some(DrmKind::Render)
    } else {
        None
    }
}

fn numbered(name: &[u8], prefix: &[u8]) -> bool {
    name.strip_prefix(prefix).and_then(decimal).is_some()
}

fn device(tree: &dyn Tree, name: Name, kind: DrmKind) -> DrmDevice {
    let path = |leaf: &str| Text::<128>::of(format_args!("{CLASS}/{name}/{leaf}"));
    DrmDevice {
        kind,
        parent: tree.link_name(&path("device")),
        driver: tree.link_name(&path("device/driver")),
        connectors: Vec::new(),
        name,
    }
}

fn connector(tree: &dyn Tree, name: &Name, port: &str) -> Connector {
    let path = |leaf: &str| Text::<128>::of(format_args!("{CLASS}/{name}/{leaf}"));
    Connector {
        name: Name::from(port),
        status: tree.text(&path("status")),
        enabled: tree.text(&path("enabled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    /// The class as the driver left it with modeset=0 (measured), with the
    /// connectors that modeset=1 adds, and simpledrm beside it.
    const CARDS: &str = "\
sys/class/drm/version = drm 1.1.0 20060810
sys/class/drm/card1-HDMI-A-1/status = connected
sys/class/drm/card1-HDMI-A-1/enabled = enabled
sys/class/drm/card1-DP-1/status = disconnected
sys/class/drm/renderD128/device -> ../../../0000:01:00.0
sys/class/drm/card1 -> ../../devices/pci0000:00/0000:01:00.0/drm/card1
sys/devices/pci0000:00/0000:01:00.0/drm/card1/device -> ../../../0000:01:00.0
sys/devices/pci0000:00/0000:01:00.0/driver -> ../../../bus/pci/drivers/nvidia
sys/class/drm/card0/device -> ../../../simple-framebuffer.0
sys/class/drm/card0-Unknown-1/status = connected
sys/class/graphics/fbcon/ ino=9
sys/class/graphics/fb0/name = nvidia-drmdrmfb
";

    #[test]
    fn cards_have_driver_and_connectors() {
        let facts = Case::initrd(CARDS).facts();
        let names: std::vec::Vec<_> = facts.drm_devices().iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["card0", "card1", "renderD128"]);
        let card = facts.nvidia_drm_devices().next().unwrap();
        assert_eq!((card.name.as_str(), card.kind), ("card1", DrmKind::Card));
        assert_eq!(card.parent.yes().unwrap().as_str(), "0000:01:00.0");
        assert_eq!(card.connectors.len(), 2);
        let hdmi = card.connectors.iter().find(|c| c.name == "HDMI-A-1").unwrap();
        assert_eq!(hdmi.status.yes().unwrap().as_str(), "connected");
        assert!(facts.drm_devices()[0].is_firmware_framebuffer());
    }

    #[test]
    fn framebuffers_are_numbered_devices_only() {
        let facts = Case::initrd(CARDS).facts();
        let ids: std::vec::Vec<_> = facts.framebuffers.yes().unwrap().iter().collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(ids[0].id.yes().unwrap().as_str(), "nvidia-drmdrmfb");
    }

    #[test]
    fn no_class_is_knowledge() {
        let facts = Case::initrd("").facts();
        assert_eq!((facts.drm.status(), facts.framebuffers.status()), (Seen::Absent, Seen::Absent));
    }
}
