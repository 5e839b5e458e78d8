//! The kernel command line that an image of a root will get, where nobody gives one: what
//! the boot loader's entry for that image says, else /etc/kernel/cmdline, which
//! kernel-install writes into new entries, else this boot's. Reads files only.

use super::entries::{self, Entry};
use super::installed;
use crate::base::clean;
use crate::base::regular;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Bytes of a file with a command line; Linux takes at most 4096.
const SIZE: u64 = 64 << 10;

/// The line, and where it is from, in words for people; `None` where no file tells.
#[must_use]
pub fn of(root: &Path, image: &Path) -> Option<(String, String)> {
    let running = is_running(root);
    let own = if running { text(root, "proc/cmdline") } else { None };
    if let Some(found) = of_entry(root, image, own.as_deref().unwrap_or_default()) {
        return Some(found);
    }
    // kernel-install(8): what it writes into new entries.
    if let Some(line) = text(root, "etc/kernel/cmdline") {
        return Some((line, "of /etc/kernel/cmdline".to_owned()));
    }
    own.map(|line| (line, "of this boot".to_owned()))
}

/// The options of the entry that boots `image`, and which it is: of the next boot's where
/// that does, else what all entries for it say alike.
fn of_entry(root: &Path, image: &Path, running: &str) -> Option<(String, String)> {
    let real = fs::canonicalize(image).ok()?;
    let same = |path: &Path| fs::canonicalize(path).is_ok_and(|other| other == real);
    if let Some(line) = installed::nixos(root).filter(|next| same(&next.path)) {
        return Some((line.cmdline?, "of the system profile".to_owned()));
    }
    let boots = |entry: &Entry| {
        entry.images().iter().any(|path| same(&root.join(path)))
            && !entries::of_another_root(&entry.options, running)
    };
    let known = |entry: Entry| {
        let why = format!("of the boot entry {}", clean::line(entry.id.as_bytes()));
        Some((entry.known_options()?.to_owned(), why))
    };
    if let Some(entry) = entries::next(root).filter(|entry| boots(entry)) {
        return known(entry);
    }
    let mut all = entries::all(root).into_iter().filter(|entry| boots(entry));
    let first = all.next()?;
    if all.any(|entry| entry.options != first.options) {
        return None;
    }
    known(first)
}

/// Whether `root` is the running system's: in a chroot or a container, /proc tells of
/// another one.
fn is_running(root: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
    let first = identity(Path::new("/proc/1/root"));
    first.is_some() && identity(root) == first
}

/// A file's one line, if it says anything.
fn text(root: &Path, path: &str) -> Option<String> {
    let bytes = regular::read(&root.join(path), SIZE).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::root;

    fn line(files: &[(&str, &str)], image: &str) -> Option<String> {
        let root = root(files);
        of(root.path(), &root.path().join(image)).map(|(line, why)| format!("{line} ({why})"))
    }

    const IMAGE: (&str, &str) = ("boot/i-6.12.img", "");
    const OTHER: (&str, &str) = ("boot/i-6.9.img", "");
    const FILE: (&str, &str) = ("etc/kernel/cmdline", "root=UUID=a quiet\n");
    const MENU: (&str, &str) = (
        "boot/grub/grub.cfg",
        "set default=0\nmenuentry a --id a {\nlinux /vmlinuz-6.12 root=UUID=a nomodeset\n\
         initrd /i-6.12.img\n}\nmenuentry b --id b {\nlinux /vmlinuz-6.12 single\n\
         initrd /i-6.12.img\n}\n",
    );

    #[test]
    fn the_entry_that_boots_the_image_comes_before_what_kernel_install_would_write() {
        let entry = "root=UUID=a nomodeset (of the boot entry a)";
        assert_eq!(line(&[IMAGE, FILE, MENU], IMAGE.0).as_deref(), Some(entry));
        let written = "root=UUID=a quiet (of /etc/kernel/cmdline)";
        assert_eq!(line(&[OTHER, FILE, MENU], OTHER.0).as_deref(), Some(written));
        assert_eq!(line(&[OTHER, MENU], OTHER.0), None, "another image's line");
    }

    #[test]
    fn an_older_image_has_the_line_that_all_of_its_entries_say() {
        let entry = |name: &'static str, text: &'static str| (name, text);
        let new = entry("boot/loader/entries/f-6.12.conf", "options new\ninitrd /i-6.12.img\n");
        let old = entry("boot/loader/entries/f-6.9.conf", "options old\ninitrd /i-6.9.img\n");
        let files = [IMAGE, OTHER, new, old];
        let said = "old (of the boot entry f-6.9)";
        assert_eq!(line(&files, OTHER.0).as_deref(), Some(said));
        let rescue = entry("boot/loader/entries/a.conf", "options single\ninitrd /i-6.9.img\n");
        assert_eq!(line(&[IMAGE, OTHER, new, old, rescue], OTHER.0), None);
        let variable = entry("boot/loader/entries/f-6.9.conf", "options $x\ninitrd /i-6.9.img\n");
        assert_eq!(line(&[OTHER, variable], OTHER.0), None);
    }
}
