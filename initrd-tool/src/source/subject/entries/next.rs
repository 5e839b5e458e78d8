//! Which entry the next boot takes, as far as files tell: GRUB's settings and menu,
//! systemd-boot's settings and order. Says nothing where another loader may run, where a
//! file that decides cannot be read, or where only the loader knows.

use super::super::grub::Menu;
use super::{BOOT, Entry, SIZE, all};
use crate::base::regular;
use nvpreflight::kmod::fnmatch::fnmatch;
use std::cmp::Ordering;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Bytes of a grub.cfg: one with hundreds of snapshots has some hundred kilobytes.
const MENU_SIZE: u64 = 4 << 20;
/// Files of loaders whose choice is not known here: Limine and rEFInd.
const OTHERS: [&str; 6] = [
    "limine.conf",
    "limine/limine.conf",
    "EFI/limine/limine.conf",
    "EFI/BOOT/limine.conf",
    "EFI/refind/refind.conf",
    "refind_linux.conf",
];
/// systemd-boot's choices, the one for one boot first (systemd-boot(7), "EFI variables").
const CHOICES: [&str; 2] = ["LoaderEntryOneShot", "LoaderEntryDefault"];
/// The vendor of those variables.
const VENDOR: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// A file's text, empty where there is none.
///
/// # Errors
/// A file that is there, or may be, and cannot be read.
fn text(root: &Path, path: &str, most: u64) -> Result<String, ()> {
    let path = root.join(path);
    match fs::metadata(&path) {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::PermissionDenied => return Err(()),
        Err(_) => return Ok(String::new()),
    }
    let bytes = regular::read(&path, most).map_err(|_| ())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The entry that the next boot takes: what GRUB and systemd-boot are told to take, else
/// the one that they list first; `None` where that is not known.
#[must_use]
pub fn next(root: &Path) -> Option<Entry> {
    let beside = |path: &&str| BOOT.iter().any(|boot| root.join(boot).join(path).exists());
    if OTHERS.iter().any(beside) {
        return None;
    }
    let entries = all(root);
    for folder in ["boot/grub2", "boot/grub"] {
        let env = text(root, &format!("{folder}/grubenv"), SIZE).ok()?;
        let mut menu = text(root, &format!("{folder}/grub.cfg"), MENU_SIZE).ok()?;
        if menu.contains("custom.cfg") {
            // 41_custom.in takes it in, at the end.
            menu += &text(root, &format!("{folder}/custom.cfg"), MENU_SIZE).ok()?;
        }
        let menu = Menu::read(&menu);
        let value = |key| env.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        let (once, saved) = (value("next_entry="), value("saved_entry="));
        if !menu.has_bls && menu.boots_linux() {
            let alone = entries.is_empty() && unified(root).is_empty();
            return menu.next(once, saved).filter(|_| alone);
        }
        if menu.has_bls {
            return bls(entries, menu.chosen(once, saved)?);
        }
        // A menu that only hands over, or none.
        for id in [once, saved] {
            if let Some(entry) = entries.iter().find(|entry| !id.is_empty() && entry.id == id) {
                return Some(entry.clone());
            }
        }
    }
    systemd_boot(root, entries)
}

/// Of the entries in GRUB's menu, by place, id or title; the first where it is none of
/// them. Its `blscfg` lists the highest name first.
fn bls(mut entries: Vec<Entry>, chosen: &str) -> Option<Entry> {
    entries.sort_by(|a, b| versions(&b.id, &a.id));
    let is = |entry: &&Entry| !chosen.is_empty() && (entry.id == chosen || entry.title == chosen);
    match chosen.parse::<usize>() {
        Ok(at) => entries.get(at).cloned(),
        Err(_) => entries.iter().find(is).or_else(|| entries.first()).cloned(),
    }
}

/// Of entries alone, as systemd-boot chooses (src/boot/boot.c, config_select_default_entry).
fn systemd_boot(root: &Path, mut entries: Vec<Entry>) -> Option<Entry> {
    entries.sort_by(order);
    let unified = unified(root);
    let is = |pattern: &str, id: &str| {
        let name = format!("{id}.conf");
        [id, &name].iter().any(|name| fnmatch(pattern.as_bytes(), name.as_bytes()))
    };
    for choice in CHOICES {
        let path = root.join(format!("sys/firmware/efi/efivars/{choice}-{VENDOR}"));
        let Ok(bytes) = regular::read(&path, SIZE) else { continue };
        let id = utf16(bytes.get(4..).unwrap_or_default());
        return entries.into_iter().find(|entry| is(&id, &entry.id));
    }
    for boot in BOOT {
        let conf = text(root, &format!("{boot}/loader/loader.conf"), SIZE).ok()?;
        let default = |line: &str| {
            let (key, value) = line.trim().split_once([' ', '\t'])?;
            (key == "default").then(|| value.trim().to_owned())
        };
        let Some(pattern) = conf.lines().filter_map(default).next_back() else { continue };
        if pattern.starts_with('@') || unified.iter().any(|name| is(&pattern, name)) {
            return None;
        }
        if let Some(entry) = entries.iter().find(|entry| is(&pattern, &entry.id)) {
            return Some(entry.clone());
        }
    }
    // Unified images stand among the entries, in an order that is written inside them.
    entries.into_iter().next().filter(|_| unified.is_empty())
}

/// The order of systemd-boot's menu (UAPI.1, "Sorting").
fn order(a: &Entry, b: &Entry) -> Ordering {
    let keyed = |entry: &Entry| !entry.sort_key.is_empty();
    let by_key = || match keyed(a) && keyed(b) {
        true => a.sort_key.cmp(&b.sort_key).then_with(|| versions(&b.version, &a.version)),
        false => keyed(b).cmp(&keyed(a)),
    };
    a.bad.cmp(&b.bad).then_with(by_key).then_with(|| versions(&b.id, &a.id))
}

/// Names of the unified kernel images beside the entries (UAPI.1, type 2).
fn unified(root: &Path) -> Vec<String> {
    let folders = BOOT.iter().map(|boot| root.join(boot).join("EFI/Linux"));
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names.filter(|name| name.to_ascii_lowercase().ends_with(".efi")).collect()
}

/// The text of an EFI variable, to its end mark.
fn utf16(bytes: &[u8]) -> String {
    let unit = |two: &[u8]| two.try_into().ok().map(u16::from_le_bytes);
    let units = bytes.chunks_exact(2).filter_map(unit);
    String::from_utf16_lossy(&units.take_while(|unit| *unit != 0).collect::<Vec<_>>())
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
    fn systemd_boots_order_is_by_sort_key_with_given_up_entries_last() {
        let arch = ("boot/loader/entries/arch.conf", "sort-key arch\nlinux /k\ninitrd /a.img\n");
        let b = ("boot/loader/entries/z-2.conf", "sort-key z\nversion 2\nlinux /k\ninitrd /b\n");
        assert_eq!(taken(&[NEW, arch, b]).as_deref(), Some("arch: boot/a.img"));
        let bad = ("boot/loader/entries/arch+0-3.conf", arch.1);
        assert_eq!(taken(&[NEW, bad, b]).as_deref(), Some("z-2: boot/b"));
    }

    #[test]
    fn a_unified_image_or_an_efi_variable_may_be_what_is_taken() {
        let uki = ("boot/EFI/Linux/arch-linux.efi", "x");
        assert_eq!(taken(&[NEW, uki]), None, "the order is in the image");
        let conf = |text| ("boot/loader/loader.conf", text);
        assert_eq!(taken(&[NEW, uki, conf("default arch-linux.efi\n")]), None);
        let named = taken(&[NEW, uki, conf("default fedora-*\n")]);
        assert_eq!(named.as_deref(), Some("fedora-6.12: boot/i-6.12.img"));
        let path = format!("sys/firmware/efi/efivars/LoaderEntryDefault-{VENDOR}");
        let variable = |id: &str| {
            let units = id.chars().flat_map(|c| [c, '\0']);
            format!("\u{7}\0\0\0{}\0\0", units.collect::<String>())
        };
        let (old, gone) = (variable("fedora-6.9.conf"), variable("auto-windows"));
        let with = |text: &str| taken(&[OLD, NEW, (path.as_str(), text)]);
        assert_eq!(with(&old).as_deref(), Some("fedora-6.9: boot/i-6.9.img"));
        assert_eq!(with(&gone), None);
    }

    #[test]
    fn where_another_loader_may_run_nothing_is_said() {
        let grub = "menuentry a {\nlinux /k\ninitrd /i\n}\n";
        let grub = ("boot/grub/grub.cfg", grub);
        assert_eq!(taken(&[grub]).as_deref(), Some("a: boot/i"));
        for other in ["boot/limine.conf", "boot/efi/EFI/refind/refind.conf", "efi/EFI/Linux/a.efi"]
        {
            assert_eq!(taken(&[grub, (other, "x")]), None, "{other}");
        }
        assert_eq!(taken(&[NEW, ("boot/limine.conf", "x")]), None);
    }

    #[test]
    fn fedoras_menu_takes_what_its_settings_say_and_not_what_was_saved_before() {
        let menu = |default: &str| {
            let text = format!(
                "if [ \"${{boot_counter}}\" = \"0\" ]; then\n  set default=1\nfi\n\
                 set default=\"{default}\"\ninsmod blscfg\nblscfg\n"
            );
            ("boot/grub2/grub.cfg", text)
        };
        let env = ("boot/grub2/grubenv", "saved_entry=fedora-6.9\n");
        let with = |default: &str| {
            let menu = menu(default);
            taken(&[OLD, NEW, env, (menu.0, menu.1.as_str())])
        };
        let (new, old) = ("fedora-6.12: boot/i-6.12.img", "fedora-6.9: boot/i-6.9.img");
        assert_eq!(with("0").as_deref(), Some(new));
        assert_eq!(with("1").as_deref(), Some(old));
        assert_eq!(with("${saved_entry}").as_deref(), Some(old));
    }

    #[test]
    fn what_cannot_be_read_or_is_set_in_custom_cfg_decides_too() {
        let text = "set default=0\nmenuentry a {\nlinux /k\ninitrd /i\n}\n\
                    menuentry b {\nlinux /k\ninitrd /b\n}\nsource ${p}/custom.cfg\n";
        let menu = ("boot/grub/grub.cfg", text);
        assert_eq!(taken(&[menu]).as_deref(), Some("a: boot/i"));
        assert_eq!(taken(&[menu, ("boot/grub/custom.cfg", "set default=1\n")]), None);
        let unreadable = root(&[menu]);
        fs::create_dir(unreadable.path().join("boot/grub/grubenv")).expect("not a file");
        assert!(next(unreadable.path()).is_none());
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
        fn versions_have_one_order(a in "[a0-9.-]{0,10}", b in "[a0-9.-]{0,10}") {
            proptest::prop_assert_eq!(versions(&a, &b), versions(&b, &a).reverse());
        }
    }
}
