//! NVP525: a program tried to load a module of the stack and was refused.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{IN_USE, TO_REPLACE, said};
use crate::reading::wanted;
use crate::rule::rule;
use crate::rules::causes::{BARRED, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};

rule! {
    /// ## What it checks
    /// Of a log: whether modprobe, insmod, systemd-modules-load or udev says that the
    /// kernel refused a module of the stack, for a reason that no other rule explains.
    ///
    /// ## Why
    /// The program passes on only the kernel's error number. The reason stands in
    /// the kernel log, in the lines before.
    ///
    /// ## Fix
    /// Read the kernel log around that moment. "Invalid argument" is a parameter's value
    /// or a module built against other symbols; "Exec format error" a module of another
    /// kernel. nvidia_peermem serves InfiniBand only: take it out of modules-load.d.
    ///
    /// ## Sources
    /// kmod tools/modprobe.c; systemd src/modules-load/modules-load.c; Linux
    /// kernel/module/main.c; nvidia-peermem/nvidia-peermem.c (EINVAL without ib_core's
    /// peer memory interface).
    525 load_refused {
        title: "a program was refused a module of the stack",
        severity: Error,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG],
        after: [BARRED, KEPT_OUT, 309, NO_FIT, 514, 401, UNUSABLE, TAKEN, 503, 506, 510, 523],
        fix: "journalctl -b -k | grep -iE 'nvidia|module'    # the kernel's own line names the reason",
        nixos: "",
    }
}

/// Reasons that a rule of its own explains: 702.
const EXPLAINED: [&str; 2] = [kernel::KEY_REJECTED, kernel::NO_KEY];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if wanted::nouveau_is_chosen(f, want) {
        return;
    }
    let mut refused = attempts::failed(f).filter(|attempt| !attempts::came_up(f, attempt));
    let first = refused.find_map(|attempt| match attempt.end {
        End::Refused(why) if EXPLAINED.contains(&why) => None,
        // Without a GPU on the bus that is NVP503's.
        End::Refused("No such device") if f.nvidia_gpus().next().is_none() => None,
        End::Refused(why) => Some((attempt, Some(why))),
        End::Failed => Some((attempt, None)),
        End::NotFound(_) => None,
    });
    let Some((attempt, why)) = first else { return in_use(f, out) };
    if f.logged(&[nvidia::LOADING]).is_some() && attempt.module != *"nvidia_peermem" {
        return;
    }
    let finding = match why {
        Some(why) => out.add(format_args!("{} was refused: {why}", attempt.module)),
        None => out.add(format_args!("modprobe {} failed; it did not say why", attempt.module)),
    };
    finding.module(&attempt.module).logged(attempt.record.us, &attempt.record.text);
    if attempt.module == *"nvidia_peermem" {
        finding
            .severity(Severity::Note)
            .fix("nvidia_peermem serves InfiniBand only: take it out of modules-load.d");
    } else if why == Some("No such device") {
        finding.fix(
            "no device that this driver can drive: look up which branch and flavour the GPU needs \
             (nvpreflight explain NVP504, NVP505)",
        );
    } else if why == Some("Operation not permitted") {
        finding.fix(
            "mokutil --sb-state    # on: the module's key is not enrolled (NVP702); in a container: load it on the host",
        );
    } else if why == Some("Exec format error") {
        finding.confidence(Confidence::Certain).fix(
            "the module was built for another kernel: rebuild it for this one (dkms autoinstall, \
             akmods --force), then rebuild the initrd",
        );
    }
}

/// A program that switches GPUs, or an update, could not take the stack out.
fn in_use(f: &Facts, out: &mut Findings<'_>) {
    let replaced = || said(f, &[TO_REPLACE]).map(|record| (record, Severity::Note));
    let found = said(f, IN_USE).map(|record| (record, Severity::Warning)).or_else(replaced);
    let Some((record, severity)) = found else { return };
    let module = record.text.split_once("Module ").map_or("nvidia", |(_, rest)| rest);
    let module = module.split(' ').next().unwrap_or("nvidia");
    out.add(format_args!("{module} could not be unloaded: a program or another module uses it"))
        .module(module)
        .severity(severity)
        .fix("sudo fuser -v /dev/nvidia* /dev/dri/*    # end these, the display manager too; then unload again")
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_reason_is_passed_on() {
        fires(
            &RULE,
            Case::journal(
                "<27>[ 5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia_drm': Invalid argument",
            ),
            "NVP525 error: nvidia_drm was refused: Invalid argument",
        );
        fires(
            &RULE,
            Case::journal("[    5.100000] failed to validate module [nvidia] BTF: -22"),
            "NVP525 error: nvidia was refused: its type data (BTF) is not this kernel's",
        );
        fires(
            &RULE,
            Case::journal(
                "<27>[ 5.100000] (udev-worker)[9]: nvidia: Process '/usr/bin/modprobe nvidia' failed with exit code 1.",
            ),
            "NVP525 error: modprobe nvidia failed; it did not say why",
        );
        fires(
            &RULE,
            Case::journal(
                "<27>[ 5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia_peermem': Invalid argument",
            ),
            "NVP525 note: nvidia_peermem was refused: Invalid argument",
        );
    }

    #[test]
    fn a_load_that_worked_after_all_and_other_modules_are_quiet() {
        let refused = "<27>[    5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia_drm': \
                       Invalid argument\n";
        quiet(
            &RULE,
            Case::journal(&std::format!("{refused}[    6.000000] NVRM: loading NVIDIA UNIX\n")),
        );
        quiet(&RULE, Case::journal(&refused.replace("nvidia_drm", "vboxdrv")));
    }

    fn refused(why: &str) -> Case {
        Case::journal(&std::format!(
            "[    5.100000] modprobe: ERROR: could not insert 'nvidia': {why}\n"
        ))
    }

    #[test]
    fn reasons_with_a_rule_of_their_own_are_quiet() {
        quiet(&RULE, refused("Key was rejected by service"));
        quiet(&RULE, refused("Required key not available"));
        quiet(&RULE, refused("No such device"));
    }

    #[test]
    fn the_fix_follows_the_reason() {
        let fix = |case: Case| case.report(&[&RULE]).findings[0].fix;
        let bus = |case: Case| {
            case.knowing(|facts| {
                let seen = Case::initrd(crate::testing::GPU).facts().pci;
                facts.pci = seen;
            })
        };
        assert!(fix(bus(refused("No such device"))).starts_with("no device"));
        assert!(fix(refused("Operation not permitted")).starts_with("mokutil"));
        assert!(fix(refused("Exec format error")).contains("built for another kernel"));
        assert_eq!(fix(refused("Invalid argument")), "");
    }

    #[test]
    fn a_module_in_use_is_told() {
        fires(
            &RULE,
            Case::journal("[  905.100000] modprobe: FATAL: Module nvidia_drm is in use.\n"),
            "NVP525 warning: nvidia_drm could not be unloaded: a program or another module uses it",
        );
        let installer = "<30>[  905.100000] nvidia-installer: ERROR: An NVIDIA kernel module 'nvidia' \
                         appears to already be loaded in your kernel\n";
        fires(
            &RULE,
            Case::journal(installer),
            "NVP525 note: nvidia could not be unloaded: a program or another module uses it",
        );
    }
}
