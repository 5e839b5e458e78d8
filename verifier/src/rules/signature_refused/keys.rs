//! Which key each distribution signs locally built modules with, and where it lies. It
//! knows the packagers' defaults only; `modinfo -F signer` tells what was really used.
//!
//! Sources: dkms dkms.in (`prepare_mok`: shim-signed's key on Ubuntu, else its own);
//! Fedora akmods and kmodtool (`kmodgenca`, README.secureboot); ublue-os/akmods
//! ublue-os-akmods-addons.spec; openSUSE nvidia-driver-G06 kmp-post.sh; Arch's kernel
//! neither enforces signatures nor locks down with Secure Boot, and sbctl signs what the
//! firmware starts, no module.

use crate::facts::Facts;

/// What to do, by `ID=` of os-release.
const BY_ID: [(&[&str], &str); 5] = [
    (
        &["bazzite", "bluefin", "aurora", "ucore"],
        "ujust enroll-secure-boot-key    # or: sudo mokutil --import \
         /etc/pki/akmods/certs/akmods-ublue.der; then reboot and confirm",
    ),
    (
        &["fedora", "nobara", "rhel", "centos", "rocky", "almalinux"],
        "sudo mokutil --import /etc/pki/akmods/certs/public_key.der    # akmods; of DKMS: \
         /var/lib/dkms/mok.pub; then reboot and confirm",
    ),
    (
        &["ubuntu", "pop", "neon"],
        "sudo mokutil --import /var/lib/shim-signed/mok/MOK.der    # then reboot and confirm",
    ),
    (
        &["opensuse-tumbleweed", "opensuse-leap", "opensuse-slowroll", "sles", "sled"],
        "sudo mokutil --import /usr/share/nvidia-pubkeys/MOK-nvidia-*.der    # one file a kernel; \
         then reboot and confirm",
    ),
    (
        &["arch", "cachyos", "endeavouros", "manjaro", "garuda"],
        "take module.sig_enforce=1 and lockdown=… off the kernel command line: nothing else makes \
         this kernel reject a module, and sbctl signs none",
    ),
];

/// The line for this machine; empty where the rule's own words are all that is known.
pub(super) fn fix(f: &Facts) -> &'static str {
    let Some(id) = f.system.os_id.yes() else { return "" };
    let known = BY_ID.iter().find(|(ids, _)| ids.contains(&id.as_str()));
    known.map_or("", |(_, fix)| fix)
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
