//! NVP702: the kernel refuses modules whose signature it does not trust.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, Look, in_stack};
use crate::finding::Findings;
use crate::reading::message::between;
use crate::reading::wanted;
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "image")]
mod image;
mod keys;
mod unnamed;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the kernel or a loader says that a module was refused for its
    /// signature while nvidia is requested but not loaded. Of an image: unsigned
    /// modules under a command line that enforces signatures.
    ///
    /// ## Why
    /// With enforced signatures or lockdown (Secure Boot on many distributions) a
    /// module must be signed with a key that the kernel trusts; modules built on
    /// the machine are not. The kernel's line does not name the module.
    ///
    /// ## Fix
    /// Enroll the key that signed the module, or turn Secure Boot off. DKMS keeps its
    /// key in /var/lib/dkms, on Ubuntu it is shim-signed's, that of akmods is in
    /// /etc/pki/akmods; ublue images bring one, openSUSE makes one a driver. sbctl and
    /// lanzaboote sign no module: where Arch or NixOS rejects one, the command line
    /// asked for it. "module verification failed … tainting kernel" refuses nothing.
    ///
    /// ## Sources
    /// Linux kernel/module/signing.c (`module_sig_check`: "Loading of … is
    /// rejected"), security/lockdown/lockdown.c; EKEYREJECTED and ENOKEY in
    /// include/uapi/asm-generic/errno.h; secureblue#1043, sbctl#221.
    702 signature_refused {
        title: "the kernel rejects the module's signature",
        severity: Error,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "sudo mokutil --import CERTIFICATE    # of the key that `modinfo -F signer nvidia` names; DKMS: /var/lib/dkms/mok.pub; then reboot and confirm",
        nixos: "remove module.sig_enforce=1 and lockdown=… from boot.kernelParams    # lanzaboote signs no module",
        image: { needs: [IMAGE_TREE, CMDLINE], check: image::check },
        log: log::check,
    }
}

/// Lines of a refusal, each with everything that it must hold.
const REFUSED: [&[&str]; 5] =
    [kernel::SIGNATURE_REJECTED, kernel::LOCKED_MODULE, NAMED[0], NAMED[1], NAMED[2]];
/// Those that name the stack.
const NAMED: [&[&str]; 3] =
    [&["nvidia", kernel::KEY_REJECTED], &["nvidia", kernel::NO_KEY], &["NVIDIA", kernel::NO_KEY]];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let said = match f.modules.proc {
        Seen::Yes(()) if f.modules.up("nvidia").is_some() => return,
        Seen::Yes(()) if wanted::stack(f, want) => REFUSED.iter().find_map(|words| f.logged(words)),
        // Who tried to load the stack by name wants it.
        Seen::Yes(()) if f.look != Look::Log => {
            f.records().iter().find(|record| names_the_stack(&record.text))
        }
        // A log alone must name the stack, and show no later success.
        Seen::NotLooked if f.logged(&[nvidia::LOADING]).is_some() => return,
        Seen::Yes(()) | Seen::NotLooked => f
            .records()
            .iter()
            .find(|record| names_the_stack(&record.text))
            .or_else(|| unnamed::unnamed(f)),
        Seen::Absent | Seen::Unreadable(_) => return out.could_not("cannot read /proc/modules"),
    };
    let Some(said) = said else { return };
    let why = match (&f.system.lockdown, f.system.sig_enforce) {
        (Seen::Yes(mode), _)
            if mode.contains("[integrity]") || mode.contains("[confidentiality]") =>
        {
            "kernel lockdown is on"
        }
        (_, Seen::Yes(true)) => "module.sig_enforce is on",
        _ => "signatures are enforced",
    };
    out.add(format_args!(
        "nvidia is not loaded, and the kernel rejected a module's signature: {why}"
    ))
    .module("nvidia")
    .fix(keys::fix(f))
    .logged(said.us, &said.text);
}

