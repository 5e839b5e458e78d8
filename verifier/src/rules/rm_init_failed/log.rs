//! NVP506 in a part of a log: the lines around a failed start, without the one that
//! names its step.

use crate::driver::said::{Parts, holds, nvidia, start};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Confidence, Findings};
use crate::reading::message::{address, gpu};

/// What nvidia.ko prints of each step of a start that fails, and what it means; what only
/// says that one failed stands last.
const STEPS: [(Parts, &str); 44] = [
    (&[start::SYSTEM], "the driver does not accept this machine"),
    (&[start::REGISTERS], "its registers could not be mapped"),
    (&[start::PRIVATE_REGISTERS], "its registers could not be mapped"),
    (&[start::DMA], "its reach into memory could not be set"),
    (&[start::NO_INTERRUPTS], "it has no interrupt"),
    (start::INTERRUPT_TAKEN, "another driver has its interrupt"),
    (start::INTERRUPT_REFUSED, "the kernel refused its interrupt"),
    (&[start::NOT_ENABLED], "the PCI device could not be enabled"),
    (&[start::MODULE], "the module's own start failed"),
    (&[start::RM], "the module's own start failed"),
    (&[start::CHARACTER_DEVICE], "the module's device number is taken"),
    (&[start::CHARACTER_REGION], "the module's device number is taken"),
    (&[start::FIRMWARE_HASH], "the GSP's firmware file is not that of this module"),
    (start::FIRMWARE_VERSION, "the GSP's firmware file has another version than the module"),
    (&[start::PROXY_COMMAND], "the GSP did not accept its start"),
    (&[start::VBIOS_IMAGE], "its VBIOS could not be read"),
    (&[start::VBIOS_FWSEC], "its VBIOS could not be read"),
    (&[start::VBIOS_HEADER], "its VBIOS could not be read"),
    (&[start::VBIOS_SIGNATURE], "its VBIOS could not be read"),
    (&[start::BOOTER_CODE], "the GSP's boot loader could not be prepared"),
    (&[start::BOOTER_ERROR], "the GSP's boot loader ended with an error"),
    (&[start::BOOT_IMAGE], "the GSP's boot image could not be prepared"),
    (&[start::RM_IMAGE], "the GSP's software could not be prepared"),
    (&[start::SCRUBBER], "its memory could not be cleared"),
    (&[start::RPC], "the way to the GSP could not be set up"),
    (&[start::STATIC_INFO], "the GSP did not answer during its start"),
    (&[start::GUEST_INFO], "the GSP did not answer during its start"),
    (&[start::TARGET_MASK], "the GSP did not start"),
    (&[start::LOCKDOWN], "the GSP did not start"),
    (&[start::GSP_RESET], "the GSP could not be reset"),
    (&[start::GSP_BOOT], "the GSP did not start"),
    (&[start::GSP_HALT], "the GSP did not start"),
    (&[start::FMC_FATAL], "the GSP's boot firmware reported an error"),
    (&[start::FSP_COMMAND], "its security processor did not boot"),
    (&[start::FSP_TIMEOUT], "its security processor does not answer"),
    (&[start::FSP_FUSES], "its security processor reports bad fuses"),
    (&[start::FSP_MISSING], "its security processor is missing"),
    (&[start::SEC2_COMMAND], "its security processor did not boot"),
    (&[start::FWSEC_COMMAND], "its own firmware did not run its part"),
    (&[start::LOCKED], "it locked itself after a security fault"),
    (&[start::SPDM], "no trusted session with it could be set up"),
    (start::DEVICE, "its state could not be set up"),
    (&[start::BAILING], "a step of its start failed"),
    (&[start::FRONTEND], "the module's own start failed"),
];
/// Lines before which the last of these tells nothing new.
const TOLD: [Parts; 2] = [&[nvidia::NO_ADAPTER], nvidia::NONE_INITIALISED];
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
    let step = |(parts, means): &(Parts, &'static str)| {
        let says =
            |record: &&LogRecord| record.text.starts_with("NVRM") && holds(&record.text, parts);
        Some((f.records().iter().find(says)?, *means))
    };
    let told = known
        .chain(&SAID)
        .find_map(|(words, means)| Some((f.logged(&["NVRM", words])?, *means)))
        .or_else(|| STEPS.iter().find_map(step));
    let Some((record, means)) = told else { return };
    if holds(&record.text, &[start::FRONTEND]) && TOLD.iter().any(|parts| f.logged(parts).is_some())
    {
        return;
    }
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
    use crate::driver::said::nvidia;
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
    fn the_old_frontends_last_word_adds_nothing_to_what_was_said() {
        let last = "[   18.200000] NVRM: NVIDIA init module failed!";
        for before in [
            "NVRM: No NVIDIA graphics adapter found!",
            "NVRM: None of the NVIDIA graphics adapters were initialized!",
        ] {
            silent(&RULE, Case::journal(&std::format!("[   18.100000] {before}\n{last}")));
        }
        let want = "NVP506 error: a GPU was not initialised: the module's own start failed";
        fires(&RULE, Case::journal(last), want);
    }

    #[test]
    fn every_step_of_a_start_that_fails_is_told_with_what_it_means() {
        for (parts, means) in super::STEPS {
            let line = std::format!("{}x: {}", nvidia::NVRM, parts.join(" x"));
            fires(
                &RULE,
                Case::journal(&std::format!("[   12.100000] {line}")),
                &std::format!("NVP506 error: a GPU was not initialised: {means}"),
            );
        }
    }

    #[test]
    fn a_healthy_start_is_silent() {
        silent(&RULE, Case::journal("[   12.100000] NVRM: loading NVIDIA UNIX Open Kernel Module"));
    }
}
