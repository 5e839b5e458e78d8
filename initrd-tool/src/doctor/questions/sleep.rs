//! "Will suspend and hibernate work?"

use crate::doctor::answer::Says;
use crate::doctor::case::{Case, unseen};
use crate::view::goals::{self, Choice, Effect};
use nvpreflight::expect::Goal;
use nvpreflight::seen::Seen;

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    if f.pci.is_yes() && f.nvidia_gpus().next().is_none() {
        return Says::plain("no NVIDIA GPU to interfere");
    }
    if !c.before_boot() && c.is_up("nvidia") == Some(false) {
        return Says::plain("nvidia is not loaded: it does not interfere");
    }
    let machine = c.machine();
    if machine.preserve.is_none() {
        return Says::unknown(match &f.modules.nv_params {
            Seen::Yes(()) => "unknown whether the driver preserves video memory".to_owned(),
            other => unseen("/proc/driver/nvidia/params", other),
        });
    }
    let early = machine.early_now;
    let choice = if early == Some(false) { Choice::Late } else { Choice::Early };
    let cell = |goal| goals::cell(&machine, goal, choice);
    let (suspend, hibernate) = (cell(Goal::Suspend), cell(Goal::Hibernate));
    let set_up = machine.around.resume.as_ref().map(|known| known.yes);
    let disk = match (set_up, early, hibernate.effect) {
        (Some(false), ..) => "hibernation is not set up".to_owned(),
        (_, None, Effect::Breaks | Effect::Unknown) => {
            "hibernation: fails if the initrd loads the driver (unknown here)".to_owned()
        }
        (_, _, effect) => format!("hibernation {}: {}", effect.word(), hibernate.why),
    };
    let text = format!("suspend: {}; {disk}", suspend.why);
    let wants_disk = c.want.goals.has(Goal::Hibernate) || set_up == Some(true);
    let finding = c.found(&[601, 602, 603, 608, 606]);
    let broken = suspend.effect == Effect::Breaks
        || wants_disk && early == Some(true) && hibernate.effect == Effect::Breaks;
    let fails = early == Some(true) && set_up != Some(false) && hibernate.effect == Effect::Breaks;
    let says = match (broken, finding) {
        (true, _) => Says::bad(text),
        (false, Some(_)) => Says::careful(text),
        (false, None) if fails => Says::careful(text),
        (false, None) if machine.preserve.as_deref() == Some("0") => Says::careful(text),
        (false, None) => Says::good(text),
    };
    let mut says = says.maybe(finding.map(Case::shown));
    for name in ["NVreg_PreserveVideoMemoryAllocations", "NVreg_UseKernelSuspendNotifiers"] {
        if let Seen::Yes(value) = f.modules.param("nvidia", name) {
            says = says.seen("proc/driver/nvidia/params", format!("{name}: {value}"));
        }
    }
    if let Some(on) = machine.suspend_units {
        let state = if on { "enabled" } else { "not enabled" };
        says = says.seen("nvidia-suspend.service", state);
    }
    if let Some(known) = &machine.around.resume {
        says = says.seen(&known.place, if known.yes { "resume is set up" } else { "no resume" });
    }
    says
}
