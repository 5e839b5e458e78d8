//! NVP509 in a terminal's lines: nvidia-smi found a GPU that no longer answers.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::message::{address, gpu};
use crate::reading::sayings::{GPU_IS_LOST, LSPCI_GONE, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // A card without a driver may be off on purpose; not the one of several that is gone.
    let bound =
        || f.nvidia_gpus().any(|gpu| gpu.driver.yes().is_some_and(|name| *name == *"nvidia"));
    let gone = || said(f, &[LSPCI_GONE]).filter(|_| bound() || f.nvidia_gpus().nth(1).is_some());
    let Some(record) = said(f, GPU_IS_LOST).or_else(gone) else { return };
    let gpu = gpu(f, &record.text);
    out.add(format_args!("{gpu} is lost: it no longer responds to the driver"))
        .module("nvidia")
        .confidence(Confidence::Likely)
        .gpu(address(&record.text))
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, GPU, fires, silent};

    #[test]
    fn what_nvidia_smi_says_is_told() {
        let smi =
            |text: &str| Case::journal(&std::format!("<30>[   55.100000] nvidia-smi[9]: {text}"));
        fires(
            &RULE,
            smi("Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot"),
            "NVP509 error: GPU 0000:01:00.0 is lost: it no longer responds to the driver",
        );
        fires(
            &RULE,
            smi("failed to get device remapped rows: ERROR_GPU_IS_LOST"),
            "NVP509 error: a GPU is lost: it no longer responds to the driver",
        );
        silent(
            &RULE,
            smi("Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error"),
        );
    }

    #[test]
    fn a_listing_of_a_gpu_that_does_not_answer_counts_where_the_driver_has_it() {
        let gone = "dmesg = [    1.000000] lspci: 01:00.0 VGA: NVIDIA Corporation GA102 (rev ff)\n";
        let case = |gpu: &str| Case::pre_display(gpu).and(gone).and("proc/modules ?\n").of_log();
        fires(&RULE, case(GPU), "NVP509 error: a GPU is lost: it no longer responds to the driver");
        silent(&RULE, case(&GPU.replace("drivers/nvidia", "drivers/nouveau")));
    }
}
