//! Entries of the Boot Loader Specification (UAPI.1, type 1), ostree's among them: what
//! each would boot, and which one the next boot takes as far as files tell, GRUB's own
//! menu among them. Reads files only; what the boot loader keeps in EFI variables is not
//! seen.

use super::grub::Menu;
use crate::base::regular;
use nvpreflight::kmod::fnmatch::fnmatch;
use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders in which boot loaders' files lie (systemd bootctl(1), "XBOOTLDR, ESP").
pub(crate) const BOOT: [&str; 4] = ["boot", "efi", "boot/efi", "boot/firmware"];
/// Entries of one folder that are read.
const MOST: usize = 256;
/// Bytes of an entry, of loader.conf and of grubenv, which is a block of 1024.
const SIZE: u64 = 64 << 10;
/// Bytes of a grub.cfg: one with hundreds of snapshots has some hundred kilobytes.
const MENU_SIZE: u64 = 4 << 20;

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// Its file's name without `.conf`, and without the counter of boot assessment.
    pub id: String,
    /// The folder that its paths begin in, below the root.
    pub(super) boot: &'static str,
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
                "version" => value.clone_into(&mut entry.version),
                "linux" | "efi" | "uki" => value.clone_into(&mut entry.kernel),
                "initrd" if !value.contains("ucode") => entry.initrds.push(value.to_owned()),
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

/// The word `ostree=` of a command line.
pub fn deployment(cmdline: &str) -> Option<&str> {
    cmdline.split_ascii_whitespace().find_map(|word| word.strip_prefix("ostree="))
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
            let id = id.rsplit_once('+').map_or(id, |(id, _)| id);
            out.push(Entry::read(&String::from_utf8_lossy(&text), id, boot));
        }
    }
    out
}