/// True for a refusal of the stack: others, as nvidia_fs, bear the maker's name too.
fn names_the_stack(text: &str) -> bool {
    NAMED.iter().any(|words| words.iter().all(|word| text.contains(word)))
        && between(text, "'", "'").is_none_or(in_stack)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet, skips, unbound_gpu};

    const REFUSED: &str = "dmesg = <5>[    4.100000] Loading of module with unavailable key is \
        rejected\n";
    const ASKED: &str = "etc/modules-load.d/nvidia.conf = nvidia_drm\n";

    #[test]
    fn a_refusal_is_told_with_what_enforces_it() {
        fires(
            &RULE,
            Case::initrd(REFUSED)
                .and(ASKED)
                .and("sys/kernel/security/lockdown = none [integrity] confidentiality\n"),
            "NVP702 error: nvidia is not loaded, and the kernel rejected a module's signature: \
                kernel lockdown is on",
        );
        fires(
            &RULE,
            Case::initrd(REFUSED)
                .goal("cuda")
                .and("sys/module/module/parameters/sig_enforce = Y\n"),
            "NVP702 error: nvidia is not loaded, and the kernel rejected a module's signature: \
                module.sig_enforce is on",
        );
    }

    #[test]
    fn a_lone_log_tells_when_it_names_the_stack() {
        let log = |lines: &str| Case::logged(lines).and("proc/modules ?\n");
        let named = "<27>[    5.300000] systemd-modules-load[700]: Failed to insert module \
                     'nvidia-drm': Key was rejected by service\n";
        fires(
            &RULE,
            log(named),
            "NVP702 error: nvidia is not loaded, and the kernel rejected a module's signature: \
                signatures are enforced",
        );
        quiet(&RULE, log(&std::format!("{named}<4>[    9.000000] NVRM: loading NVIDIA UNIX\n")));
        quiet(&RULE, log("[    4.100000] Loading of module with unavailable key is rejected"));
        quiet(&RULE, log(&named.replace("nvidia-drm", "nvidia_fs")));
        skips(&RULE, Case::initrd("proc/modules ! EIO\n"), "cannot read /proc/modules");
    }

    #[test]
    fn a_taint_is_no_refusal() {
        quiet(
            &RULE,
            Case::initrd(
                "dmesg = <5>[ 11.9] nvidia: module verification failed: signature and/or \
                required key missing - tainting kernel\n",
            )
            .and(ASKED),
        );
    }

    #[test]
    fn another_modules_refusal_is_not_ours() {
        quiet(&RULE, Case::initrd(REFUSED).and(STACK));
        quiet(&RULE, Case::initrd(REFUSED));
    }

    #[test]
    fn a_loader_that_named_the_stack_is_enough_and_a_gpu_is_not() {
        let named = "dmesg = <27>[    5.300000] systemd-modules-load[700]: Failed to insert module \
                     'nvidia-drm': Key was rejected by service\n";
        fires(
            &RULE,
            Case::initrd(named),
            "NVP702 error: nvidia is not loaded, and the kernel rejected a module's signature: \
                signatures are enforced",
        );
        let gpu = || Case::initrd(REFUSED).and(&unbound_gpu());
        quiet(&RULE, gpu());
        // In a log nothing else tells for whom it was.
        #[cfg(feature = "logs")]
        assert_eq!(gpu().of_log().report(&[&RULE]).findings.len(), 1);
    }

    #[test]
    fn lockdown_that_is_off_is_not_what_enforces() {
        fires(
            &RULE,
            Case::initrd(REFUSED).and(ASKED).and(
                "sys/kernel/security/lockdown = [none] integrity confidentiality\n\
                 sys/module/module/parameters/sig_enforce = Y\n",
            ),
            "NVP702 error: nvidia is not loaded, and the kernel rejected a module's signature: \
                module.sig_enforce is on",
        );
    }
}
