//! Entries of the Boot Loader Specification (UAPI.1, type 1), ostree's among them: what
//! each would boot. Reads files only; which one is taken is asked in `next`.

mod next;

pub use next::next;

use crate::base::regular;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders in which boot loaders' files lie (systemd bootctl(1), "XBOOTLDR, ESP").
pub(crate) const BOOT: [&str; 4] = ["boot", "efi", "boot/efi", "boot/firmware"];
/// Entries of one folder that are read.
const MOST: usize = 256;
/// Bytes of an entry, of loader.conf and of grubenv, which is a block of 1024.
const SIZE: u64 = 64 << 10;

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// Its file's name without `.conf`, and without the counter of boot assessment.
    pub id: String,
    /// The folder that its paths begin in, below the root.
    pub(super) boot: &'static str,
    /// `title`.
    pub(super) title: String,
    /// `sort-key`.
    pub(super) sort_key: String,
    /// Whether boot assessment has given it up: its name counts no tries left.
    pub(super) bad: bool,
    /// `version`.
    pub version: String,
    /// `linux` or `efi`, as it stands.
    pub kernel: String,
    /// `initrd`, as they stand, without microcode's.
    pub initrds: Vec<String>,
    /// `options`, joined.
    pub options: String,
}

impl Entry {
    fn read(text: &str, id: &str, boot: &'static str) -> Self {
        let mut entry = Self { id: id.to_owned(), boot, ..Self::default() };
        for line in text.lines() {
            let Some((key, value)) = line.trim().split_once([' ', '\t']) else { continue };
            let value = value.trim();
            match key {
                "title" => value.clone_into(&mut entry.title),
                "sort-key" => value.clone_into(&mut entry.sort_key),
                "version" => value.clone_into(&mut entry.version),
                "linux" | "efi" | "uki" => value.clone_into(&mut entry.kernel),
                // tuned adds the variable `$tuned_initrd`, which is empty as a rule.
                "initrd" => {
                    let paths = value.split_ascii_whitespace().filter(|path| is_main(path));
                    entry.initrds.extend(paths.map(str::to_owned));
                }
                "options" => entry.options = format!("{} {value}", entry.options).trim().into(),
                _ => {}
            }
        }
        entry
    }

    /// Whether its kernel is of this release: its name says so, or the version is it.
    pub fn is_of(&self, release: &str) -> bool {
        self.version == release || self.kernel.contains(release)
    }

    /// The release in the kernel's name, where it ends in one.
    #[must_use]
    pub fn release(&self) -> Option<String> {
        let name = self.kernel.rsplit('/').next()?;
        let release = name.strip_prefix("vmlinuz-").or_else(|| name.strip_prefix("linux-"))?;
        release.starts_with(|c: char| c.is_ascii_digit()).then(|| release.to_owned())
    }

    /// The word `ostree=`, which names the deployment (ostree-prepare-root(1)).
    pub fn deployment(&self) -> Option<&str> {
        deployment(&self.options)
    }

    /// Its command line, where GRUB's variables (`$kernelopts`) do not stand in it: they
    /// are not known here.
    pub fn known_options(&self) -> Option<&str> {
        (!self.options.is_empty() && !self.options.contains('$')).then_some(&self.options)
    }

    /// Where its initrds lie, below the root: paths begin in the partition of the entry.
    /// A unified kernel image is its own.
    pub fn images(&self) -> Vec<String> {
        let own = self.initrds.is_empty() && self.kernel.ends_with(".efi");
        let paths = self.initrds.iter().chain(own.then_some(&self.kernel));
        // Where /boot is no partition of its own, ostree's paths begin with it.
        let place = |path: &String| match path.trim_start_matches('/') {
            path if path.starts_with("boot/") => path.to_owned(),
            path => format!("{}/{path}", self.boot),
        };
        paths.map(place).collect()
    }
}

/// Whether a path may be that of the main initrd: no variable, and none of the names that
/// grub-mkconfig knows for microcode and early images (util/grub-mkconfig.in,
/// `GRUB_EARLY_INITRD_LINUX_STOCK`).
pub(super) fn is_main(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let early = ["early.img", "early.cpio", "intel-uc.img", "amd-uc.img"];
    !name.starts_with('$')
        && !early.contains(&name)
        && !name.contains("ucode")
        && !name.contains("microcode")
}

/// The word `ostree=` of a command line.
pub fn deployment(cmdline: &str) -> Option<&str> {
    cmdline.split_ascii_whitespace().find_map(|word| word.strip_prefix("ostree="))
}

