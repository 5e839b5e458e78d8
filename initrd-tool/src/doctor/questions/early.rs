//! "Was nvidia loaded from the initrd, and before the greeter?"

use crate::doctor::answer::{Evidence, Says, Tone};
use crate::doctor::case::{Case, not_there, unseen};
use crate::source::logs::{Clock, Record};
use nvpreflight::driver::said::{display, programs, systemd};
use nvpreflight::facts::{Directive, Look, Phase, Place};
use nvpreflight::reading::{next_boot, wanted};
use nvpreflight::text::{Seconds, same_name};

const MODULE: &str = "nvidia_drm";

pub(super) fn answer(c: &Case<'_>) -> Says {
    if c.before_boot() {
        return predicted(c);
    }
    match c.is_up(MODULE) {
        Some(true) => {}
        Some(false) => return not_up(c),
        None => return Says::unknown(unseen("/proc/modules", &c.facts.modules.proc)),
    }
    let ready = c.ready().map(|record| record.us).filter(|us| *us > 0);
    let greeter = greeter(c.records);
    let (tone, mut says) = match (from_initrd(c, ready), greeter) {
        (Some((true, _)), _) => (Tone::Good, "yes, from the initrd".to_owned()),
        (Some((false, _)), _) => (Tone::Careful, "not from the initrd".to_owned()),
        (None, Some(_)) => (Tone::Plain, "nvidia_drm is loaded".to_owned()),
        (None, None) => (Tone::Unknown, "nvidia_drm is loaded".to_owned()),
    };
    if let Some(us) = ready {
        says += &format!(", ready at {}", Seconds(us));
    }
    let tone = match (ready, greeter) {
        (Some(ready), Some((at, _))) if at >= ready => {
            says += &format!(", {} before the greeter", Seconds(at - ready));
            Tone::Good
        }
        (Some(ready), Some((at, _))) => {
            says += &format!(", {} after the display manager started", Seconds(ready - at));
            Tone::Bad
        }
        _ => tone,
    };
    if tone == Tone::Unknown {
        says += "; unknown whether from the initrd: no initrd report and no \
                 switch-root line in the log";
    }
    Says::new(tone, says)
        .maybe(from_initrd(c, ready).map(|(_, evidence)| evidence))
        .maybe(c.ready().map(Case::logged))
        .maybe(greeter.map(|(_, record)| written(record)))
}

/// True from the initrd, false from the real root, with what tells it.
fn from_initrd(c: &Case<'_>, ready: Option<u64>) -> Option<(bool, Evidence)> {
    let told = |place: &str, text: String| Evidence { place: place.to_owned(), text };
    if let Some(initrd) = c.facts.initrd.yes() {
        let there = initrd.modules.iter().any(|m| same_name(m, MODULE));
        let state = if there { "up" } else { "not up" };
        let text = format!(
            "{MODULE} was {state} when the initrd phase ended, {}",
            Seconds(initrd.finished_us)
        );
        return Some((there, told("run/nvpreflight/initrd.json", text)));
    }
    if c.facts.phase == Phase::Initrd {
        return Some((true, told("this check", "it ran in the initrd".into())));
    }
    let (ready, switch) = (ready?, switch(c)?);
    Some((ready < switch.0, switch.1))
}

/// When the switch-root began: systemd's line in the kernel log, or in
/// the journal by the clock that the kernel's comes close to.
fn switch(c: &Case<'_>) -> Option<(u64, Evidence)> {
    let kernel = c.facts.logged(&[programs::SYSTEMD, systemd::SWITCH_ROOT]).filter(|r| r.us > 0);
    if let Some(record) = kernel {
        return Some((record.us, Case::logged(record)));
    }
    let record = c.records.iter().find(|r| r.text.starts_with(systemd::SWITCH_ROOT))?;
    Some((comparable(record)?, written(record)))
}

/// A record's time by a clock that counts from the kernel's start.
fn comparable(record: &Record) -> Option<u64> {
    match record.time {
        Some((Clock::Kernel | Clock::Monotonic, us)) => Some(us),
        _ => None,
    }
}

/// The start of the display manager in the journal.
fn greeter(records: &[Record]) -> Option<(u64, &Record)> {
    records
        .iter()
        .filter(|r| r.unit.as_deref().is_some_and(|unit| display::UNITS.contains(&unit)))
        .filter_map(|r| Some((comparable(r)?, r)))
        .min_by_key(|(us, _)| *us)
}

fn written(record: &Record) -> Evidence {
    let who = record.unit.as_deref().or(record.identifier.as_deref()).unwrap_or("journal");
    let place = match record.time {
        Some((_, us)) => format!("{who}, {}", Seconds(us)),
        None => who.to_owned(),
    };
    Evidence { place, text: record.text.clone() }
}

fn not_up(c: &Case<'_>) -> Says {
    if c.facts.pci.is_yes() && c.facts.nvidia_gpus().next().is_none() && !c.facts.has_platform_gpu()
    {
        return Says::plain("no NVIDIA GPU on the PCI bus, and nvidia_drm is not loaded");
    }
    let driver = c.facts.nvidia_gpus().find_map(|gpu| gpu.driver.yes());
    match driver.filter(|d| **d != "nvidia") {
        Some(driver) if !wanted::stack(c.facts, c.want) => {
            Says::plain(format!("no: {driver} drives the GPU, nothing requests nvidia"))
        }
        _ if wanted::computes_only(c.facts, c.want) => {
            Says::plain("nvidia_drm is not loaded; no display is expected here")
        }
        _ if c.report.findings.is_empty() => Says::careful(format!("no: {}", not_there(c, MODULE))),
        _ => Says::bad(format!("no: {}", not_there(c, MODULE))),
    }
}

fn predicted(c: &Case<'_>) -> Says {
    let (f, want) = (c.facts, c.want);
    if f.look == Look::Root {
        let asked = f.config.requests(MODULE);
        return match asked {
            Some(request) => Says::plain("a root directory: nvidia_drm is requested at boot")
                .seen(&request.place, MODULE),
            None => Says::plain("a root directory: nothing requests nvidia_drm by name; udev may"),
        };
    }
    if next_boot::loads(f, want, MODULE) {
        let by = next_boot::asked(f, want, MODULE);
        let place = by.map(|by| by.place().clone()).filter(Place::is_shown);
        let place = place
            .map_or_else(|| "its alias, when udev finds the GPU".into(), |place| place.to_string());
        return Says::good("yes: this initrd will load nvidia_drm").seen(place, MODULE);
    }
    let Some(module) = next_boot::brings(f, MODULE) else {
        return Says::plain(
            "no: nvidia_drm is not in this initrd; it must be loaded after switch-root",
        );
    };
    let says = Says::careful("no: nvidia_drm is in this initrd, but nothing loads it");
    let block = f.config.of(Directive::Blacklist).next();
    says.seen(&module.path, "the module").maybe(block.map(|line| Evidence {
        place: line.place.to_string(),
        text: format!("blacklist {}", line.module),
    }))
}
