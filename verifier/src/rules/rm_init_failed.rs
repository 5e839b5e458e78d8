//! NVP506: the driver could not initialise a GPU.

use crate::driver::rm_init;
use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::Findings;
use crate::reading::message::{address, between, gpu, holding};
use crate::rule::causes::GPU_DEAD;
use crate::rule::rule;
use crate::text::Text;
use heapless::Vec;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the resource manager gave up on a GPU, and with which numbers.
    ///
    /// ## Why
    /// nvidia.ko and nvidia_drm stay Live after it: only the log tells. Nothing
    /// uses the GPU until nvidia_drm is unloaded and loaded again. The first
    /// number is the step, the second the error in it; the third is a line of the
    /// driver's source and changes with every version.
    ///
    /// ## Fix
    /// Fix the cause reported with it; otherwise see the lines before this
    /// one in the kernel log.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osinit.c (`RmInitAdapter`, `rm_init_status`)
    /// and nvstatuscodes.h; measured for 0x61:0x56, 0x62:0x25 and 0x30:0xffff;
    /// ogkm#230, #789, #943, #1104; bazzite#2668.
    506 rm_init_failed {
        title: "the driver could not initialise the GPU",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [GPU_DEAD, 504, 510, 606],
        fix: "dmesg | grep -B20 RmInitAdapter    # the lines before it show the cause",
        nixos: "",
        log: log::check,
    }
}

/// Without the failure itself these are another rule's, or a program's that asked for too much.
#[cfg(feature = "logs")]
const ALONE_NOTHING: [&str; 2] = [nvidia::OUT_OF_MEMORY, nvidia::BAR1_EMPTY];
/// What the driver says in the second before, where it names the cause, and what that
/// means.
const BEFORE: [(&str, &str); 8] = [
    (nvidia::GFW_WAIT, "the GPU's own firmware did not finish its start"),
    (nvidia::NO_NVDEC0, "the GPU lacks an engine that the GSP needs"),
    (nvidia::CANNOT_ATTACH, "the GPU's registers could not be mapped"),
    (nvidia::OUT_OF_MEMORY, "the kernel had no memory for it"),
    (nvidia::FMC_ERROR, "the GSP's boot firmware reported an error"),
    (nvidia::FSP_FAILED, "the GPU's security processor did not boot"),
    (nvidia::BAR1_EMPTY, "the GPU's memory window has no address"),
    (nvidia::RM_INIT_ENDED, "the GSP's own software ended its start with an error"),
];
/// Microseconds before the failure in which a line belongs to it.
const SECOND: u64 = 1_000_000;

/// The meaning of the last line of that kind before a failure.
fn before(f: &Facts, failure: &LogRecord) -> Option<&'static str> {
    let near = |record: &&LogRecord| {
        record.text.starts_with("NVRM")
            && failure.us.checked_sub(record.us).is_some_and(|us| us <= SECOND)
    };
    let earlier = f.records().iter().take_while(|record| *record != failure).filter(near);
    let why = |record: &LogRecord| {
        BEFORE.iter().find(|(words, _)| record.text.contains(words)).map(|(_, why)| *why)
    };
    earlier.filter_map(why).last()
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // Every client tries anew: one finding for a GPU and a step.
    let mut told: Vec<Text<160>, 16> = Vec::new();
    for said in holding(f, &[nvidia::NVRM, nvidia::INIT_STEP]) {
        let triple = between(&said.text, nvidia::INIT_STEP, ")").unwrap_or("");
        let step = rm_init::step(triple);
        let gpu = gpu(f, &said.text);
        let key = Text::of(format_args!("{gpu} {step}"));
        if told.contains(&key) {
            continue;
        }
        // Past 16 different ones the table of findings itself is nearly full.
        let _ = told.push(key);
        let says = rm_init::explain(step);
        let finding = match before(f, said.record) {
            Some(why) => out.add(format_args!(
                "{gpu} failed to initialise, step {step}: {says}; just before: {why}"
            )),
            None => out.add(format_args!("{gpu} failed to initialise, step {step}: {says}")),
        };
        finding.module("nvidia").gpu(address(&said.text)).logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_known_step_is_explained_whatever_the_source_line() {
        fires(
            &RULE,
            Case::logged(
                "[    7.900000] NVRM: GPU 0000:00:01.0: RmInitAdapter failed! (0x61:0x56:2074)\n\
             [    9.900000] NVRM: GPU 0000:00:01.0: RmInitAdapter failed! (0x61:0x56:1705)",
            ),
            "NVP506 error: GPU 0000:00:01.0 failed to initialise, step 0x61:0x56: the GSP firmware \
             was not found",
        );
    }

    #[test]
    fn the_line_of_the_second_before_names_the_cause() {
        let failed = "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x65:1792)";
        let case = |at: &str| {
            Case::logged(&std::format!(
                "[   {at}00000] NVRM: gpuWaitForGfwBootComplete_TU102: failed to wait for GFW_BOOT: \
                 (progress 0x3)\n[   12.900000] {failed}"
            ))
        };
        let says = "NVP506 error: GPU 0000:01:00.0 failed to initialise, step 0x62:0x65: timeout, in \
                    the GSP firmware";
        fires(
            &RULE,
            case("12.8"),
            &std::format!("{says}; just before: the GPU's own firmware did not finish its start"),
        );
        fires(&RULE, case("10.8"), says);
    }

    #[test]
    fn the_model_is_named_where_the_driver_knows_it() {
        fires(&RULE, Case::logged("[    7.900000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x23:0x65:1457)")
            .and("proc/driver/nvidia/gpus/0000:01:00.0/information = Model: \t\t NVIDIA GeForce RTX 3080\n"),
            "NVP506 error: GPU 0000:01:00.0 (NVIDIA GeForce RTX 3080) failed to initialise, step 0x23:0x65: timeout, before \
             the GPU's state");
    }

    #[test]
    fn two_gpus_are_two_findings() {
        fires(
            &RULE,
            Case::logged(
                "[    7.900000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:894)\n\
             [    7.900000] NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x22:0x56:894)",
            ),
            "NVP506 error: GPU 0000:01:00.0 failed to initialise, step 0x22:0x56: cannot map \
             the GPU's registers\nNVP506 error: GPU 0000:02:00.0 failed to initialise, step 0x22:0x56: \
             cannot map the GPU's registers",
        );
    }

    #[test]
    fn the_chipset_complaint_before_a_good_start_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   22.100000] NVRM: objClInitPcieChipset: *** Unable to get PCI port handles",
            ),
        );
    }

    #[test]
    fn a_line_of_exactly_a_second_before_is_near() {
        let log = "[   11.900000] NVRM: gpuWaitForGfwBootComplete_TU102: failed to wait for GFW_BOOT: \
                   (progress 0x3)\n[   12.900000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! \
                   (0x62:0x65:1792)";
        fires(
            &RULE,
            Case::logged(log),
            "NVP506 error: GPU 0000:01:00.0 failed to initialise, step 0x62:0x65: timeout, in the GSP \
             firmware; just before: the GPU's own firmware did not finish its start",
        );
    }
}
