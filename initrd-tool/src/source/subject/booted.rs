//! The initrd that the running system booted from, found by rules from the surest
//! to the weakest. Looks for files only; never takes one of several that are as
//! likely.

use super::entries::{self, BOOT};
use crate::base::clean;
use crate::base::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A rule with what it found.
struct Guess {
    why: &'static str,
    looked: Vec<String>,
    found: Vec<PathBuf>,
}

impl Guess {
    fn new(why: &'static str) -> Self {
        Self { why, looked: Vec::new(), found: Vec::new() }
    }

    fn look(&mut self, root: &Path, path: &str) {
        let path = path.trim_start_matches('/');
        self.looked.push(format!("/{path}"));
        let full = root.join(path);
        let real = fs::canonicalize(&full).ok().filter(|real| real.is_file());
        if let Some(real) = real {
            if !self.found.iter().any(|known| fs::canonicalize(known).is_ok_and(|k| k == real)) {
                self.found.push(full);
            }
        }
    }
}

/// Finds it below `root`, for the kernel of that release and command line; tells
/// the rule that found it.
///
/// # Errors
/// None, or several as likely; both list what was looked for.
pub fn find(root: &Path, release: &str, cmdline: &str) -> Result<(PathBuf, &'static str)> {
    let mut looked = Vec::new();
    for guess in guesses(root, release, cmdline) {
        match guess.found.as_slice() {
            [] => looked.extend(guess.looked),
            [one] => return Ok((one.clone(), guess.why)),
            several => {
                let names: Vec<String> = several.iter().map(|path| clean::path(path)).collect();
                return Err(Error::usage(format!(
                    "several images may belong to the running system ({}): {}; give one",
                    guess.why,
                    names.join(", ")
                )));
            }
        }
    }
    looked.dedup();
    Err(Error::new(format!(
        "cannot find the initrd that this system booted from; give it. Searched\n  {}",
        looked.join("\n  ")
    )))
}

fn guesses(root: &Path, release: &str, cmdline: &str) -> Vec<Guess> {
    let mut nixos = Guess::new("the booted system's own");
    nixos.look(root, "run/booted-system/initrd");

    // systemd-boot and EFI stubs pass on what the entry named.
    let mut named = Guess::new("initrd= on the kernel command line");
    let words = cmdline.split_ascii_whitespace().filter_map(|word| word.strip_prefix("initrd="));
    for path in words.map(|path| path.replace('\\', "/")) {
        for boot in BOOT.iter().filter(|_| entries::is_main(&path)) {
            named.look(root, &format!("{boot}/{}", path.trim_start_matches('/')));
        }
    }

    let mut by_name = Guess::new("named after the running kernel");
    for name in ["initrd.img-", "initramfs-", "initrd-"] {
        let end = if name == "initramfs-" { ".img" } else { "" };
        by_name.look(root, &format!("boot/{name}{release}{end}"));
    }

    let mut entries = Guess::new("the boot loader's entry for the running kernel");
    from_entries(root, release, cmdline, &mut entries);

    // kernel-install's layout, and unified kernel images named by it.
    let mut installed = Guess::new("installed for the running kernel");
    let machine = fs::read_to_string(root.join("etc/machine-id")).unwrap_or_default();
    for boot in BOOT {
        if !machine.trim().is_empty() {
            let machine = machine.trim();
            installed.look(root, &format!("{boot}/{machine}/{release}/initrd"));
            installed.look(root, &format!("{boot}/EFI/Linux/{machine}-{release}.efi"));
        }
        installed.look(root, &format!("{boot}/EFI/Linux/linux-{release}.efi"));
    }

    // Arch names images after packages, not releases.
    let mut by_package = Guess::new("named after the kernel's package");
    let flavour = ["lts", "zen", "hardened"].into_iter().find(|f| release.ends_with(f));
    let package = flavour.map_or("linux".to_owned(), |flavour| format!("linux-{flavour}"));
    by_package.look(root, &format!("boot/initramfs-{package}.img"));

    vec![nixos, named, by_name, entries, installed, by_package]
}

