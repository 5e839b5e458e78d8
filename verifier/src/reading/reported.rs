//! Lines in which the driver reports an error that no rule judges. Tells them from what it
//! prints on machines that work; judges nothing.

use crate::driver::said::{harmless, holds, kernel, nvidia, start};
use crate::facts::{Facts, LogRecord};
use crate::reading::sayings::REMOVED;

/// Words of a line that reports an error, in small letters. Release builds of the driver
/// print little else than errors, and data that belongs to them.
const WORDS: [&str; 30] = [
    "fail",
    "error",
    "unable",
    "cannot",
    "can't",
    "could not",
    "timed out",
    "timeout",
    "invalid",
    "not support",
    "unsupported",
    "mismatch",
    "not found",
    "missing",
    "fatal",
    "reject",
    "corrupt",
    "abort",
    "unexpected",
    "not permitted",
    "unavailable",
    "not available",
    "insufficient",
    "out of memory",
    "exceed",
    "inaccessible",
    "offline",
    "overflow",
    "unresponsive",
    "lost",
];
/// What lines hold whose error is marked, by a module of the driver or by the kernel, which
/// speaks of the GPU or of the driver's code; nvidia.ko marks none.
const MARKED: [&[&str]; 9] = [
    &[nvidia::MODESET, "ERROR"],
    &[nvidia::DRM_ERROR],
    // Without the GPU's name, as two of its files print it.
    &[nvidia::DRM_FUNCTION, "[nvidia_drm]] *ERROR*"],
    &["nvidia 0", "*ERROR*"],
    &["nvidia 0", "severity=Uncorrect"],
    &["nvidia 0", kernel::DEVICE_FAILED],
    &["nvidia 0", kernel::IDLE_REFUSED],
    &[kernel::WARNING, "+0x", kernel::IN_NVIDIA],
    // The driver's interrupt thread slept, as it does on kernels for real time.
    kernel::SLEPT,
];
/// How the others begin, whose words tell.
const UNMARKED: [&str; 5] =
    [nvidia::NVRM, nvidia::NVRM_FUNCTION, nvidia::UVM, nvidia::NVLINK, nvidia::NVSWITCH];
/// Texts of the catalogue that a line may hold beside an error that no rule knows.
const TELLS_NOTHING: [&str; 9] = [
    nvidia::DRM,
    nvidia::DRM_FUNCTION,
    nvidia::DRM_ERROR,
    nvidia::GPU,
    nvidia::A_GPU,
    nvidia::BEFORE_VERSION,
    nvidia::OUT_OF_MEMORY,
    nvidia::OPEN,
    nvidia::OPEN_MODESET,
];

