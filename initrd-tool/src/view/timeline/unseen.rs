//! The steps of a boot that an input does not show, each with the reason. A step
//! that is left out silently would read as one that did not happen.

use super::gather::Input;
use super::{Lane, Step};
use super::{Moment, Story};
use nvpreflight::facts::{Facts, Phase};
use serde::Serialize;

/// A step that was not seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Unseen {
    /// The step in words.
    pub step: String,
    /// Why it was not seen, or what that means.
    pub why: String,
}

/// Where a step would show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Kernel,
    User,
    State,
    Nowhere,
}

/// A step that a boot to a greeter goes through.
struct Expected {
    name: &'static str,
    steps: &'static [Step],
    lane: Option<Lane>,
    shows: Shows,
}

const fn expected(
    name: &'static str,
    steps: &'static [Step],
    lane: Option<Lane>,
    shows: Shows,
) -> Expected {
    Expected { name, steps, lane, shows }
}

const UP: &[Step] = &[Step::Loaded, Step::Ready, Step::Card];

/// In the order of a boot.
const CHAIN: &[Expected] = &[
    expected(
        "firmware framebuffer or simpledrm",
        &[Step::FirmwareFramebuffer, Step::Simpledrm],
        None,
        Shows::Kernel,
    ),
    expected("nvidia loaded", UP, Some(Lane::Nvidia), Shows::Kernel),
    expected("nvidia_modeset loaded", UP, Some(Lane::NvidiaModeset), Shows::Kernel),
    expected("nvidia_uvm loaded", UP, Some(Lane::NvidiaUvm), Shows::Kernel),
    expected("nvidia_drm loaded", UP, Some(Lane::NvidiaDrm), Shows::Kernel),
    expected("GPU initialised", &[Step::Gpu], Some(Lane::Nvidia), Shows::State),
    expected("DRM card of nvidia", &[Step::Card], Some(Lane::NvidiaDrm), Shows::Kernel),
    expected("connectors", &[Step::Connectors], Some(Lane::NvidiaDrm), Shows::State),
    expected("old framebuffer evicted", &[Step::Evicted], None, Shows::Kernel),
    expected("switch-root", &[Step::SwitchRoot], None, Shows::User),
    expected("splash", &[Step::Splash], None, Shows::User),
    expected("seat graphical", &[Step::Seat], None, Shows::Nowhere),
    expected("display manager", &[Step::DisplayManager], None, Shows::User),
];

/// The steps that were not seen; none for an image, which shows no boot at all.
#[must_use]
pub fn all(story: &Story, facts: &Facts, input: &Input) -> Vec<Unseen> {
    if facts.look.is_of_files() {
        return Vec::new();
    }
    let seen = |expected: &&Expected| {
        let is = |m: &Moment| {
            expected.steps.contains(&m.step) && expected.lane.is_none_or(|lane| lane == m.lane)
        };
        !story.moments().any(is)
    };
    let unseen = CHAIN.iter().filter(seen);
    unseen.map(|e| Unseen { step: e.name.into(), why: why(e, facts, input) }).collect()
}

fn why(expected: &Expected, facts: &Facts, input: &Input) -> String {
    let later = [Step::SwitchRoot, Step::Splash, Step::Seat, Step::DisplayManager];
    let is_later = expected.steps.iter().any(|step| later.contains(step));
    if facts.phase == Phase::Initrd && is_later && !input.user {
        return "this check was in the initrd, before it".into();
    }
    match expected.shows {
        Shows::Nowhere => "logind does not log when a seat becomes graphical".into(),
        Shows::User if !input.user => {
            "not in this input: programs write to the journal, which is not in this input".into()
        }
        Shows::User => "not in this log".into(),
        Shows::State => "shown neither by the log nor by the current state".into(),
        Shows::Kernel if !input.kernel => format!("{}", Unread(facts)),
        Shows::Kernel if expected.lane == Some(Lane::NvidiaUvm) => {
            "not logged; nvidia_uvm prints nothing when it loads since 570".into()
        }
        Shows::Kernel if !input.whole => {
            "not in this log, but its beginning is missing or lines were lost".into()
        }
        Shows::Kernel => "not in the kernel log".into(),
    }
}

/// Why there is no kernel log.
struct Unread<'a>(&'a Facts);

impl std::fmt::Display for Unread<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use nvpreflight::seen::Seen;
        match &self.0.log {
            Seen::Unreadable(e) => write!(f, "the kernel log could not be read: {e}"),
            _ => f.write_str("there is no kernel log in this input"),
        }
    }
}
