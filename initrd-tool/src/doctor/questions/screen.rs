//! "Screen black, machine alive": the steps from the bus to the greeter in their
//! order, and the first that did not happen.

use crate::doctor::answer::{Evidence, Says};
use crate::doctor::case::{Case, not_there, unseen};
use nvpreflight::facts::{DrmKind, Look};
use nvpreflight::reading::wanted;
use nvpreflight::seen::Seen;

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    if c.before_boot() {
        return Says::plain("not booted yet: see \"next boot\"");
    }
    if f.pci.is_yes() && f.nvidia_gpus().next().is_none() && !f.has_platform_gpu() {
        let says = match c.found(&[503]) {
            Some(finding) => Says::bad(format!("the bus: {}", finding.message)),
            None => Says::plain("there is no NVIDIA GPU on the PCI bus"),
        };
        return says.seen("sys/bus/pci/devices", "no display controller with vendor ID 10de");
    }
    // A GPU that another driver has on purpose is no death.
    let other = f.nvidia_gpus().find_map(|gpu| {
        gpu.driver.yes().filter(|driver| **driver != "nvidia").map(|driver| (gpu, driver))
    });
    if let Some((gpu, driver)) = other {
        if !wanted::stack(f, c.want) {
            return Says::plain(format!(
                "{driver} drives GPU {}; nvidia is not requested",
                gpu.bdf
            ));
        }
    }
    let mut steps = Vec::new();
    for step in [module, bound, ready, card, connectors, monitor] {
        match step(c) {
            Step::Done(evidence) => steps.extend(evidence),
            Step::Died(what, codes) => return died(c, what, codes).all(steps),
            Step::Dark(why) => return Says::unknown(why).all(steps),
            Step::Enough(what) => return Says::good(what).all(steps),
        }
    }
    Says::good("no step failed: driver, GPU, card, connector, monitor").all(steps)
}