/// Initrds of Boot Loader Specification entries for the release; of ostree's that of the
/// deployment that runs, for two may have one kernel.
fn from_entries(root: &Path, release: &str, cmdline: &str, guess: &mut Guess) {
    let looked = BOOT.iter().map(|boot| format!("/{boot}/loader/entries/*.conf"));
    guess.looked.extend(looked);
    let running = entries::deployment(cmdline);
    let mut ours = entries::all(root);
    ours.retain(|entry| entry.is_of(release));
    if running.is_some() && ours.iter().any(|entry| entry.deployment() == running) {
        ours.retain(|entry| entry.deployment() == running);
    }
    for path in ours.iter().flat_map(entries::Entry::images) {
        guess.look(root, &path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::root;

    fn found(files: &[(&str, &str)], cmdline: &str) -> std::result::Result<String, String> {
        let root = root(files);
        match find(root.path(), "6.12.1-amd64", cmdline) {
            Ok((path, why)) => {
                let path = path.strip_prefix(root.path()).expect("below the root").display();
                Ok(format!("{path}: {why}"))
            }
            Err(e) => Err(e.to_string().replace(&root.path().display().to_string(), "")),
        }
    }

    #[test]
    fn the_surest_rule_wins() {
        let debian = ("boot/initrd.img-6.12.1-amd64", "x");
        assert_eq!(
            found(&[debian, ("boot/initrd.img-6.1.0", "x")], "quiet").as_deref(),
            Ok("boot/initrd.img-6.12.1-amd64: named after the running kernel")
        );
        assert_eq!(
            found(&[debian, ("efi/EFI/nixos/a.efi", "x")], r"initrd=\EFI\nixos\a.efi").as_deref(),
            Ok("efi/EFI/nixos/a.efi: initrd= on the kernel command line")
        );
        assert_eq!(
            found(&[debian, ("run/booted-system/initrd", "x")], "").as_deref(),
            Ok("run/booted-system/initrd: the booted system's own")
        );
    }

    #[test]
    fn an_entry_of_the_running_kernel_names_its_initrd_without_microcode() {
        let entry = "title x\nversion 6.12.1-amd64\nlinux /a/linux\ninitrd /amd-ucode.img\n\
                     initrd /a/initrd\n";
        assert_eq!(
            found(&[("efi/loader/entries/x.conf", entry), ("efi/a/initrd", "x")], "").as_deref(),
            Ok("efi/a/initrd: the boot loader's entry for the running kernel")
        );
    }

    #[test]
    fn of_two_deployments_with_one_kernel_the_running_one_is_found() {
        let entry = |at: &str| {
            let text = format!(
                "version {at}\noptions ostree=/ostree/boot.1/f/{at}/0 quiet\n\
                 linux /ostree/f-{at}/vmlinuz-6.12.1-amd64\ninitrd /ostree/f-{at}/i.img\n"
            );
            (format!("boot/loader/entries/ostree-{at}.conf"), text)
        };
        let (one, two) = (entry("1"), entry("2"));
        let files = [
            (one.0.as_str(), one.1.as_str()),
            (two.0.as_str(), two.1.as_str()),
            ("boot/ostree/f-1/i.img", "x"),
            ("boot/ostree/f-2/i.img", "x"),
        ];
        let running = "root=UUID=1 ostree=/ostree/boot.1/f/1/0";
        assert_eq!(
            found(&files, running).as_deref(),
            Ok("boot/ostree/f-1/i.img: the boot loader's entry for the running kernel")
        );
    }

    #[test]
    fn several_and_none_are_errors_that_list_them() {
        let two = [("boot/initrd.img-6.12.1-amd64", "x"), ("boot/initramfs-6.12.1-amd64.img", "x")];
        let error = found(&two, "").expect_err("ambiguous");
        assert!(error.contains("/boot/initramfs-6.12.1-amd64.img; give one"), "{error}");
        let error = found(&[], "").expect_err("nothing there");
        assert!(
            error.contains("  /run/booted-system/initrd\n  /boot/initrd.img-6.12.1"),
            "{error}"
        );
    }
}
