//! NVP526 in a listing of hardware: inxi names the GPU, that it has no driver, and that
//! nvidia's modules are there for it.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::sayings::{INXI_NONE, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // The bus itself tells more.
    if f.pci.is_yes() {
        return;
    }
    if let Some(record) = said(f, &[INXI_NONE]) {
        out.add(format_args!("an NVIDIA GPU has no driver, although nvidia is installed for it"))
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn a_gpu_without_a_driver_is_told_where_nvidia_is_installed() {
        let inxi = |driver: &str| {
            Case::journal(&std::format!("<30>[    5.100000] inxi: NVIDIA GPU, driver: {driver}"))
        };
        fires(
            &RULE,
            inxi("N/A alternate: nouveau, nvidia_drm, nvidia"),
            "NVP526 warning: an NVIDIA GPU has no driver, although nvidia is installed for it",
        );
        silent(&RULE, inxi("N/A alternate: nouveau"));
        silent(&RULE, inxi("nvidia v: 550.54"));
    }
}
