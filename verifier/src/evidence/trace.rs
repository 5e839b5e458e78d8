//! Trace events of module loading, when the owner turned them on
//! (`trace_event=module:module_load,module:module_free`). Never turns them on.

use super::modules::of_interest;
use crate::expect::Expectations;
use crate::facts::{Facts, Lost, Module, ModuleState, Modules};
use crate::parse::trace::{self, Event, Kind, Line};
use crate::reading::fate::TRACE_EVENTS;
use crate::seen::Seen;
use crate::text::{Name, Value, kernel_name};
use crate::tree::{Flow, Tree, TreeExt};

/// Where tracefs is: its own mount point since Linux 4.1, debugfs' before.
const ROOTS: [&str; 2] = ["sys/kernel/tracing", "sys/kernel/debug/tracing"];

/// Reads the trace. `facts.modules.trace` is `Absent` when the events are off:
/// then no attempt shows, and that none shows means nothing.
pub fn collect(tree: &dyn Tree, want: &Expectations, facts: &mut Facts) {
    let Facts { modules, lost, .. } = facts;
    modules.trace = Seen::Absent;
    for root in ROOTS {
        let enable = Value::of(format_args!("{root}/events/module/module_load/enable"));
        let on = tree.text::<8>(&enable);
        if on.yes().is_some_and(|on| on.starts_with('0')) {
            return;
        }
        match read(tree, root, want, modules, lost) {
            Seen::Absent => {}
            Seen::Yes(0) if !on.is_yes() => return,
            other => {
                modules.trace = other.status();
                return;
            }
        }
    }
}

/// The number of module events in the trace file below `root`.
fn read(
    tree: &dyn Tree,
    root: &str,
    want: &Expectations,
    modules: &mut Modules,
    lost: &mut Lost,
) -> Seen<u32> {
    let mut events = 0u32;
    let path = Value::of(format_args!("{root}/trace"));
    let looked = tree.lines(&path, &mut |line| {
        match trace::line(line) {
            Line::Event(event) => {
                events = events.saturating_add(1);
                let name = kernel_name(event.module);
                if of_interest(&name, want) {
                    take(modules, lost, name, &event);
                }
            }
            Line::Lost(n) => lost.count(TRACE_EVENTS, n),
            Line::Other => {}
        }
        Flow::More
    });
    looked.map(|_| events)
}

fn take(modules: &mut Modules, lost: &mut Lost, name: Name, event: &Event<'_>) {
    if modules.get(&name).is_none() {
        // Without /proc/modules it cannot be said that the module went away.
        if !modules.proc.is_yes() {
            return;
        }
        lost.keep(&mut modules.list, Module::new(name.clone(), ModuleState::Gone), "modules");
    }
    let Some(module) = modules.list.iter_mut().find(|m| m.name == name) else { return };
    match event.kind {
        Kind::Load => {
            module.traced_us = Seen::Yes(event.us);
            module.traced_task = Seen::Yes(Name::from_bytes(event.task));
            module.freed_us = Seen::Absent;
        }
        Kind::Free => module.freed_us = Seen::Yes(event.us),
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::ModuleState;
    use crate::seen::{Errno, Seen};
    use crate::testing::Case;

    const TRACE: &str = "sys/kernel/tracing/trace <<EOF\n\
        # tracer: nop\n\
        \x20       modprobe-151     [001] .....    11.382915: module_load: nvidia OE\n\
        \x20       modprobe-151     [001] .....    11.482915: module_free: nvidia\n\
        \x20       modprobe-160     [001] .....    12.000001: module_load: nvidia OE\n\
        \x20       modprobe-161     [001] .....    12.100000: module_load: nvidia_uvm OE\n\
        \x20       modprobe-161     [001] .....    12.200000: module_free: nvidia_uvm\n\
        \x20       modprobe-170     [001] .....    13.000000: module_load: ext4 \n\
        EOF\n";

    #[test]
    fn a_second_try_counts_and_a_failed_load_is_kept_as_gone() {
        let case = Case::initrd("proc/modules = nvidia 1 0 - Live 0x0\n").and(TRACE);
        let f = case.facts();
        assert_eq!(f.modules.trace, Seen::Yes(()));
        let nvidia = f.modules.get("nvidia").unwrap();
        assert_eq!((nvidia.traced_us, nvidia.freed_us), (Seen::Yes(12_000_001), Seen::Absent));
        let uvm = f.modules.get("nvidia_uvm").unwrap();
        assert_eq!((uvm.state, uvm.freed_us), (ModuleState::Gone, Seen::Yes(12_200_000)));
        assert_eq!(uvm.traced_task.yes().unwrap(), &"modprobe-161");
        assert!(f.modules.get("ext4").is_none());
    }

    #[test]
    fn events_that_are_off_or_not_there_are_absent() {
        let off = "sys/kernel/tracing/events/module/module_load/enable = 0\n";
        assert_eq!(Case::initrd(off).facts().modules.trace, Seen::Absent);
        assert_eq!(Case::initrd("").facts().modules.trace, Seen::Absent);
        let silent = "sys/kernel/tracing/trace = # tracer: nop\n";
        assert_eq!(Case::initrd(silent).facts().modules.trace, Seen::Absent);
    }

    #[test]
    fn events_that_are_on_and_silent_were_seen() {
        let on = "sys/kernel/tracing/events/module/module_load/enable = 1\n\
                  sys/kernel/tracing/trace = # tracer: nop\n";
        assert_eq!(Case::initrd(on).facts().modules.trace, Seen::Yes(()));
    }

    #[test]
    fn a_refused_trace_stays_refused() {
        let f = Case::initrd("sys/kernel/tracing/trace ! EACCES\n").facts();
        assert_eq!(f.modules.trace, Seen::Unreadable(Errno::EACCES));
    }
}
