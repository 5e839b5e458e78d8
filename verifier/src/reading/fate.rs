//! What became of a module that is not up, as far as the evidence goes. Never
//! takes a missing trace for a missing attempt.

#[cfg(feature = "image")]
pub mod next;

use crate::driver::said::kernel;
use crate::facts::{Facts, LogRecord, ModuleState, in_stack};
use crate::text::{Seconds, kernel_name};
use core::fmt;

/// Why a module is not up. Reads behind a sentence that says that it is not loaded: a
/// colon and the reason, or nothing where none is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing<'a> {
    /// Its init function has not returned.
    Loading,
    /// A task loaded it at that time of the trace's clock, and it is gone.
    Tried {
        /// The task, as the trace names it.
        task: &'a str,
        /// Microseconds.
        at: u64,
        /// Microseconds until it was gone, where the trace shows that.
        gone_after: Option<u64>,
    },
    /// This kernel's modules.dep does not list it.
    NotListed,
    /// A whole trace shows no attempt.
    NobodyTried,
    /// Nothing more is known.
    NotLoaded,
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => f.write_str(": its init function has not returned"),
            Self::Tried { task, at, gone_after } => {
                write!(f, ": {task} tried to load it at {}, but it ", Seconds(*at))?;
                match gone_after {
                    Some(us) => write!(
                        f,
                        "was gone after {}: its init failed or it was removed",
                        Seconds(*us)
                    ),
                    None => f.write_str("is gone"),
                }
            }
            Self::NotListed => f.write_str(": not in modules.dep"),
            Self::NobodyTried => f.write_str(": the trace shows no attempt to load it"),
            Self::NotLoaded => Ok(()),
        }
    }
}

/// What became of a module that is not up.
#[must_use]
pub fn of<'a>(f: &'a Facts, name: &str) -> Missing<'a> {
    let module = f.modules.get(name);
    if module.is_some_and(|m| m.state == ModuleState::Loading) {
        return Missing::Loading;
    }
    let traced = module.and_then(|m| Some((m, *m.traced_us.yes()?, m.traced_task.yes()?)));
    if let Some((module, at, task)) = traced {
        let gone_after = module.freed_us.yes().map(|freed| freed.saturating_sub(at));
        return Missing::Tried { task, at, gone_after };
    }
    // modules.dep is kept for the stack only: of others nothing can be said.
    if in_stack(name) && f.config.deps.is_yes() && f.config.dep(name).is_none() {
        return Missing::NotListed;
    }
    if f.modules.trace.is_yes() && !f.lost.kinds().iter().any(|(what, _)| *what == TRACE_EVENTS) {
        return Missing::NobodyTried;
    }
    Missing::NotLoaded
}

/// What the trace lost, in the words under which it is counted.
pub const TRACE_EVENTS: &str = "trace events";

/// The module loader's own word on it (kernel/module/main.c, version.c).
#[must_use]
pub fn complaint<'a>(f: &'a Facts, name: &str) -> Option<&'a LogRecord> {
    const TEXTS: [&str; 4] = [
        kernel::UNKNOWN_SYMBOL,
        kernel::SYMBOL_VERSION,
        kernel::VERSION_MAGIC,
        kernel::INVALID_VALUE,
    ];
    let name = kernel_name(name.as_bytes());
    f.records().iter().find(|r| {
        let rest = r.text.strip_prefix(name.as_str()).filter(|rest| rest.starts_with(": "));
        rest.is_some_and(|rest| TEXTS.iter().any(|text| rest.contains(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;
    use std::string::{String, ToString};

    const TRACE: &str = "sys/kernel/tracing/trace <<EOF\n\
        modprobe-7 [001] ..... 11.382915: module_load: nvidia OE\nEOF\n";
    const DEP: &str = "proc/sys/kernel/osrelease = 6.1\n\
        lib/modules/6.1/modules.dep = updates/nvidia.ko:\n";

    fn fate(tree: &str, name: &str) -> String {
        of(&Case::initrd(tree).facts(), name).to_string()
    }

    #[test]
    fn a_loading_module_is_not_called_missing() {
        let loading = "proc/modules = nvidia 1 0 - Loading 0x0 (+)\n";
        assert_eq!(fate(loading, "nvidia"), ": its init function has not returned");
    }

    #[test]
    fn only_a_whole_trace_shows_that_nobody_tried() {
        let none = ": the trace shows no attempt to load it";
        assert_eq!(fate(TRACE, "nvidia_drm"), none);
        let lossy = TRACE.replace("EOF\nmod", "EOF\nCPU:1 [LOST 12 EVENTS]\nmod");
        assert_eq!(fate(&lossy, "nvidia_drm"), "");
        assert_eq!(fate("", "nvidia_drm"), "");
    }

    #[test]
    fn the_module_index_speaks_for_the_stack_only() {
        assert_eq!(fate(DEP, "nvidia_drm"), ": not in modules.dep");
        assert_eq!(fate(DEP, "nvidia"), "");
        assert_eq!(fate(DEP, "vfio_pci"), "");
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
