//! A card by a name that does not move: the udev rule that gives it, and the name in the
//! place of the number.

use super::draft::Draft;
use super::options::add_line;
use super::{Safety, Steps};
use nvpreflight::facts::{DrmKind, DrmPin, Facts, Place};
use nvpreflight::rule::change::CARD;

/// The name that the rule gives.
const NAMED: &str = "/dev/dri/nvidia-card";

/// Writes the name where a line names the only NVIDIA card by its number, or names a card
/// that is none.
pub fn name(steps: &mut Steps<'_, '_>, origin: &Place) -> bool {
    steps.plan.weigh(Safety::Decide);
    let facts = steps.facts;
    let cards = || facts.drm_devices().iter().filter(|d| d.kind == DrmKind::Card);
    let mut nvidia = facts.nvidia_drm_devices().filter(|d| d.kind == DrmKind::Card);
    let (Some(card), None) = (nvidia.next(), nvidia.next()) else { return false };
    let Place::Line { path, line } = origin else { return false };
    let pins = facts.stage2.drm_pins.yes().map_or(&[][..], |pins| pins.as_slice());
    let mut nodes = Vec::new();
    for pin in pins.iter().filter(|pin| pin.place == *origin) {
        let other = cards().find(|c| c.name == pin.node && c.name != card.name);
        if other.is_some_and(|other| !other.is_firmware_framebuffer()) {
            // Another GPU is meant.
            return false;
        }
        nodes.push(match pin.node == *DrmPin::BY_PATH {
            true => match card.parent.yes() {
                Some(bdf) => format!("/dev/dri/by-path/pci-{}-card", &**bdf),
                None => return false,
            },
            false => format!("/dev/dri/{}", &*pin.node),
        });
    }
    let Some(number) = usize::try_from(*line).ok().filter(|_| path.starts_with("etc/")) else {
        return false;
    };
    let Some(mut lines) = steps.draft.lines(path) else { return false };
    let Some(at) = steps.draft.now_at(path, number) else { return false };
    let Some(text) = lines.get_mut(at) else { return false };
    let new = nodes.iter().fold(text.clone(), |text, node| named(&text, node));
    // A name that stands there twice, or in another spelling, is left to its owner.
    if new == *text || new.matches(NAMED).count() > 1 {
        return false;
    }
    *text = new;
    steps.draft.put(path, lines);
    add_line(steps, CARD.0, CARD.1)
}

/// Reads the files that this would touch.
pub fn note(draft: &Draft<'_>, facts: &Facts) {
    let _ = draft.is_free(CARD.0);
    let pins = facts.stage2.drm_pins.yes().map_or(&[][..], |pins| pins.as_slice());
    for path in pins.iter().filter_map(|pin| pin.place.path()) {
        let _ = draft.lines(path);
    }
}

/// The line with the name in the node's place; "card1" is no part of "card10".
fn named(line: &str, node: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(node) {
        let whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
        out.push_str(before);
        out.push_str(if whole { NAMED } else { node });
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::named;
    use nvpreflight::rule::change::CARD;
    use nvpreflight::rules::by_code;

    #[test]
    fn the_nodes_name_is_changed_whole() {
        let line = "WLR_DRM_DEVICES=/dev/dri/card1:/dev/dri/card10";
        let now = "WLR_DRM_DEVICES=/dev/dri/nvidia-card:/dev/dri/card10";
        assert_eq!(named(line, "/dev/dri/card1"), now);
    }

    #[test]
    fn the_rules_words_are_the_line_that_is_written() {
        let rule = by_code(203).expect("the rule");
        for words in [rule.fix_for(false), rule.fix_for(true)] {
            let said: Vec<String> = words.lines().map(|line| line.to_string()).collect();
            assert!(said.concat().contains(CARD.1), "{said:?}");
        }
    }
}
