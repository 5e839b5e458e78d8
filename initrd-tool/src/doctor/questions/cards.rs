//! "Which card is which, and what is this Unknown monitor?"

use crate::doctor::answer::{Says, Tone};
use crate::doctor::case::{Case, unseen};
use nvpreflight::facts::{DrmDevice, DrmKind, Facts};
use nvpreflight::seen::Seen;

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    let cards: Vec<&DrmDevice> =
        f.drm_devices().iter().filter(|d| d.kind == DrmKind::Card).collect();
    match &f.drm {
        Seen::Yes(_) if !cards.is_empty() => {}
        Seen::Yes(_) | Seen::Absent => return Says::plain("there is no card in /dev/dri"),
        other => return Says::unknown(unseen("/sys/class/drm", other)),
    }
    let named: Vec<String> =
        cards.iter().map(|card| format!("{} is {}", card.name, who(f, card))).collect();
    let ghost = cards.iter().find(|card| card.is_firmware_framebuffer());
    let beside = ghost.is_some() && f.nvidia_drm_devices().next().is_some();
    let pinned = c.found(&[203]);
    let tone = match (beside, pinned) {
        (true, _) => Tone::Careful,
        (_, Some(_)) => Tone::Careful,
        _ => Tone::Good,
    };
    let mut text = named.join(", ");
    match ghost {
        Some(card) if beside => {
            text += &format!(
                "; the \"Unknown\" monitor is the firmware framebuffer on {}, which was never released",
                card.name
            );
        }
        Some(_) => text += "; only the firmware framebuffer has a picture so far",
        None => {}
    }
    let mut says = Says::new(tone, text);
    for card in &cards {
        if let Some(parent) = card.parent.yes().filter(|p| p.contains(':')) {
            says = says.seen(
                format!("sys/class/drm/{}", card.name),
                format!("stable name: /dev/dri/by-path/pci-{parent}-card; not in WLR_, AQ_ or KWIN_DRM_DEVICES, which are split at its colons"),
            );
        }
        for connector in &card.connectors {
            if let Some(status) = connector.status.yes().filter(|s| **s != "disconnected") {
                says = says
                    .seen(format!("sys/class/drm/{}-{}/status", card.name, connector.name), status);
            }
        }
    }
    says.maybe(c.found(&[202, 203]).map(Case::shown))
}

/// "NVIDIA GeForce RTX 3080 (0000:01:00.0), 2 connectors".
fn who(f: &Facts, card: &DrmDevice) -> String {
    if card.is_firmware_framebuffer() {
        return "firmware framebuffer (simpledrm)".to_owned();
    }
    let driver = card.driver.yes().map_or("device with unknown driver", |d| d.as_str());
    let Some(parent) = card.parent.yes() else { return driver.to_owned() };
    let model = f.nv.yes().and_then(|nv| {
        nv.gpus.iter().find(|gpu| gpu.bdf == *parent).and_then(|gpu| gpu.model.yes())
    });
    let name = model.map_or(driver, |model| model.as_str());
    let lit = card
        .connectors
        .iter()
        .filter(|c| c.status.yes().is_some_and(|status| *status == "connected"))
        .count();
    match (card.connectors.len(), lit) {
        (0, _) => format!("{name} ({parent}), no connectors"),
        (_, 0) => format!("{name} ({parent}), no monitor connected"),
        (_, n) => format!("{name} ({parent}), {n} monitor{}", if n == 1 { "" } else { "s" }),
    }
}
