//! Whether there is still something to wait for: a cheap look at modules and
//! DRM nodes, repeated on every uevent of a wait. It judges nothing.

use crate::expect::{Expectations, Policy};
use crate::facts::{Module, ModuleState, Phase};
use crate::parse::proc_modules;
use crate::text::{Name, Text, same_name};
use crate::tree::{Flow, Tree, TreeExt};

/// What a phase waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Everything awaited is there, or nothing is awaited.
    Over,
    /// This is missing and may still come.
    For(Missing),
    /// This is missing, and waiting cannot bring it.
    InVain(Missing),
}

/// What is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    /// A module that is not loaded, or whose init has not returned.
    Module(Name),
    /// The render node of a GPU driven by nvidia.
    RenderNode,
}

impl core::fmt::Display for Missing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Module(name) => write!(f, "module {name}"),
            Self::RenderNode => f.write_str("the NVIDIA render node"),
        }
    }
}

/// Looks once. Awaited are the modules that the expectations name for the
/// phase, and the render node and the end of nvidia_drm's init when nvidia_drm is one of
/// them, is loaded, or the display manager is to be held for it.
///
/// nvidia_drm makes its DRM devices before its init returns (nvidia-drm
/// `nv_drm_init`), so a Live nvidia_drm beside a bound GPU and without a
/// render node will make none. A GPU may still be plugged in, therefore a
/// machine that names its `gpus` waits for the first.
#[must_use]
pub fn look(tree: &dyn Tree, want: &Expectations, phase: Phase) -> Wait {
    let (missing, drm) = modules(tree, want, phase);
    if let Some(name) = missing {
        return Wait::For(Missing::Module(name));
    }
    let held = phase == Phase::PreDisplay && want.policy == Policy::HoldDisplay;
    if drm.is_none() && !expected(want, phase, "nvidia_drm") && !held {
        return Wait::Over;
    }
    if render_node(tree) {
        // Its devices come before its init returns: a look between the two would tell an
        // init that is stuck (NVP112).
        if drm == Some(ModuleState::Loading) {
            return Wait::For(Missing::Module(Name::from("nvidia_drm")));
        }
        return Wait::Over;
    }
    let has_returned = drm == Some(ModuleState::Live);
    let hopeless = match gpu(tree) {
        Gpu::BoundToNvidia => has_returned,
        Gpu::Seen | Gpu::Unknown => false,
        Gpu::None => want.gpus.unwrap_or(0) == 0,
    };
    if hopeless { Wait::InVain(Missing::RenderNode) } else { Wait::For(Missing::RenderNode) }
}

fn expected(want: &Expectations, phase: Phase, module: &str) -> bool {
    match phase {
        Phase::Initrd | Phase::Image => want.in_initrd(module),
        Phase::PreDisplay => want.before_display(module),
    }
}

/// The first expected module that is not up, and nvidia_drm's state.
fn modules(
    tree: &dyn Tree,
    want: &Expectations,
    phase: Phase,
) -> (Option<Name>, Option<ModuleState>) {
    let later: &[Name] = match phase {
        Phase::Initrd | Phase::Image => &[],
        Phase::PreDisplay => &want.pre_display_modules,
    };
    let mut up = [false; 32];
    let mut drm = None;
    let names = || want.initrd_modules.iter().chain(later);
    // A /proc/modules that cannot be read leaves every module missing; the
    // deadline ends that wait and the rules say why nothing could be checked.
    let _ = tree.lines("proc/modules", &mut |line| {
        if let Some(Module { name, state, .. }) = proc_modules::line(line) {
            if name == "nvidia_drm" {
                drm = Some(state);
            }
            for (up, _) in up.iter_mut().zip(names()).filter(|(_, n)| same_name(n, &name)) {
                *up = state == ModuleState::Live;
            }
        }
        Flow::More
    });
    let missing = names().zip(up).find(|(name, up)| !up && !built_in(tree, name));
    (missing.map(|(name, _)| name.clone()), drm)
}

/// A module compiled into the kernel has a folder without `initstate`
/// (kernel/params.c, `kernel_add_sysfs_param`).
fn built_in(tree: &dyn Tree, name: &str) -> bool {
    let folder =
        Text::<96>::of(format_args!("sys/module/{}", crate::text::kernel_name(name.as_bytes())));
    let state = Text::<112>::of(format_args!("{folder}/initstate"));
    tree.exists(&folder).yes() == Some(&true) && tree.exists(&state).yes() == Some(&false)
}

/// True when a render node's device is driven by nvidia.
fn render_node(tree: &dyn Tree) -> bool {
    let mut found = false;
    let _ = tree.list("sys/class/drm", &mut |name| {
        if !found && name.starts_with(b"renderD") {
            let name = Name::from_bytes(name);
            let driver = Text::<112>::of(format_args!("sys/class/drm/{name}/device/driver"));
            found = tree.link_name::<16>(&driver).yes().is_some_and(|d| *d == "nvidia");
        }
    });
    found
}

/// How far the bus got with NVIDIA GPUs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gpu {
    /// The nvidia driver has one.
    BoundToNvidia,
    /// One is there, without driver or with another one.
    Seen,
    /// None is there.
    None,
    /// The bus could not be listed.
    Unknown,
}

