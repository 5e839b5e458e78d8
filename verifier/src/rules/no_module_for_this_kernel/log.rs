//! NVP514 in a log: a program looked for the driver's module and found none, or its
//! build for this kernel failed.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{ADDED, BUILT, NO_SUCH_MODULE, NOT_BUILT, SMI_ANSWERS, said};
use crate::reading::wanted;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if f.logged(&[nvidia::LOADING]).is_some() || wanted::nouveau_is_chosen(f, want) {
        return;
    }
    let built = said(f, NOT_BUILT);
    let missing = attempts::failed(f)
        .find(|attempt| matches!(attempt.end, End::NotFound(_)) && !attempts::came_up(f, attempt));
    match (missing, built) {
        (Some(attempt), _) => {
            let End::NotFound(folder) = attempt.end else { return };
            let kernel = folder.and_then(|folder| folder.trim_end_matches('/').rsplit('/').next());
            let seen = || f.system.release.yes().map(|release| release.as_str());
            let kernel = kernel.or_else(seen);
            let finding = match kernel {
                Some(kernel) => out.add(format_args!(
                    "there is no {} module for kernel {kernel}: it was looked for and not found",
                    attempt.module
                )),
                None => out.add(format_args!(
                    "there is no {} module for this kernel: it was looked for and not found",
                    attempt.module
                )),
            };
            finding
                .module("nvidia")
                .confidence(Confidence::Likely)
                .logged(attempt.record.us, &attempt.record.text);
            // NixOS makes the initrd's modules a package of their own.
            if folder.is_some_and(|folder| folder.starts_with("/nix/store/")) {
                finding.fix(
                    "services.xserver.videoDrivers = [ \"nvidia\" ];    # brings the modules; or take \
                     nvidia out of boot.initrd.kernelModules and availableKernelModules",
                );
            }
        }
        (None, Some(record)) => {
            let finding = match record.text.contains(NO_SUCH_MODULE) {
                true => out.add(format_args!(
                    "an initrd was to hold the driver's modules, and there are none for this kernel"
                )),
                false => out.add(format_args!("the build of the driver's modules failed")),
            };
            finding.module("nvidia").confidence(Confidence::Likely).logged(record.us, &record.text);
        }
        (None, None) => listed(f, out),
    }
}

/// What `dkms status` lists: the driver for no kernel, or for others than the one that runs.
fn listed(f: &Facts, out: &mut Findings<'_>) {
    let running = f.system.release.yes();
    let is_running = |text: &str| running.is_some_and(|release| text.contains(release.as_str()));
    let mut built = f.records().iter().filter(|record| BUILT.is(&record.text)).peekable();
    let first = built.peek().copied();
    let up = f.modules.up("nvidia").is_some() || said(f, SMI_ANSWERS).is_some();
    if up || built.any(|record| is_running(&record.text)) {
        return;
    }
    let (finding, record) = match (first, running, said(f, ADDED)) {
        (Some(record), Some(release), _) => {
            let other = "dkms built the driver's modules for other kernels than";
            (out.add(format_args!("{other} {release}")), record)
        }
        (None, _, Some(record)) => {
            let none = "dkms has the driver's sources and has built them for no kernel";
            (out.add(format_args!("{none}")), record)
        }
        _ => return,
    };
    finding.module("nvidia").confidence(Confidence::Likely).logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn what_modprobe_and_systemd_look_for_in_vain_is_told() {
        fires(
            &RULE,
            Case::journal(
                "<30>[    5.100000] modprobe[289]: FATAL: Module nvidia not found in directory \
                 /lib/modules/6.8.0-40-generic",
            ),
            "NVP514 error: there is no nvidia module for kernel 6.8.0-40-generic: it was looked \
             for and not found",
        );
        fires(
            &RULE,
            Case::journal(
                "<30>[    5.100000] systemd-modules-load[289]: Failed to find module 'nvidia'",
            )
            .and("proc/sys/kernel/osrelease = 6.8.0\n"),
            "NVP514 error: there is no nvidia module for kernel 6.8.0: it was looked for and not \
             found",
        );
    }

    #[test]
    fn nixos_own_tree_of_the_initrd_gets_its_options() {
        let text = "<30>[    5.100000] modprobe[289]: FATAL: Module nvidia not found in directory \
                    /nix/store/x-linux-6.18.4-modules/lib/modules/6.18.4";
        let report = Case::journal(text).report(&[&RULE]);
        assert!(report.findings[0].fix.contains("videoDrivers"));
    }

    #[test]
    fn a_build_that_failed_is_told() {
        fires(
            &RULE,
            Case::journal(
                "<30>[    5.100000] dkms[2]: Consult /var/lib/dkms/nvidia/390.157/build/make.log \
                 for more information.",
            ),
            "NVP514 error: the build of the driver's modules failed",
        );
    }

    #[test]
    fn an_image_without_the_modules_and_other_builders_are_told() {
        for (text, finding) in [
            (
                "==> ERROR: module not found: 'nvidia'",
                "NVP514 error: an initrd was to hold the driver's modules, and there are none for \
                 this kernel",
            ),
            (
                "Installing DKMS module 'nvidia-340.76' for kernel-4.0.5_2... FAILED!",
                "NVP514 error: the build of the driver's modules failed",
            ),
        ] {
            fires(
                &RULE,
                Case::journal(&std::format!("<30>[    5.100000] builder[2]: {text}")),
                finding,
            );
        }
    }

    #[test]
    fn a_later_load_and_another_module_are_silent() {
        let missing =
            "<30>[    5.100000] systemd-modules-load[289]: Failed to find module 'nvidia'\n";
        silent(
            &RULE,
            Case::journal(&std::format!("{missing}[    9.100000] NVRM: loading NVIDIA UNIX\n")),
        );
        let failed = "<30>[    5.100000] dkms[2]: Consult /var/lib/dkms/nvidia/390.157/build/make.log \
                      for more information.\n[    9.100000] NVRM: loading NVIDIA UNIX\n";
        silent(&RULE, Case::journal(failed));
        silent(&RULE, Case::journal(&missing.replace("'nvidia'", "'nvidia_fs'")));
        silent(&RULE, Case::journal(&missing.replace("'nvidia'", "'vboxdrv'")));
    }

    #[test]
    fn a_refusal_before_does_not_hide_that_the_module_is_not_there() {
        fires(
            &RULE,
            Case::journal(
                "[    4.100000] modprobe: ERROR: could not insert 'nvidia_uvm': No such device\n\
                 <30>[    5.100000] systemd-modules-load[289]: Failed to find module 'nvidia'",
            ),
            "NVP514 error: there is no nvidia module for this kernel: it was looked for and not found",
        );
    }

    #[test]
    fn what_dkms_built_is_compared_with_the_kernel_that_runs() {
        let dkms = |state: &str| {
            Case::journal(&std::format!("<30>[    5.100000] dkms: nvidia/550.163.01{state}\n"))
                .and("proc/sys/kernel/osrelease = 6.8.0-40-generic\n")
        };
        fires(
            &RULE,
            dkms(", 6.8.0-31-generic, x86_64: installed"),
            "NVP514 error: dkms built the driver's modules for other kernels than 6.8.0-40-generic",
        );
        fires(
            &RULE,
            dkms(": added"),
            "NVP514 error: dkms has the driver's sources and has built them for no kernel",
        );
        silent(&RULE, dkms(", 6.8.0-40-generic, x86_64: installed"));
        let smi = ": added\n<30>[    9.100000] nvidia-smi: NVIDIA-SMI 550.163.01  Driver Version: 550.163.01";
        silent(&RULE, dkms(smi));
    }
}
