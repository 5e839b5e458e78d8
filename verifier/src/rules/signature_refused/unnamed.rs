//! NVP702's refusals that name no module: for whom they were.

use super::REFUSED;
#[cfg(feature = "logs")]
use crate::driver::said::kernel;
use crate::facts::{Facts, LogRecord};

/// A refusal that names no module, in a log that shows for whom it was: an NVIDIA GPU, or
/// a program that could not load the stack.
pub(super) fn unnamed(f: &Facts) -> Option<&LogRecord> {
    #[cfg(feature = "logs")]
    let asked = crate::reading::attempts::failed(f).next().is_some()
        || f.look == crate::facts::Look::Log && names_only_ours(f);
    #[cfg(not(feature = "logs"))]
    let asked = false;
    let said = || REFUSED.iter().find_map(|words| f.logged(words));
    if asked || f.nvidia_gpus().next().is_some() { said() } else { None }
}

/// True for a log in which the kernel or the sender speaks of the stack, and of no other
/// module that is not the kernel's own.
#[cfg(feature = "logs")]
fn names_only_ours(f: &Facts) -> bool {
    use crate::reading::sayings::{NAMED, said};
    const FOREIGN: [&str; 2] = [kernel::NOT_VERIFIED, "loading out-of-tree module"];
    let foreign = |text: &str| FOREIGN.iter().any(|words| text.contains(words));
    let ours =
        f.records().iter().any(|record| foreign(&record.text) && record.text.starts_with("nvidia"));
    let other = f
        .records()
        .iter()
        .any(|record| foreign(&record.text) && !record.text.starts_with("nvidia"));
    !other && (ours || said(f, &[NAMED]).is_some())
}
