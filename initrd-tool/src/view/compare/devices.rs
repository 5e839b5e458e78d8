//! GPUs, cards and screens as sections of a side.

use super::{Shown, Thing, Things, unseen};
use nvpreflight::facts::{DrmKind, Facts};
use nvpreflight::seen::Seen;

/// Display controllers of every vendor, with the drivers that are bound to them.
pub(super) fn gpus(facts: &Facts) -> Shown {
    let Some(functions) = facts.pci.yes() else { return Err(unseen(facts, &facts.pci)) };
    let models = facts.nv.yes().map(|nv| nv.gpus.as_slice()).unwrap_or_default();
    let mut things = Things::new();
    for function in functions.iter().filter(|function| function.is_display()) {
        let bdf = function.bdf.as_str();
        let model = models.iter().find(|gpu| gpu.bdf == function.bdf);
        let model = model.and_then(|gpu| gpu.model.yes()).map(|model| format!("{model}, "));
        let id = format!("{:04x}:{:04x}", function.vendor, function.device);
        let shown = format!("{}{id}", model.unwrap_or_default());
        things.insert(bdf.to_owned(), Thing::meaning(shown, id));
        let driver = match &function.driver {
            Seen::Yes(driver) => Thing::new(driver.as_str()),
            Seen::Absent => Thing::new("none"),
            Seen::NotLooked | Seen::Unreadable(_) => Thing::untold(),
        };
        things.insert(format!("{bdf} driver"), driver);
    }
    Ok(things)
}

/// DRM cards with their connected screens, and framebuffer devices.
pub(super) fn display(facts: &Facts) -> Shown {
    let Some(devices) = facts.drm.yes() else { return Err(unseen(facts, &facts.drm)) };
    let mut things = Things::new();
    for card in devices.iter().filter(|device| device.kind == DrmKind::Card) {
        let driver = card.driver.yes().map_or("driver not seen", |driver| driver.as_str());
        let parent = card.parent.yes().map_or("", |parent| parent.as_str());
        things.insert(card.name.to_string(), Thing::new(format!("{driver} {parent}").trim_end()));
        let connected = card.connectors.iter().filter(|connector| {
            connector.status.yes().is_some_and(|status| *status == "connected")
        });
        let mut names: Vec<&str> = connected.map(|connector| connector.name.as_str()).collect();
        names.sort_unstable();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let of = card.connectors.len();
        let shown = format!("{names} of {of}");
        things.insert(format!("{} connected", card.name), Thing::new(shown));
    }
    for fb in facts.framebuffers.yes().map(|fbs| fbs.as_slice()).unwrap_or_default() {
        let id = fb.id.yes().map_or("not seen", |id| id.as_str());
        things.insert(fb.name.to_string(), Thing::new(id));
    }
    Ok(things)
}
