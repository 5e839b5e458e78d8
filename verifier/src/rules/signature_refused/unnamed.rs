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
    const FOREIGN: [&str; 2] = [kernel::NOT_VERIFIED, kernel::ANY_OUT_OF_TREE];
    let foreign = |text: &str| FOREIGN.iter().any(|words| text.contains(words));
    let ours =
        f.records().iter().any(|record| foreign(&record.text) && record.text.starts_with("nvidia"));
    let other = f
        .records()
        .iter()
        .any(|record| foreign(&record.text) && !record.text.starts_with("nvidia"));
    !other && (ours || said(f, &[NAMED]).is_some())
}

#[cfg(test)]
mod tests {
    use super::unnamed;
    use crate::testing::{Case, unbound_gpu};

    const REFUSED: &str = "<5>[    4.100000] Loading of module with unavailable key is rejected\n";

    fn told(case: &Case) -> bool {
        unnamed(&case.facts()).is_some()
    }

    #[test]
    fn a_gpu_shows_for_whom_a_refusal_was() {
        assert!(told(&Case::logged(REFUSED).and(&unbound_gpu())));
        assert!(!told(&Case::logged(REFUSED)));
    }

    #[test]
    #[cfg(feature = "logs")]
    fn a_loader_and_the_only_foreign_module_show_it_too() {
        let log = |lines: &str| Case::journal(&std::format!("{REFUSED}{lines}"));
        let loader =
            "[    4.200000] modprobe: ERROR: could not insert 'nvidia': Operation not permitted";
        assert!(told(&Case::logged(&std::format!("{REFUSED}{loader}"))));
        let ours = "[    3.000000] nvidia: loading out-of-tree module taints kernel.\n";
        assert!(
            told(&log(ours)) && told(&log("[    3.000000] a report: names NVIDIA: no picture"))
        );
        assert!(!told(&Case::logged(&std::format!("{REFUSED}{ours}"))), "not sent as a log");
        let other = "[    3.100000] vboxdrv: module verification failed: signature and/or required key \
             missing - tainting kernel\n";
        assert!(!told(&log(&std::format!("{ours}{other}"))) && !told(&log(other)));
        // One that is signed leaves the first taint alone.
        let signed = "[    3.100000] vboxdrv: loading out-of-tree module taints kernel.\n";
        let named = "[    3.000000] a report: names NVIDIA: no picture\n";
        assert!(!told(&log(&std::format!("{named}{signed}"))));
        assert!(!told(&log(
            "[    3.000000] nvidia-gpu 0000:01:00.3: enabling device (0000 -> 0002)"
        )));
    }
}
