//! Which key each distribution signs locally built modules with, and where it lies. It
//! knows the packagers' defaults only; `modinfo -F signer` tells what was really used.
//!
//! Sources: dkms dkms.in (`prepare_mok`: shim-signed's key on Ubuntu, else its own);
//! Fedora akmods and kmodtool (`kmodgenca`, README.secureboot); ublue-os/akmods
//! ublue-os-akmods-addons.spec; openSUSE nvidia-driver-G06 kmp-post.sh; Arch's kernel
//! neither enforces signatures nor locks down with Secure Boot, and sbctl signs what the
//! firmware starts, no module.

use crate::facts::{Distribution, Facts};

/// The line for this machine; empty where the rule's own words are all that is known.
pub(super) fn fix(f: &Facts) -> &'static str {
    let Some(distribution) = f.system.distribution() else { return "" };
    match distribution {
        Distribution::UniversalBlue => {
            "ujust enroll-secure-boot-key    # or: sudo mokutil --import \
             /etc/pki/akmods/certs/akmods-ublue.der; then reboot and confirm"
        }
        Distribution::Fedora => {
            "sudo mokutil --import /etc/pki/akmods/certs/public_key.der    # akmods; of DKMS: \
             /var/lib/dkms/mok.pub; then reboot and confirm"
        }
        Distribution::Ubuntu => {
            "sudo mokutil --import /var/lib/shim-signed/mok/MOK.der    # then reboot and confirm"
        }
        Distribution::Debian => "",
        Distribution::Suse => {
            "sudo mokutil --import /usr/share/nvidia-pubkeys/MOK-nvidia-*.der    # one file a \
             kernel; then reboot and confirm"
        }
        Distribution::Arch => {
            "remove module.sig_enforce=1 and lockdown=… from the kernel command line: without \
             them this kernel rejects no module"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fix;
    use crate::testing::Case;

    fn on(id: &str) -> &'static str {
        fix(&Case::initrd(&std::format!("etc/os-release = ID={id}\n")).facts())
    }

    #[test]
    fn each_distribution_has_the_key_of_its_own_packages() {
        assert!(on("fedora").contains("/etc/pki/akmods/certs/public_key.der"));
        assert!(on("bazzite").contains("akmods-ublue.der"));
        assert!(on("ubuntu").contains("/var/lib/shim-signed/mok/MOK.der"));
        assert!(on("opensuse-tumbleweed").contains("/usr/share/nvidia-pubkeys/"));
        assert!(!on("arch").contains("mokutil"));
    }

    #[test]
    fn a_machine_that_is_not_known_gets_no_other_ones_key() {
        for id in ["debian", "nixos", "void", "linuxmint"] {
            assert_eq!(on(id), "", "{id}");
        }
        assert_eq!(fix(&Case::initrd("").facts()), "");
    }
}
