//! NVP527: a program asked for the driver or a GPU and got none.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Findings, Severity};
use crate::reading::sayings::{NAMED, NO_DEVICE, SMI_TABLE, Saying, X_GAVE_UP, X_NO_DRIVER, said};
use crate::reading::wanted;
use crate::rule::rule;
use crate::rules::causes::{BARRED, GPU_DEAD, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
use shows::{ANYBODYS, SHOWS, UNLOADED};

mod shows;

rule! {
    /// ## What it checks
    /// Of a log or a terminal's lines: whether nvidia-smi, Xorg, a container's runtime or
    /// a compositor says that it found no driver or no GPU, where no other check tells why.
    ///
    /// ## Why
    /// The program only knows that nobody answered. The reason stands in the kernel log,
    /// which this input does not hold.
    ///
    /// ## Fix
    /// Look at the kernel log of the same boot, or check it with this tool.
    ///
    /// ## Sources
    /// The words of nvidia-smi and of Xorg's driver are NVIDIA's; wlroots
    /// backend/backend.c; KWin src/backends/drm; libnvidia-container src/nvc.c.
    527 driver_not_reached {
        title: "a program found no driver or no GPU",
        severity: Error,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG],
        after: [BARRED, KEPT_OUT, 309, NO_FIT, UNUSABLE, TAKEN, GPU_DEAD, 101, 201, 401, 503, 506, 510,
                514, 516, 523, 525, 526, 701],
        fix: "journalctl -b -k | grep -iE 'nvrm|nvidia|module'    # send these lines, or check them",
        nixos: "",
    }
}

/// Whether a GPU that a compositor does not name may be NVIDIA's: somebody speaks of it,
/// and no other maker's driver is loaded.
fn concerns_nvidia(f: &Facts, want: &Expectations) -> bool {
    let named = || said(f, &[NAMED]).is_some() || f.logged(&["nvidia"]).is_some();
    let meant = f.nvidia_gpus().next().is_some() || wanted::stack(f, want) || named();
    meant && f.logged(&[kernel::DRM_READY]).is_none()
}

/// Whether nvidia-smi showed its GPUs after it had said that there are none.
fn answered_later(f: &Facts, record: &LogRecord) -> bool {
    let after = f.records().iter().skip_while(|r| !core::ptr::eq(*r, record));
    NO_DEVICE.iter().any(|none| none.is(&record.text)) && { after }.any(|r| SMI_TABLE.is(&r.text))
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let up = f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some();
    let gave_up = said(f, X_GAVE_UP).is_some();
    // Xorg tries NVIDIA's driver for any GPU of NVIDIA's, and goes on without it.
    let is_no_driver = |sayings: &[Saying]| sayings.iter().any(|s| s.parts == X_NO_DRIVER.parts);
    let mut shown = SHOWS
        .iter()
        .skip(if up { UNLOADED } else { 0 })
        .filter(|(s, ..)| gave_up || !is_no_driver(s));
    if let Some((record, shows, fix)) = shown.find_map(|(says, shows, fix)| {
        Some((said(f, says).filter(|record| !answered_later(f, record))?, shows, fix))
    }) {
        out.add(format_args!("{shows}")).module("nvidia").fix(fix).logged(record.us, &record.text);
    } else if let Some((record, shows)) = ANYBODYS
        .iter()
        .find_map(|(says, shows)| Some((said(f, says)?, shows)))
        .filter(|_| concerns_nvidia(f, want))
    {
        // Of any maker's GPU: NVIDIA's is not named, so it is no error of its driver yet.
        out.add(format_args!("{shows}"))
            .module("nvidia_drm")
            .severity(Severity::Warning)
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    fn said(by: &str, text: &str) -> Case {
        Case::journal(&std::format!("<30>[   55.100000] {by}[9]: {text}"))
    }

    #[test]
    fn each_program_is_told_with_what_its_words_show() {
        for text in [
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "initialization error: nvml error: driver not loaded",
            "(EE) NVIDIA: Failed to initialize the NVIDIA kernel module. Please see the",
        ] {
            fires(
                &RULE,
                said("program", text),
                "NVP527 error: a program found no NVIDIA driver in the kernel: the module is not \
                 loaded, and nothing here tells why",
            );
        }
        fires(
            &RULE,
            said("Xorg", "(EE) NVIDIA(GPU-0): Failed to initialize the NVIDIA GPU at PCI:82:0:0."),
            "NVP527 error: Xorg could not start a GPU that the driver has: the kernel log of that \
             second tells why",
        );
        fires(
            &RULE,
            said(
                "optirun",
                "[ERROR]error: [XORG] (EE) Failed to load module \"nvidia\" (module does not exist, 0)",
            ),
            "NVP527 error: Xorg did not find NVIDIA's driver for it (nvidia_drv.so): that part of the \
             driver is not installed, or Xorg looks in another folder",
        );
        fires(
            &RULE,
            said("nvidia-smi", "No devices were found"),
            "NVP527 error: the driver is loaded and has no GPU that works: its lines in the kernel \
             log tell why",
        );
        fires(
            &RULE,
            Case::journal(
                "<30>[   55.100000] a report: names NVIDIA: a GTX 1650 here\n\
                 <30>[   55.100000] Hyprland[9]: [backend/backend.c:217] Found 0 GPUs, cannot \
                 create backend",
            ),
            "NVP527 warning: a compositor found no GPU with KMS on: nvidia_drm is missing, its KMS \
             is off, or it came later",
        );
    }

    #[test]
    fn a_screen_without_a_display_and_a_container_without_a_driver_are_told() {
        fires(
            &RULE,
            said(
                "Xorg",
                "(EE) NVIDIA(0): Failed to assign any connected display devices to X screen 0",
            ),
            "NVP527 error: Xorg has the GPU and found no display on it: its outputs are empty, or \
             belong to another GPU",
        );
        fires(
            &RULE,
            said("docker", "nvidia-container-cli: initialization error: cuda error: unknown error"),
            "NVP527 error: a container's runtime could not start the driver: the host's kernel log of \
             that second tells why",
        );
    }

    #[test]
    fn a_driver_that_came_and_another_makers_gpu_are_quiet() {
        let and = |line: &str, text: &str| {
            Case::journal(&std::format!(
                "[    4.100000] {line}\n<30>[   55.100000] program[9]: {text}"
            ))
        };
        quiet(&RULE, and("NVRM: loading NVIDIA UNIX", "nvml error: driver not loaded"));
        quiet(
            &RULE,
            and("[drm] Initialized amdgpu 3.64.0 for 0000:05:00.0 on minor 0", "No GPUs found"),
        );
        quiet(&RULE, said("nvidia-smi", "all is well"));
        // Xorg tries it for any GPU of NVIDIA's, and takes another driver.
        quiet(
            &RULE,
            said("Xorg", "(EE) Failed to load module \"nvidia\" (module does not exist, 0)"),
        );
        // A board without a GPU of NVIDIA's, of which nobody speaks.
        quiet(&RULE, said("sway", "[backend/backend.c:217] Found 0 GPUs, cannot create backend"));
    }

    #[test]
    fn a_gpu_on_the_bus_makes_a_compositors_word_concern_nvidia() {
        fires(
            &RULE,
            Case::pre_display(&crate::testing::unbound_gpu())
                .and(
                    "dmesg = <30>[   55.100000] sway[9]: [backend/backend.c:217] Found 0 GPUs, cannot \
                     create backend\nproc/modules ?\n",
                )
                .of_log(),
            "NVP527 warning: a compositor found no GPU with KMS on: nvidia_drm is missing, its KMS \
             is off, or it came later",
        );
    }
}
