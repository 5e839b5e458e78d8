//! The order in which two modules came up, from the best evidence there is.
//! What a configuration lists is never taken for what happened, and times of
//! different clocks are never compared.

use crate::facts::{Facts, Module, ModuleState};
use crate::seen::Seen;
use crate::text::same_name;

/// What an order was read from, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Evidence {
    /// `module_load` trace events, emitted right before init is entered
    /// (kernel/module/main.c). Exact.
    Trace,
    /// Inode numbers of /sys/module/NAME: kernfs hands them out in sequence when
    /// the folder is made, right before init is entered. Equal to the trace in
    /// 12 of 12 measured parallel runs.
    Inode,
    /// The drivers' own first log lines. A driver prints when it likes, so this is
    /// the order of printing: nvidia-uvm up to 565 prints at the end of its init.
    Log,
    /// Lines of /proc/modules, newest first: the order in which loads *began*.
    /// Right for a module and what it needs; wrong for modules that do not need
    /// each other in 3 of 12 measured parallel runs.
    Rank,
}

impl Evidence {
    /// What a reader calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "the kernel trace",
            Self::Inode => "the inode numbers in /sys/module",
            Self::Log => "the kernel log",
            Self::Rank => "/proc/modules",
        }
    }

    /// True when it shows the order of entering init itself.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Trace | Self::Inode)
    }
}

/// The observed order of a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observed {
    /// True when the first of the pair came first.
    pub kept: bool,
    /// From what.
    pub by: Evidence,
}

/// Pairs of the stack whose order their symbols force (`modinfo -F depends`:
/// nvidia_modeset and nvidia_uvm use symbols of nvidia, nvidia_drm those of
/// nvidia_modeset).
pub const FORCED: [(&str, &str); 4] = [
    ("nvidia", "nvidia_modeset"),
    ("nvidia_modeset", "nvidia_drm"),
    ("nvidia", "nvidia_drm"),
    ("nvidia", "nvidia_uvm"),
];

/// True when the order of the two follows from what they need of each other.
#[must_use]
pub fn is_forced(a: &str, b: &str) -> bool {
    let pair = |x: &str, y: &str| same_name(x, a) && same_name(y, b);
    FORCED.iter().any(|(x, y)| pair(x, y) || pair(y, x))
}

/// The observed order of `a` and `b`; `None` when one of them was not loaded
/// (built-in code has no place in this order), or when nothing tells.
#[must_use]
pub fn of(facts: &Facts, a: &str, b: &str) -> Option<Observed> {
    let (a, b) = (loaded(facts, a)?, loaded(facts, b)?);
    [Evidence::Trace, Evidence::Inode, Evidence::Log, Evidence::Rank].into_iter().find_map(|by| {
        let (first, second) = (mark(a, by)?, mark(b, by)?);
        (first != second).then_some(Observed { kept: first < second, by })
    })
}

fn loaded<'a>(facts: &'a Facts, name: &str) -> Option<&'a Module> {
    let here = |m: &&Module| matches!(m.state, ModuleState::Live | ModuleState::Loading);
    facts.modules.get(name).filter(here)
}