/// Whether a command line names another root, or subvolume of it, than that of the running
/// system, in the same way: the paths beside it are then another system's, or a snapshot's.
pub(super) fn of_another_root(options: &str, cmdline: &str) -> bool {
    fn word<'a>(line: &'a str, key: &str) -> Option<&'a str> {
        line.split_ascii_whitespace().filter_map(|word| word.strip_prefix(key)).next_back()
    }
    let subvolume = |line| {
        let flags = word(line, "rootflags=").unwrap_or_default().split(',');
        flags.filter_map(|flag| flag.strip_prefix("subvol=")).next_back().map(str::to_owned)
    };
    let differ = match (word(options, "root="), word(cmdline, "root=")) {
        (Some(a), Some(b)) => match (a.split_once('='), b.split_once('=')) {
            (Some((kind, a)), Some((same, b))) => kind == same && !a.eq_ignore_ascii_case(b),
            // A device's name may change from boot to boot.
            _ => false,
        },
        _ => false,
    };
    let volumes = (subvolume(options), subvolume(cmdline));
    let moved =
        matches!(&volumes, (Some(a), Some(b)) if a.trim_matches('/') != b.trim_matches('/'));
    differ || moved
}

/// All entries, by folder and name.
#[must_use]
pub fn all(root: &Path) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for boot in BOOT {
        let folder = root.join(boot).join("loader/entries");
        // /boot/loader is a link of ostree's, /efi may be /boot.
        let Ok(real) = fs::canonicalize(&folder) else { continue };
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().take(MOST);
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        for name in names {
            let Some(id) = name.strip_suffix(".conf") else { continue };
            let Ok(text) = regular::read(&folder.join(&name), SIZE) else { continue };
            // `+3` or `+2-1` counts tries (UAPI.1, automatic boot assessment).
            let (id, tries) = id.rsplit_once('+').unwrap_or((id, ""));
            let bad = tries == "0" || tries.starts_with("0-");
            let entry = Entry::read(&String::from_utf8_lossy(&text), id, boot);
            out.push(Entry { bad, ..entry });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::root;

    #[test]
    fn another_root_or_subvolume_is_told_only_where_both_name_it_alike() {
        for (options, cmdline, wanted) in [
            ("root=UUID=a ro", "root=UUID=b ro", true),
            ("root=UUID=a ro", "root=UUID=A quiet", false),
            ("root=UUID=a", "root=/dev/sda2", false),
            ("root=/dev/sda2", "root=/dev/sdb2", false),
            ("root=UUID=a", "", false),
            ("root=UUID=a rootflags=subvol=@", "root=UUID=a rootflags=rw,subvol=/@", false),
            ("root=UUID=a rootflags=subvol=@/.snapshots/1/snapshot", "rootflags=subvol=@", true),
        ] {
            assert_eq!(of_another_root(options, cmdline), wanted, "{options} {cmdline}");
        }
    }

    #[test]
    fn ostree_names_its_images_with_and_without_a_partition_for_boot() {
        let entry = |at: &str, path: &str| {
            let text = format!(
                "title x\nversion {at}\noptions root=UUID=1 ostree=/ostree/boot.0/f/{at}/0\n\
                 linux {path}/vmlinuz-6.12.1\ninitrd {path}/initramfs-6.12.1.img\n"
            );
            (format!("boot/loader/entries/ostree-{at}-f.conf"), text)
        };
        let (a, b) = (entry("1", "/ostree/f-aa"), entry("2", "/boot/ostree/f-bb"));
        let files = [(a.0.as_str(), a.1.as_str()), (b.0.as_str(), b.1.as_str())];
        let wanted = "ostree-2-f: boot/ostree/f-bb/initramfs-6.12.1.img";
        let taken = next(root(&files).path()).expect("the higher one");
        assert_eq!(format!("{}: {}", taken.id, taken.images().join(" ")), wanted);
        let all = all(root(&files).path());
        assert_eq!(all[0].images(), ["boot/ostree/f-aa/initramfs-6.12.1.img"]);
        assert_eq!(all[0].deployment(), Some("/ostree/boot.0/f/1/0"));
        assert_eq!(all[0].release().as_deref(), Some("6.12.1"));
    }

    proptest::proptest! {
        #[test]
        fn any_entry_is_read_without_panic(
            text in "((linux|initrd|options|version|efi)[ \t][a-z0-9/.=]{0,12}\n|.{0,20}\n){0,8}",
        ) {
            let entry = Entry::read(&text, "id", "boot");
            let _ = (entry.images(), entry.release(), entry.deployment());
        }
    }
}