enum Step {
    /// It happened, with what shows it.
    Done(Option<Evidence>),
    /// It did not; the rules that may tell why.
    Died(String, &'static [u16]),
    /// That was not seen.
    Dark(String),
    /// What follows is not expected on this machine.
    Enough(String),
}

fn done(place: &str, text: impl std::fmt::Display) -> Step {
    Step::Done(Some(Evidence { place: place.to_owned(), text: text.to_string() }))
}

/// The finding that tells why a step died goes before the bare fact.
fn died(c: &Case<'_>, what: String, codes: &[u16]) -> Says {
    match c.found(codes) {
        Some(finding) => {
            Says::bad(format!("{what}: {}", finding.message)).maybe(Some(Case::shown(finding)))
        }
        // Without a finding nothing says that the picture was to be here.
        None => Says::careful(what),
    }
}

const LOADING: &[u16] = &[
    703, 308, 317, 702, 704, 402, 403, 404, 413, 514, 410, 114, 318, 112, 501, 502, 505, 504, 523,
];

fn module(c: &Case<'_>) -> Step {
    match c.is_up("nvidia") {
        Some(true) => done("modules", "nvidia is loaded"),
        Some(false) if !wanted::stack(c.facts, c.want) && c.found(LOADING).is_none() => {
            Step::Died("loading: nothing requested nvidia".into(), &[])
        }
        Some(false) => Step::Died(format!("loading: {}", not_there(c, "nvidia")), LOADING),
        None if c.facts.look == Look::Log => match c.found(LOADING) {
            Some(finding) => Step::Died(format!("loading ({})", finding.rule.code), LOADING),
            // What came after the loading may stand in the log all the same.
            None if names_nvidia(c) => Step::Done(None),
            None => Step::Dark(
                "the log has no nvidia lines, and this input does not list the modules".into(),
            ),
        },
        None => Step::Dark(unseen("/proc/modules", &c.facts.modules.proc)),
    }
}

fn names_nvidia(c: &Case<'_>) -> bool {
    let records = c.facts.records();
    records.iter().any(|record| record.text.contains("nvidia") || record.text.contains("NVRM"))
}

fn bound(c: &Case<'_>) -> Step {
    match c.facts.nvidia_gpus().next() {
        _ if c.facts.has_platform_gpu() => Step::Done(None),
        None => Step::Done(None),
        Some(_) if c.facts.nvidia_gpus().any(|gpu| gpu.driven_by("nvidia")) => {
            done("sys/bus/pci/devices", "nvidia is bound to the GPU")
        }
        // A log does not show who is bound; whether the GPU starts has more details.
        Some(gpu) if !gpu.driver.is_yes() && !gpu.driver.is_absent() => Step::Done(None),
        Some(gpu) => {
            let by = gpu.driver.yes().map_or("no driver".to_owned(), |driver| driver.to_string());
            Step::Died(
                format!("binding: GPU {} has {by}", gpu.bdf),
                &[501, 502, 504, 505, 510, 523, 509, 522],
            )
        }
    }
}

/// Initialisation fails with one line; until the first use nothing is tried.
fn ready(c: &Case<'_>) -> Step {
    const GPU: &[u16] = &[405, 406, 407, 522, 507, 509, 508, 505, 510, 506, 513];
    if let Some(finding) = c.found(&[506, 507, 508, 509, 510, 405, 522, 407]) {
        return Step::Died(format!("GPU initialisation ({})", finding.rule.code), GPU);
    }
    let started = c.facts.nv.yes().map(|nv| nv.gpus.as_slice()).unwrap_or_default();
    match started.iter().find(|gpu| gpu.initialised == Seen::Yes(true)) {
        Some(gpu) => done("proc/driver/nvidia/gpus", format!("GPU {} is initialised", gpu.bdf)),
        None => Step::Done(None),
    }
}

fn card(c: &Case<'_>) -> Step {
    match c.is_up("nvidia_drm") {
        Some(true) => {}
        Some(false) if wanted::computes_only(c.facts, c.want) => {
            return Step::Enough(
                "nvidia is loaded; it is used for compute only, without a display".into(),
            );
        }
        Some(false) => {
            return Step::Died(
                "nvidia_drm is not loaded: no card".into(),
                &[106, 402, 404, 413, 308],
            );
        }
        None => {}
    }
    if c.facts.nvidia_drm_devices().any(|d| d.kind == DrmKind::Card) {
        return done("sys/class/drm", "the GPU has a card");
    }
    if let Some(record) = c.ready().filter(|_| !c.facts.drm.is_yes()) {
        return Step::Done(Some(Case::logged(record)));
    }
    match &c.facts.drm {
        Seen::Yes(_) | Seen::Absent => Step::Died(
            "nvidia_drm is loaded, but the GPU has no card".into(),
            &[221, 216, 201, 215],
        ),
        other => Step::Dark(unseen("/sys/class/drm", other)),
    }
}

fn connectors(c: &Case<'_>) -> Step {
    if !c.facts.drm.is_yes() {
        return match c.found(&[201, 217, 204]) {
            Some(finding) => {
                Step::Died(format!("display output ({})", finding.rule.code), &[201, 217, 204])
            }
            None => Step::Enough(
                "the driver created a card; this input does not show connectors".into(),
            ),
        };
    }
    if c.facts.nvidia_drm_devices().any(|card| !card.connectors.is_empty()) {
        return Step::Done(None);
    }
    let outputs = c.facts.nvidia_gpus().any(|gpu| gpu.class >> 8 == 0x0300);
    if !outputs || c.facts.has_panel() {
        return Step::Enough("render-only GPU: it has no display outputs".into());
    }
    if c.facts.modules.flag("nvidia_drm", "modeset") == Some(false) {
        return Step::Died("mode setting: the card has no connectors".into(), &[201]);
    }
    Step::Died("the card has no connectors".into(), &[201, 221])
}

fn monitor(c: &Case<'_>) -> Step {
    let cards = c.facts.nvidia_drm_devices();
    let lit = cards
        .flat_map(|card| card.connectors.iter().map(move |con| (card, con)))
        .find(|(_, con)| con.status.yes().is_some_and(|status| *status == "connected"));
    if let Some(finding) = c.found(&[217, 204, 101, 208]) {
        return Step::Died(format!("display ({})", finding.rule.code), &[217, 204, 101, 208]);
    }
    match lit {
        Some((card, connector)) => {
            done("sys/class/drm", format!("{}-{} is connected", card.name, connector.name))
        }
        None if c.facts.has_panel() => {
            Step::Enough("the driver is loaded; the panel is connected to the other GPU".into())
        }
        None => Step::Died("no monitor is connected to the NVIDIA GPU".into(), &[]),
    }
}