fn gpu(tree: &dyn Tree) -> Gpu {
    let mut bound = false;
    let _ = tree.list("sys/bus/pci/drivers/nvidia", &mut |name| bound |= name.contains(&b':'));
    if bound {
        return Gpu::BoundToNvidia;
    }
    let mut seen = false;
    let listed = tree.list("sys/bus/pci/devices", &mut |name| {
        let bdf = Name::from_bytes(name);
        let is = |leaf: &str, prefix: &str| {
            let path = Text::<112>::of(format_args!("sys/bus/pci/devices/{bdf}/{leaf}"));
            tree.text::<16>(&path).yes().is_some_and(|t| t.starts_with(prefix))
        };
        seen = seen || is("class", "0x03") && is("vendor", "0x10de");
    });
    match (listed.is_yes(), seen) {
        (_, true) => Gpu::Seen,
        (true, false) => Gpu::None,
        (false, false) => Gpu::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Capture;

    const ALL: &str = "\
proc/modules <<EOF
nvidia_drm 1 0 - Live 0x0 (OE)
nvidia 1 1 nvidia_drm, Live 0x0 (OE)
EOF
";
    const LOADING: &str = "\
proc/modules <<EOF
nvidia_drm 1 0 - Loading 0x0 (OE)
nvidia 1 1 nvidia_drm, Live 0x0 (OE)
EOF
";
    const BOUND: &str = "\
sys/bus/pci/drivers/nvidia/0000:01:00.0 -> ../../../../devices/pci0000:00/0000:01:00.0
sys/bus/pci/devices/0000:01:00.0/class = 0x030000
sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de
";
    const NODE: &str = "\
sys/class/drm/renderD128/device/driver -> ../../../../bus/pci/drivers/nvidia
";

    fn wanting(initrd: &[&str]) -> Expectations {
        let mut want = Expectations::new();
        for name in initrd {
            want.initrd_modules.push(Name::from(*name)).unwrap();
        }
        want
    }

    fn at(tree: &[&str], want: &Expectations, phase: Phase) -> Wait {
        look(&Capture::new(tree.concat().as_bytes()), want, phase)
    }

    fn module(name: &str) -> Wait {
        Wait::For(Missing::Module(Name::from(name)))
    }

    #[test]
    fn nothing_is_awaited_where_nothing_is_asked_for() {
        let want = Expectations::new();
        assert_eq!(at(&["proc/modules =\n"], &want, Phase::Initrd), Wait::Over);
        assert_eq!(at(&[""], &want, Phase::PreDisplay), Wait::Over);
    }

    #[test]
    fn modules_are_awaited_until_their_init_has_returned() {
        let want = wanting(&["nvidia", "nvidia-drm"]);
        assert_eq!(at(&["proc/modules =\n", BOUND], &want, Phase::Initrd), module("nvidia"));
        assert_eq!(at(&[LOADING, BOUND], &want, Phase::Initrd), module("nvidia-drm"));
        assert_eq!(at(&[ALL, BOUND, NODE], &want, Phase::Initrd), Wait::Over);
    }

    #[test]
    fn a_node_that_flashes_up_while_init_runs_is_not_ready() {
        let want = wanting(&["nvidia_drm"]);
        assert_eq!(at(&[LOADING, BOUND, NODE], &want, Phase::Initrd), module("nvidia_drm"));
    }

    #[test]
    fn later_modules_are_no_matter_of_the_initrd() {
        let mut want = Expectations::new();
        want.pre_display_modules.push(Name::from("nvidia_uvm")).unwrap();
        assert_eq!(at(&[ALL, BOUND, NODE], &want, Phase::Initrd), Wait::Over);
        assert_eq!(at(&[ALL, BOUND, NODE], &want, Phase::PreDisplay), module("nvidia_uvm"));
    }

    #[test]
    fn a_built_in_module_is_up() {
        let built_in = "proc/modules =\nsys/module/vfio_pci/parameters/ids = \n";
        assert_eq!(at(&[built_in], &wanting(&["vfio-pci"]), Phase::Initrd), Wait::Over);
    }

    #[test]
    fn a_live_driver_without_a_node_will_not_make_one() {
        let in_vain = Wait::InVain(Missing::RenderNode);
        let want = wanting(&["nvidia_drm"]);
        assert_eq!(at(&[ALL, BOUND], &want, Phase::Initrd), in_vain);
        let unbound = BOUND.replace("drivers/nvidia", "drivers/other");
        let for_node = Wait::For(Missing::RenderNode);
        assert_eq!(at(&[ALL, &unbound], &want, Phase::Initrd), for_node);
    }

    #[test]
    fn a_machine_that_names_its_gpus_waits_for_one_to_be_plugged_in() {
        let mut want = wanting(&["nvidia_drm"]);
        let empty = "sys/bus/pci/devices/ ino=2\n";
        assert_eq!(at(&[ALL, empty], &want, Phase::Initrd), Wait::InVain(Missing::RenderNode));
        want.gpus = Some(1);
        assert_eq!(at(&[ALL, empty], &want, Phase::Initrd), Wait::For(Missing::RenderNode));
    }

    #[test]
    fn a_held_display_waits_for_the_node_even_where_no_module_is_named() {
        let mut want = Expectations::new();
        want.policy = Policy::HoldDisplay;
        let for_node = Wait::For(Missing::RenderNode);
        assert_eq!(at(&["proc/modules =\n", BOUND], &want, Phase::PreDisplay), for_node);
        assert_eq!(at(&["proc/modules =\n", BOUND], &want, Phase::Initrd), Wait::Over);
        let until_init_returns = module("nvidia_drm");
        assert_eq!(at(&[LOADING, BOUND, NODE], &want, Phase::PreDisplay), until_init_returns);
        assert_eq!(at(&[ALL, BOUND, NODE], &want, Phase::PreDisplay), Wait::Over);
    }
}