fn is_error(text: &str) -> bool {
    let holds_word = || {
        // Records are bounded; so is this, without allocation.
        let bytes = text.as_bytes();
        WORDS.iter().any(|word| {
            bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    MARKED.iter().any(|parts| holds(text, parts))
        || UNMARKED.iter().any(|begins| text.starts_with(begins)) && holds_word()
}

/// Whether a rule judges the line, or it is known to do no harm. A text is known by more
/// than the module's name in front.
fn is_known(text: &str) -> bool {
    let names = |part: &str| UNMARKED.contains(&part) || part == nvidia::MODESET;
    let judged = nvidia::ALL.iter().chain(start::ALL).any(|(_, _, parts)| {
        parts.iter().any(|part| !names(part) && *part != nvidia::DRM_MARK)
            && !parts.iter().all(|part| TELLS_NOTHING.contains(part))
            && holds(text, parts)
    });
    judged || REMOVED.is(text) || harmless::ALL.iter().any(|(_, _, parts)| holds(text, parts))
}

/// The records that report an error which no rule knows, in their order.
pub fn unknown_errors(f: &Facts) -> impl Iterator<Item = &LogRecord> {
    f.records().iter().filter(|record| is_error(&record.text) && !is_known(&record.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;
    use crate::rules::RULES;
    use crate::testing::Case;

    fn is_unknown(text: &str) -> bool {
        is_error(text) && !is_known(text)
    }

    #[test]
    fn an_error_of_every_module_is_told_from_its_other_lines() {
        for text in [
            "NVRM: dmaAllocMapping_GM107: can't alloc VA space for mapping.",
            "NVRM kbusVerifyBar2_GM107: timeout error waiting for startToken",
            "NVRM: _memoryexportAlloc: Out of memory",
            "nvidia-modeset: ERROR: GPU:0: Link training failed",
            "[drm:__nv_drm_x [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] Padding x",
            "[drm:nv_drm_x [nvidia_drm]] *ERROR* Failed to allocate NVKMS memory for GEM object",
            "nvidia-uvm: Invalid value for uvm_peer_copy = x, using phys instead.",
            "nvidia-nvswitch: unrecoverable error in ISR",
            "nvidia 0000:01:00.0: PM: failed to resume async: error -5",
            "BUG: scheduling while atomic: irq/165-s-nvidi/782/0x00000002",
            "WARNING: CPU: 3 PID: 10 at nvidia/nv.c:4410 nv_restore_user_channels+0x57/0x200 [nvidia]",
        ] {
            assert!(is_unknown(text), "{text}");
        }
        for text in [
            "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  595.45.04",
            "nvidia-modeset: WARNING: GPU:0: Unable to read EDID for display device DP-0",
            "NVRM: Xid (PCI:0000:01:00): 13, Graphics SM Warp Exception",
            "nvidia: module verification failed: signature missing",
            "nvidia 0000:01:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer",
            "usb 1-1: device descriptor read error",
        ] {
            assert!(!is_error(text) || is_known(text), "{text}");
        }
    }

    /// The verdict of every rule over the log of a machine that works, and one line more.
    fn verdict(line: &str) -> Verdict {
        let log = std::format!(
            "[    0.000000] Linux version 6.12.9\n\
             [    2.110000] nvidia-nvlink: Nvlink Core is being initialized, major device number 237\n\
             [    2.170000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  595.45.04\n\
             [    2.200000] nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  595.45.04\n\
             [    2.210000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver\n\
             [    3.600000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n\
             [    9.900000] {line}\n"
        );
        Case::journal(&log).report(RULES).verdict()
    }

    #[test]
    fn no_error_of_the_driver_leaves_a_log_clean_and_nothing_harmless_spoils_it() {
        assert_eq!(verdict("usb 1-2: new high-speed USB device"), Verdict::Ok);
        // One of each family of the sources, beside what the catalogue names.
        for line in [
            "NVRM: nvidia_stack_t cache allocation failed.",
            "NVRM: os_map_kernel_space: can't map 0x1000, invalid context!",
            "NVRM: knvlinkCoreShutdownDeviceLinks_IMPL: Unable to turn off links for the GPU",
            "NVRM: kgmmuFaultBufferAllocCircular: Failed to allocate fault buffer",
            "NVRM: dispSwObjConstruct: timed out",
            "[drm:nv_drm_init_mode_config [nvidia_drm]] *ERROR* [nvidia-drm] Failed to add connector",
            "nvidia-modeset: ERROR: GPU:0: Failed detecting connected display devices",
            "nvidia-uvm: GPU VA space requires ATS, but ATS is not supported or enabled",
            "nvidia-nvswitch: unable to allocate kernel memory",
        ] {
            assert_eq!(verdict(line), Verdict::CouldNotCheck, "{line}");
        }
        for (name, _, parts) in start::ALL {
            let line = std::format!("{}x: {}", nvidia::NVRM, parts.join(" x"));
            assert_ne!(verdict(&line), Verdict::Ok, "{name}: {line}");
        }
        for (name, _, parts) in harmless::ALL {
            let line = std::format!("{}x: {} failed", nvidia::NVRM, parts.join(" x"));
            assert_eq!(verdict(&line), Verdict::Ok, "{name}: {line}");
        }
    }

    #[test]
    fn what_a_rule_judges_and_what_does_no_harm_is_known() {
        for (name, _, parts) in nvidia::ALL.iter().chain(start::ALL).chain(harmless::ALL) {
            // Behind the module's name, as the driver prints it.
            let line = std::format!("NVRM: {}", parts.join(" "));
            let general = parts.iter().all(|part| {
                UNMARKED.contains(part)
                    || TELLS_NOTHING.contains(part)
                    || [nvidia::MODESET, nvidia::DRM_MARK].contains(part)
            });
            assert!(general || !is_unknown(&line), "{name}: {line}");
        }
    }
}
