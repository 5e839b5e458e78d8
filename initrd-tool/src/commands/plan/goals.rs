//! What early loading gives each goal and what it costs. Only what was measured or
//! stands in the sources named; advice, not a judgement: the rules judge.

use super::Plan;
use nvpreflight::expect::Goal;

/// What is known about one goal.
pub struct Advice {
    /// Modules that the goal wants loaded from this root.
    pub wants: &'static [&'static str],
    /// What early loading gives.
    pub gains: &'static str,
    /// What it costs.
    pub costs: &'static str,
}

/// Of the open modules each firmware file has 25 to 38 MB (550.163.01).
const SIZE: &str = "the initrd grows by the modules and, with the open ones, by one or two GSP \
                    firmware files of 25 to 38 MB each (NVP405 when they are missing)";
const SCREEN: [&str; 3] = ["nvidia", "nvidia_modeset", "nvidia_drm"];

/// The advice for a goal.
pub const fn advice(goal: Goal) -> Advice {
    match goal {
        Goal::Wayland | Goal::X11 => Advice {
            wants: &SCREEN,
            gains: "the card is there before the greeter looks for one (NVP101, NVP102); loading \
                    before the display manager on the real root serves the same",
            costs: SIZE,
        },
        Goal::LuksPrompt => Advice {
            wants: &SCREEN,
            gains: "the prompt is drawn by the driver; without it only the firmware's framebuffer \
                    can show one, as long as nothing takes it away",
            costs: SIZE,
        },
        Goal::Cuda => Advice {
            wants: &["nvidia", "nvidia_uvm"],
            gains: "none: nothing computes in an initrd. nvidia_uvm has no alias, so something \
                    must ask for it on the real root (NVP104)",
            costs: SIZE,
        },
        Goal::Hibernate => Advice {
            wants: &[],
            gains: "none that is known",
            costs: "with the driver in the initrd and NVreg_PreserveVideoMemoryAllocations=1 \
                    resuming fails (NVIDIA/open-gpu-kernel-modules issue 1343)",
        },
        Goal::Suspend => Advice { wants: &[], gains: "none that is known", costs: SIZE },
        Goal::Vfio => Advice {
            wants: &["vfio_pci"],
            gains: "vfio_pci in the initrd takes the GPU before any driver does",
            costs: "a driver of the stack loaded first takes the GPU instead; only one softdep \
                    line of nvidia counts, so `softdep nvidia pre: vfio-pci` is easily shadowed",
        },
        Goal::Headless => Advice { wants: &[], gains: "none", costs: SIZE },
    }
}

/// Which of a goal's modules the plan inserts and which it does not.
pub fn split(plan: &Plan, advice: &Advice) -> (Vec<&'static str>, Vec<&'static str>) {
    advice.wants.iter().partition(|want| {
        plan.asked.iter().flat_map(|a| &a.outcome.probes).any(|probe| {
            probe.blocked.is_none() && probe.steps.iter().any(|s| s.inserts(want.as_bytes()))
        })
    })
}