/// A number that grows with the order, of one kind of evidence.
fn mark(module: &Module, by: Evidence) -> Option<u64> {
    match by {
        Evidence::Trace => module.traced_us.yes().copied(),
        // A capture that holds no inode numbers gives 0.
        Evidence::Inode => module.inode.yes().copied().filter(|n| *n > 0),
        Evidence::Log => module.logged_us.yes().copied(),
        Evidence::Rank => match module.rank {
            Seen::Yes(rank) => Some(u64::from(rank)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Phase, STACK};
    use crate::testing::Case;
    use crate::text::Name;
    use std::boxed::Box;

    /// Four loads in sequence, measured on kernel 6.12 in one boot. The log's
    /// clock runs 0.9 s behind the trace's.
    const MODULES: &str = "proc/modules <<EOF\n\
        nvidia_drm 12288 0 - Live 0xffffffffc05de000 (OE)\n\
        nvidia_uvm 12288 0 - Live 0xffffffffc05d8000 (OE)\n\
        nvidia_modeset 12288 1 nvidia_drm, Live 0xffffffffc05d2000 (OE)\n\
        nvidia 16384 2 nvidia_uvm,nvidia_modeset, Live 0xffffffffc05cb000 (OE)\nEOF\n";
    const INODES: &str = "sys/module/nvidia/ ino=13935\nsys/module/nvidia_modeset/ ino=13978\n\
        sys/module/nvidia_drm/ ino=14064\nsys/module/nvidia_uvm/ ino=14024\n";
    const LOG: &str = "dev/kmsg <<EOF\n\
        3,363,10453755,-;NVRM: loading stand-in nvidia (no hardware)\n\
        6,364,10697199,-;nvidia-modeset: Loading stand-in nvidia-modeset\n\
        6,365,11210123,-;[drm] [nvidia-drm] stand-in loading, modeset=1 fbdev=0\nEOF\n";
    const TRACE: &str = "sys/kernel/tracing/trace <<EOF\n\
        \x20       modprobe-151     [001] .....    11.382915: module_load: nvidia OE\n\
        \x20       modprobe-152     [000] .....    11.626438: module_load: nvidia_modeset OE\n\
        \x20       modprobe-153     [000] .....    11.837228: module_load: nvidia_uvm OE\n\
        \x20       modprobe-154     [001] .....    12.139463: module_load: nvidia_drm OE\nEOF\n";

    /// Three loads at once, measured; /proc/modules listed them as above.
    const PARALLEL_INODES: &str = "sys/module/nvidia/ ino=13937\n\
        sys/module/nvidia_modeset/ ino=13980\nsys/module/nvidia_drm/ ino=14026\n\
        sys/module/nvidia_uvm/ ino=14067\n";
    const PARALLEL_TRACE: &str = "sys/kernel/tracing/trace <<EOF\n\
        \x20       modprobe-153     [001] .....    13.756867: module_load: nvidia OE\n\
        \x20         insmod-161     [001] .....    15.324165: module_load: nvidia_modeset OE\n\
        \x20       modprobe-153     [001] .....    15.383916: module_load: nvidia_drm OE\n\
        \x20       modprobe-155     [000] .....    15.411861: module_load: nvidia_uvm OE\nEOF\n";

    const fn kept(by: Evidence) -> Option<Observed> {
        Some(Observed { kept: true, by })
    }

    #[test]
    fn each_evidence_steps_in_when_the_better_one_is_missing() {
        let pair = |case: Case| of(&case.facts(), "nvidia", "nvidia-drm");
        let case = || Case::initrd(MODULES);
        assert_eq!(pair(case().and(LOG).and(INODES).and(TRACE)), kept(Evidence::Trace));
        assert_eq!(pair(case().and(LOG).and(INODES)), kept(Evidence::Inode));
        assert_eq!(pair(case().and(LOG)), kept(Evidence::Log));
        assert_eq!(pair(case()), kept(Evidence::Rank));
    }

    #[test]
    fn a_module_that_the_log_does_not_show_falls_back_to_the_next_evidence() {
        let f = Case::initrd(MODULES).and(LOG).facts();
        assert_eq!(of(&f, "nvidia_uvm", "nvidia_drm"), kept(Evidence::Rank));
    }

    #[test]
    fn a_parallel_load_is_read_from_trace_and_inode_not_from_proc_modules() {
        let pair = |case: Case| of(&case.facts(), "nvidia_drm", "nvidia_uvm");
        let case = || Case::initrd(MODULES);
        assert_eq!(pair(case().and(PARALLEL_INODES).and(PARALLEL_TRACE)), kept(Evidence::Trace));
        assert_eq!(pair(case().and(PARALLEL_INODES)), kept(Evidence::Inode));
        assert_eq!(pair(case()), Some(Observed { kept: false, by: Evidence::Rank }));
    }

    #[test]
    fn the_real_driver_keeps_its_forced_order_and_loads_uvm_before_drm() {
        // Inode numbers of 550.163.01 (open), loaded one after the other.
        let inodes = "sys/module/nvidia/ ino=14310\nsys/module/nvidia_modeset/ ino=14578\n\
                      sys/module/nvidia_drm/ ino=18531\nsys/module/nvidia_uvm/ ino=18005\n";
        let f = Case::initrd(MODULES).and(inodes).facts();
        for (a, b) in FORCED.into_iter().chain([("nvidia_uvm", "nvidia_drm")]) {
            assert_eq!(of(&f, a, b), kept(Evidence::Inode), "{a} {b}");
        }
    }

    /// Twelve parallel runs, measured: (oldest first by /proc/modules, by inode
    /// number); the trace of every run agreed with the inode numbers.
    const RACES: [(&str, &str); 12] = [
        ("nmud", "nmud"),
        ("nmud", "nmud"),
        ("nmud", "nmud"),
        ("nmud", "nmud"),
        ("nmud", "nmud"),
        ("nmud", "numd"),
        ("nmud", "numd"),
        ("nmud", "nmud"),
        ("nmud", "numd"),
        ("numd", "numd"),
        ("numd", "numd"),
        ("nmud", "nmud"),
    ];

    fn race(rank: &str, inode: Option<&str>) -> Box<Facts> {
        let mut f = Box::new(Facts::new(Phase::Initrd));
        for (name, letter) in STACK.iter().zip(["n", "m", "u", "d"]) {
            let at = |order: &str| u32::try_from(order.find(letter).unwrap()).unwrap();
            let mut module = Module::new(Name::from(*name), ModuleState::Live);
            module.rank = Seen::Yes(at(rank));
            if let Some(inode) = inode {
                module.inode = Seen::Yes(14_000 + u64::from(at(inode)));
            }
            f.modules.list.push(module).unwrap();
        }
        f
    }

    #[test]
    fn proc_modules_is_wrong_for_the_free_pair_only() {
        let mut wrong = 0;
        for (rank, inode) in RACES {
            let (by_rank, by_inode) = (race(rank, None), race(rank, Some(inode)));
            for (a, b) in FORCED {
                assert_eq!(of(&by_rank, a, b), kept(Evidence::Rank));
                assert_eq!(of(&by_inode, a, b), kept(Evidence::Inode));
            }
            let free = |f: &Facts| of(f, "nvidia_modeset", "nvidia_uvm").unwrap().kept;
            wrong += u32::from(free(&by_rank) != free(&by_inode));
        }
        assert_eq!(wrong, 3);
    }

    #[test]
    fn what_went_away_or_never_came_has_no_order() {
        let without_uvm = MODULES.replace("nvidia_uvm 12288", "other 12288");
        let f = Case::initrd(&without_uvm).and(PARALLEL_TRACE).facts();
        assert_eq!(f.modules.get("nvidia_uvm").unwrap().state, ModuleState::Gone);
        assert_eq!(of(&f, "nvidia", "nvidia_uvm"), None);
        assert_eq!(of(&f, "nvidia", "vfio_pci"), None);
    }

    #[test]
    fn an_inode_that_a_capture_left_out_orders_nothing() {
        let mut f = race("nmud", Some("dumn"));
        for module in f.modules.list.iter_mut().filter(|m| m.name == *"nvidia_drm") {
            module.inode = Seen::Yes(0);
        }
        assert_eq!(of(&f, "nvidia", "nvidia_drm"), kept(Evidence::Rank));
    }
}
