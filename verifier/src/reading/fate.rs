//! What became of a module that is not up, as far as the evidence goes. Never
//! takes a missing trace for a missing attempt.

#[cfg(feature = "image")]
pub mod next;

use crate::facts::{Facts, LogRecord, ModuleState, in_stack};
use crate::finding::Message;
use crate::text::{Seconds, kernel_name};

/// A clause that follows "is not up: ".
#[must_use]
pub fn of(f: &Facts, name: &str) -> Message {
    let module = f.modules.get(name);
    if module.is_some_and(|m| m.state == ModuleState::Loading) {
        return Message::from("its init function has not returned");
    }
    let traced = module.and_then(|m| Some((m, m.traced_us.yes()?, m.traced_task.yes()?)));
    if let Some((module, us, task)) = traced {
        let at = Seconds(*us);
        return match module.freed_us.yes() {
            Some(freed) => Message::of(format_args!(
                "{task} tried to load it at {at}, but it was gone after {}: its init \
                 failed or it was removed",
                Seconds(freed.saturating_sub(*us))
            )),
            None => Message::of(format_args!("{task} tried to load it at {at}, but it is gone")),
        };
    }
    // modules.dep is kept for the stack only: of others nothing can be said.
    if in_stack(name) && f.config.deps.is_yes() && f.config.dep(name).is_none() {
        return Message::from("not in modules.dep");
    }
    if f.modules.trace.is_yes() && !f.lost.kinds().iter().any(|(what, _)| *what == TRACE_EVENTS) {
        return Message::from("the trace shows no attempt to load it");
    }
    Message::from("it is not loaded")
}

/// What the trace lost, in the words under which it is counted.
pub const TRACE_EVENTS: &str = "trace events";

/// The module loader's own word on it (kernel/module/main.c, version.c).
#[must_use]
pub fn complaint<'a>(f: &'a Facts, name: &str) -> Option<&'a LogRecord> {
    const WORDS: [&str; 4] = ["Unknown symbol", "disagrees about", "version magic", "invalid for"];
    let name = kernel_name(name.as_bytes());
    f.records().iter().find(|r| {
        let rest = r.text.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(": "));
        rest.is_some_and(|rest| WORDS.iter().any(|word| rest.contains(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    const TRACE: &str = "sys/kernel/tracing/trace <<EOF\n\
        modprobe-7 [001] ..... 11.382915: module_load: nvidia OE\nEOF\n";
    const DEP: &str = "proc/sys/kernel/osrelease = 6.1\n\
        lib/modules/6.1/modules.dep = updates/nvidia.ko:\n";

    fn fate(tree: &str, name: &str) -> Message {
        of(&Case::initrd(tree).facts(), name)
    }

    #[test]
    fn a_loading_module_is_not_called_missing() {
        let loading = "proc/modules = nvidia 1 0 - Loading 0x0 (+)\n";
        assert_eq!(fate(loading, "nvidia"), "its init function has not returned");
    }

    #[test]
    fn only_a_whole_trace_shows_that_nobody_tried() {
        let none = "the trace shows no attempt to load it";
        assert_eq!(fate(TRACE, "nvidia_drm"), none);
        let lossy = TRACE.replace("EOF\nmod", "EOF\nCPU:1 [LOST 12 EVENTS]\nmod");
        assert_eq!(fate(&lossy, "nvidia_drm"), "it is not loaded");
        assert_eq!(fate("", "nvidia_drm"), "it is not loaded");
    }

    #[test]
    fn the_module_index_speaks_for_the_stack_only() {
        assert_eq!(fate(DEP, "nvidia_drm"), "not in modules.dep");
        assert_eq!(fate(DEP, "nvidia"), "it is not loaded");
        assert_eq!(fate(DEP, "vfio_pci"), "it is not loaded");
    }

    #[test]
    fn the_loaders_complaint_is_found_under_either_spelling() {
        let log = "dev/kmsg <<EOF\n4,0,5,-;nvidia: loading out-of-tree module taints kernel.\n\
                   4,1,6,-;nvidia_drm: Unknown symbol nvKmsKapiGetFunctionsTable (err -22)\nEOF\n";
        let f = Case::initrd(log).facts();
        assert_eq!(complaint(&f, "nvidia-drm").map(|r| r.us), Some(6));
        assert!(complaint(&f, "nvidia").is_none());
    }
}
