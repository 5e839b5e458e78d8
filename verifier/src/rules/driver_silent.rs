//! NVP526: an NVIDIA GPU, a whole boot, and no driver that says a word.

use crate::driver::said::{kernel, systemd};
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, LogRecord, Look};
use crate::finding::{Findings, Severity};
use crate::reading::sayings::{BBSWITCH_OFF, MATCHED, said};
use crate::reading::wanted;
use crate::rule::causes::{BARRED, KEPT_OUT, NO_FIT, TAKEN};
use crate::rule::rule;

mod log;

rule! {
    /// ## What it checks
    /// Of a log that holds a boot from the kernel's first line to the display manager,
    /// or for twenty seconds: whether an NVIDIA GPU is on the bus and neither nvidia,
    /// nouveau, nova nor vfio says anything.
    ///
    /// ## Why
    /// Every driver that takes the GPU prints a line. A log without one shows a GPU that
    /// nobody drives: the module is missing for this kernel, kept out, or never asked for.
    ///
    /// ## Fix
    /// Look whether the module is there (`modinfo nvidia`), then what blocks it
    /// (`nvpreflight plan / nvidia`).
    ///
    /// ## Sources
    /// nvidia/nv.c (`nvidia_init_module` prints "NVRM: loading"); nouveau
    /// nvkm/core/device.c; measured with the recorded boots of this project.
    526 driver_silent {
        title: "no driver reported anything about the NVIDIA GPU",
        severity: Warning,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG, PCI],
        after: [BARRED, KEPT_OUT, 309, NO_FIT, 514, TAKEN, 525],
        fix: "modinfo nvidia    # not found: install the driver for this kernel; else: nvpreflight plan / nvidia",
        nixos: "services.xserver.videoDrivers = [ \"nvidia\" ];",
        log: log::check,
    }
}

/// Microseconds after which a driver that udev loads has long spoken.
const LONG_US: u64 = 20_000_000;
/// Words of any driver that may own the GPU.
const SPOKE: [&[&str]; 8] = [
    &["NVRM"],
    &["nvidia-modeset"],
    &["nvidia-nvlink"],
    &["nvidia "],
    &[kernel::OF_NVIDIA],
    &["nouveau"],
    &["nova"],
    &["vfio"],
];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Of a running kernel the modules tell, and other rules judge them.
    if f.look != Look::Log || want.goals.has(Goal::Vfio) {
        return;
    }
    let Some(gpu) = f.nvidia_gpus().next() else { return };
    // lspci names the modules that could take it.
    let spoke = |record: &LogRecord| {
        !MATCHED.is(&record.text)
            && SPOKE.iter().any(|words| words.iter().all(|word| record.text.contains(word)))
    };
    // Switched off on purpose, as Bumblebee does.
    let off = said(f, &[BBSWITCH_OFF]).is_some();
    if gpu.driver.is_yes() || off || f.records().iter().any(spoke) {
        return;
    }
    if let Some(record) = said(f, &[MATCHED]).filter(|_| gpu.driver.is_absent()) {
        out.add(format_args!("GPU {} has no driver, although nvidia is installed for it", gpu.bdf))
            .gpu(gpu.address())
            .logged(record.us, &record.text);
        return;
    }
    let greeted = f.logged(&[systemd::SPEAKS, systemd::HAS_STARTED, "isplay"]).is_some();
    let long = f.log.yes().is_some_and(|log| log.last_us > LONG_US);
    if !f.system.release.is_yes() || !(greeted || long) {
        return;
    }
    let finding = out.add(format_args!(
        "GPU {} is on the bus, and no driver for it said a word in this boot",
        gpu.bdf
    ));
    finding.gpu(gpu.address());
    if wanted::by_goal(want) {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const BUS: &str = "sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de\n\
        sys/bus/pci/devices/0000:01:00.0/device = 0x2206\n\
        sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n\
        proc/sys/kernel/osrelease = 6.8.0\nproc/modules ?\nsys/module ?\n\
        sys/class/drm ?\nproc/devices ?\nproc/cmdline ?\n";
    const GREETED: &str = "dmesg = <30>[   61.100000] systemd[1]: Started GNOME Display Manager.\n";

    #[test]
    fn a_gpu_that_bbswitch_turned_off_is_quiet() {
        let off = "<4>[    3.051940] bbswitch: disabling discrete graphics\n";
        let log = GREETED.replacen("dmesg = ", &std::format!("dmesg <<EOF\n{off}"), 1);
        quiet(&RULE, Case::pre_display(BUS).of_log().and(&std::format!("{log}EOF\n")));
    }

    #[test]
    fn a_whole_boot_without_a_driver_is_told() {
        fires(
            &RULE,
            Case::pre_display(BUS).of_log().and(GREETED),
            "NVP526 warning: GPU 0000:01:00.0 is on the bus, and no driver for it said a word in \
             this boot",
        );
        fires(
            &RULE,
            Case::pre_display(BUS).of_log().and(GREETED).goal("wayland"),
            "NVP526 error: GPU 0000:01:00.0 is on the bus, and no driver for it said a word in \
             this boot",
        );
    }

    #[test]
    fn a_listing_with_nvidia_among_the_modules_and_no_driver_is_told() {
        let listed =
            "dmesg = <30>[    1.100000] lspci: Kernel modules: nouveau, nvidia_drm, nvidia\n";
        let at = "sys/bus/pci/devices/0000:01:00.0/driver";
        fires(
            &RULE,
            Case::pre_display(BUS).of_log().and(listed),
            "NVP526 warning: GPU 0000:01:00.0 has no driver, although nvidia is installed for it",
        );
        let bound = std::format!("{at} -> ../../../../bus/pci/drivers/nvidia\n");
        quiet(&RULE, Case::pre_display(BUS).of_log().and(listed).and(&bound));
    }

    #[test]
    fn any_driver_a_short_log_and_a_guests_card_are_quiet() {
        let and = |line: &str| {
            Case::pre_display(BUS).of_log().and(&std::format!(
                "dmesg <<EOF\n<6>[    3.100000] {line}\n<30>[   61.100000] systemd[1]: Started GNOME Display \
                 Manager.\nEOF\n"
            ))
        };
        for line in [
            "nouveau 0000:01:00.0: NVIDIA GA102 (172000a1)",
            "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01",
            "vfio-pci 0000:01:00.0: vgaarb: deactivate vga console",
        ] {
            quiet(&RULE, and(line));
        }
        quiet(
            &RULE,
            Case::pre_display(BUS).of_log().and("dmesg = [    3.100000] thunderbolt 0-1: new\n"),
        );
        quiet(&RULE, Case::pre_display(BUS).of_log().and(GREETED).goal("vfio"));
    }

    #[test]
    fn a_greeting_or_a_long_log_shows_a_whole_boot() {
        let case = |log: &str| Case::pre_display(BUS).of_log().and(log);
        let says = "NVP526 warning: GPU 0000:01:00.0 is on the bus, and no driver for it said a word \
                    in this boot";
        fires(&RULE, case(&GREETED.replace("61.1", "11.1")), says);
        fires(&RULE, case("dmesg = [   20.000001] thunderbolt 0-1: new\n"), says);
        quiet(&RULE, case("dmesg = [   20.000000] thunderbolt 0-1: new\n"));
    }
}