/// The entry that the next boot takes: GRUB's and systemd-boot's settings, else the one
/// that both list first, the highest by name; `None` where an EFI variable decides, where
/// GRUB's own menu and such entries lie side by side, or there is none.
#[must_use]
pub fn next(root: &Path) -> Option<Entry> {
    let entries = all(root);
    let read = |path: String, most| {
        let bytes = regular::read(&root.join(path), most).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = |path| read(path, SIZE);
    for folder in ["boot/grub2", "boot/grub"] {
        let env = text(format!("{folder}/grubenv")).unwrap_or_default();
        let value = |key| env.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        let (once, saved) = (value("next_entry="), value("saved_entry="));
        let menu = read(format!("{folder}/grub.cfg"), MENU_SIZE).map(|text| Menu::read(&text));
        if let Some(own) = menu.filter(|menu| !menu.has_bls && menu.boots_linux()) {
            return own.next(once, saved).filter(|_| entries.is_empty());
        }
        for id in [once, saved] {
            if let Some(entry) = entries.iter().find(|entry| !id.is_empty() && entry.id == id) {
                return Some(entry.clone());
            }
        }
    }
    let first = |wanted: &dyn Fn(&Entry) -> bool| {
        let wanted = entries.iter().filter(|entry| wanted(entry));
        wanted.max_by(|a, b| versions(&a.id, &b.id)).cloned()
    };
    for boot in BOOT {
        let Some(conf) = text(format!("{boot}/loader/loader.conf")) else { continue };
        let default = |line: &str| {
            let (key, value) = line.trim().split_once([' ', '\t'])?;
            (key == "default").then(|| value.trim().to_owned())
        };
        let Some(pattern) = conf.lines().filter_map(default).next_back() else { continue };
        if pattern.starts_with('@') {
            return None;
        }
        let named = |entry: &Entry| {
            let name = format!("{}.conf", entry.id);
            [&entry.id, &name].iter().any(|name| fnmatch(pattern.as_bytes(), name.as_bytes()))
        };
        if let Some(entry) = first(&named) {
            return Some(entry);
        }
    }
    first(&|_| true)
}

/// Compares by runs of digits and of other bytes, digits as numbers.
fn versions(a: &str, b: &str) -> Ordering {
    fn run(text: &[u8]) -> (&[u8], &[u8]) {
        let digit = text.first().is_some_and(u8::is_ascii_digit);
        let end = text.iter().position(|b| b.is_ascii_digit() != digit).unwrap_or(text.len());
        text.split_at(end)
    }
    let number = |run: &[u8]| {
        let zeros = run.iter().take_while(|b| **b == b'0').count();
        let digits = run.get(zeros..).unwrap_or_default().to_vec();
        (digits.len(), digits)
    };
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while !a.is_empty() && !b.is_empty() {
        let ((one, rest), (two, more)) = (run(a), run(b));
        let digits = |run: &[u8]| run.first().is_some_and(u8::is_ascii_digit);
        let order = match digits(one) && digits(two) {
            true => number(one).cmp(&number(two)),
            false => one.cmp(two),
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest, more);
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::root;

    fn taken(files: &[(&str, &str)]) -> Option<String> {
        next(root(files).path()).map(|entry| format!("{}: {}", entry.id, entry.images().join(" ")))
    }

    const OLD: (&str, &str) = (
        "boot/loader/entries/fedora-6.9.conf",
        "version 6.9\nlinux /vmlinuz-6.9\ninitrd /intel-ucode.img\ninitrd /i-6.9.img\n",
    );
    const NEW: (&str, &str) =
        ("boot/loader/entries/fedora-6.12+2-1.conf", "linux /vmlinuz-6.12\ninitrd\t/i-6.12.img\n");

    #[test]
    fn the_highest_entry_is_next_unless_the_loader_is_told_otherwise() {
        assert_eq!(taken(&[OLD, NEW]).as_deref(), Some("fedora-6.12: boot/i-6.12.img"));
        let grub = ("boot/grub2/grubenv", "# GRUB\nsaved_entry=fedora-6.9\n####");
        assert_eq!(taken(&[OLD, NEW, grub]).as_deref(), Some("fedora-6.9: boot/i-6.9.img"));
        let gone = ("boot/grub2/grubenv", "saved_entry=gone\n");
        assert_eq!(taken(&[OLD, NEW, gone]).as_deref(), Some("fedora-6.12: boot/i-6.12.img"));
        let conf = ("boot/loader/loader.conf", "timeout 3\ndefault fedora-6.9*\n");
        assert_eq!(taken(&[OLD, NEW, conf]).as_deref(), Some("fedora-6.9: boot/i-6.9.img"));
        let saved = ("boot/loader/loader.conf", "default @saved\n");
        assert_eq!(taken(&[OLD, NEW, saved]), None, "an EFI variable decides");
        assert_eq!(taken(&[]), None);
    }

    #[test]
    fn grubs_own_menu_is_taken_where_it_is_the_only_one() {
        let text = "set default=\"0\"\nmenuentry 'a' --id a {\nlinux /vmlinuz-6.1 quiet\n\
                    initrd /i-6.1.img\n}\n";
        let menu = ("boot/grub/grub.cfg", text);
        assert_eq!(taken(&[menu]).as_deref(), Some("a: boot/i-6.1.img"));
        assert_eq!(taken(&[menu, NEW]), None, "which loader runs is not known");
        let bls = ("boot/grub2/grub.cfg", "insmod blscfg\nblscfg\n");
        assert_eq!(taken(&[bls, NEW]).as_deref(), Some("fedora-6.12: boot/i-6.12.img"));
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
        assert_eq!(taken(&files).as_deref(), Some(wanted));
        let all = all(root(&files).path());
        assert_eq!(all[0].images(), ["boot/ostree/f-aa/initramfs-6.12.1.img"]);
        assert_eq!(all[0].deployment(), Some("/ostree/boot.0/f/1/0"));
        assert_eq!(all[0].release().as_deref(), Some("6.12.1"));
    }

    #[test]
    fn versions_compare_as_numbers() {
        for (less, more) in [("a-9", "a-10"), ("a-9", "a-9.1"), ("6.12", "6.100"), ("a", "b")] {
            assert_eq!(versions(less, more), Ordering::Less, "{less} {more}");
        }
        assert_eq!(versions("a-09", "a-9"), Ordering::Equal);
    }

    proptest::proptest! {
        #[test]
        fn any_entry_is_taken_without_panic_and_versions_have_one_order(
            text in "((linux|initrd|options|version|efi)[ \t][a-z0-9/.=]{0,12}\n|.{0,20}\n){0,8}",
            a in "[a0-9.-]{0,10}",
            b in "[a0-9.-]{0,10}",
        ) {
            let entry = Entry::read(&text, "id", "boot");
            let _ = (entry.images(), entry.release(), entry.deployment());
            proptest::prop_assert_eq!(versions(&a, &b), versions(&b, &a).reverse());
        }
    }
}
