//! NVP506 in a part of a log: the lines around a failed start, without the one that
//! names its step.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::message::{address, gpu};

/// What the driver says beside `RmInitAdapter failed! (…)`, 515 to 595
/// (src/nvidia/arch/nvalloc/unix/src/osinit.c, src/kernel/gpu/gsp/kernel_gsp.c,
/// nvidia/nv.c), and what it means.
const SAID: [(&str, &str); 9] = [
    (nvidia::VBIOS_COPY, "its VBIOS could not be read"),
    (nvidia::GSP_ATTEMPTS, "the GSP did not start, however often it was tried"),
    (nvidia::GSP_NOT_STARTED, "the GSP did not start"),
    (nvidia::GSP_NOT_BOOTED, "the GSP did not start"),
    (nvidia::BOOTER_FAILED, "the GSP's boot loader did not run"),
    (nvidia::FWSEC_FAILED, "the GPU's own firmware did not run its part"),
    (nvidia::FSP_SECURE_BOOT, "the GPU's security processor did not boot"),
    (
        nvidia::INIT_FAILED,
        "the driver gave up on its start; the numbers that name the step are cut off",
    ),
    (nvidia::ADAPTER_FAILED, "the lines before it, which this log lacks, name the step"),
];

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // What names a closer cause first.
    let known = super::BEFORE.iter().filter(|(words, _)| !super::ALONE_NOTHING.contains(words));
    let told =
        known.chain(&SAID).find_map(|(words, means)| Some((f.logged(&["NVRM", words])?, means)));
    let Some((record, means)) = told else { return };
    let gpu = gpu(f, &record.text);
    out.add(format_args!("{gpu} was not initialised: {means}"))
        .module("nvidia")
        .confidence(Confidence::Likely)
        .gpu(address(&record.text))
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn every_line_beside_the_step_is_enough() {
        for (said, means) in [
            (
                "NVRM: kgspInitRm_IMPL: Max GSP-RM boot attempts exceeded: 4/4",
                "the GSP did not start, however often it was tried",
            ),
            ("NVRM: RmInitAdapter: Cannot initialize GSP firmware RM", "the GSP did not start"),
            (
                "NVRM: kgspWaitForGfwBootOk_TU102: failed to wait for GFW boot complete: 0x55",
                "the GPU's own firmware did not finish its start",
            ),
            (
                "NVRM: GPU 0000:01:00.0: Failed to copy vbios to system memory.",
                "its VBIOS could not be read",
            ),
            ("NVRM kgspInitRm_IMPL: cannot bootstrap riscv/gsp: 0x65", "the GSP did not start"),
            (
                "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
                "the lines before it, which this log lacks, name the step",
            ),
        ] {
            let who = if said.contains("0000:") { "GPU 0000:01:00.0" } else { "a GPU" };
            fires(
                &RULE,
                Case::journal(&std::format!("[   12.100000] {said}")),
                &std::format!("NVP506 error: {who} was not initialised: {means}"),
            );
        }
    }

    #[test]
    fn a_healthy_start_is_silent() {
        silent(&RULE, Case::journal("[   12.100000] NVRM: loading NVIDIA UNIX Open Kernel Module"));
    }
}
