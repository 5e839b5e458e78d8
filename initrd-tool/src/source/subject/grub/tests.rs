//! What is taken of menus in the form of grub-mkconfig, and of those written by hand.

use super::*;

/// The form of 10_linux, in our own words: a menu with a submenu of all kernels.
const MENU: &str = r#"
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
else
   set default="DEFAULT"
fi
function load_video {
  insmod all_video
}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; fi
	linux	/boot/vmlinuz-6.12.9-amd64 root=UUID=1 ro  quiet "a=b c" $vt_handoff
	initrd	/boot/amd-ucode.img /boot/initrd.img-6.12.9-amd64
}
submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-1' {
	menuentry 'Linux 6.12.9' --class os $menuentry_id_option 'gnulinux-6.12.9-advanced-1' {
		linux	/boot/vmlinuz-6.12.9-amd64 root=UUID=1
		initrd	/boot/initrd.img-6.12.9-amd64
	}
	menuentry 'Linux 6.1.0' --id six {
		linux	($root)/@/boot/vmlinuz-6.1.0-amd64 root=UUID=1 single
		initrd	($root)/@/boot/initrd.img-6.1.0-amd64
	}
}
menuentry 'Firmware' $menuentry_id_option 'uefi-firmware' {
	fwsetup
}
"#;

fn taken(default: &str, once: &str, saved: &str) -> Option<String> {
    let entry = Menu::read(&MENU.replace("DEFAULT", default)).next(once, saved)?;
    Some(format!("{} {}: {}", entry.images().join(" "), entry.id, entry.options))
}

const FIRST: &str = "boot/initrd.img-6.12.9-amd64 gnulinux-simple-1: root=UUID=1 ro quiet a=b c";
const SIX: &str = "boot/initrd.img-6.1.0-amd64 six: root=UUID=1 single";

#[test]
fn the_entry_is_found_by_place_title_and_id_in_any_menu() {
    for (default, once, saved, wanted) in [
        ("0", "", "", FIRST),
        ("0", "", "six", FIRST),
        ("0", "gnulinux-advanced-1>six", "", SIX),
        ("1>1", "", "", SIX),
        ("${saved_entry}", "", "", FIRST),
        ("${saved_entry}", "", "Advanced options>Linux 6.1.0", SIX),
        ("Debian GNU/Linux", "", "", FIRST),
    ] {
        let got = taken(default, once, saved);
        assert_eq!(got.as_deref(), Some(wanted), "{default} {once} {saved}");
    }
}

#[test]
fn what_boots_no_kernel_or_is_decided_by_a_script_is_not_guessed() {
    for default in ["2", "1", "9", "gone", "${mine}", "1>9"] {
        assert_eq!(taken(default, "", ""), None, "{default}");
    }
    assert!(Menu::read("insmod blscfg\nblscfg\n").has_bls);
}

fn next(text: &str, once: &str, saved: &str) -> Option<String> {
    let entry = Menu::read(text).next(once, saved)?;
    Some(format!("{}: {}", entry.images().join(" "), entry.options))
}

#[test]
fn menus_written_by_hand_are_read() {
    let text = "default=2\nmenuentry Off { halt }\nmenuentry \"UEFI\" {\n\
                fwsetup }\nmenuentry 'Arch' { linux /vmlinuz-linux root=/dev/sda2 \\\n  rw quiet; \
                initrd /intel-uc.img /early.img /initramfs-linux.img }\n";
    let arch = "boot/initramfs-linux.img: root=/dev/sda2 rw quiet";
    assert_eq!(next(text, "", "").as_deref(), Some(arch));
    assert_eq!(next(text, "0", "").as_deref(), Some(arch), "it does not ask for next_entry");
}

#[test]
fn what_a_condition_decides_is_not_known() {
    let entry = |title: &str, id: &str| {
        format!("menuentry '{title}' --id '{id}' {{\nlinux /k-{title} a\ninitrd /i-{title}\n}}\n")
    };
    let (a, b) = (entry("a", "a"), entry("b", "b"));
    let two = format!("if [ $x ]; then set default=0; else\nset default=1\nfi\n{a}{b}");
    assert_eq!(next(&two, "", ""), None, "two defaults");
    let maybe = format!("set default=1\nif [ -e /x ]; then\n{a}fi\n{b}");
    assert_eq!(next(&maybe, "", ""), None, "the number may mean another");
    let by_id = maybe.replace("default=1", "default=b");
    assert_eq!(next(&by_id, "", "").as_deref(), Some("boot/i-b: a"));
    let after = format!("set default=0\n{a}if [ -e /x ]; then\n{b}fi\n");
    assert_eq!(next(&after, "", "").as_deref(), Some("boot/i-a: a"));
    // Ubuntu's entry with GRUB_FORCE_PARTUUID, in our own words.
    let forced = "menuentry u {\nif [ \"${initrdfail}\" = 1 ]; then\nlinux /k a\ninitrd /i\n\
                  else\nlinux /k b panic=-1\nfi\n}\n";
    assert_eq!(next(forced, "", ""), None, "with or without an initrd");
}

#[test]
fn another_systems_entry_and_a_snapshots_are_not_this_roots() {
    let other = "set default=\"${saved_entry}\"\nmenuentry 'Debian (on /dev/sdb2)' \
                 $menuentry_id_option 'osprober-gnulinux-simple-2' {\nlinux /boot/vmlinuz-6.1.0\n\
                 initrd /boot/initrd.img-6.1.0\n}\n";
    assert_eq!(next(other, "", ""), None);
    assert_eq!(path("/@/boot/vmlinuz-linux"), "/boot/vmlinuz-linux");
    let snapshot = "/@/.snapshots/5/snapshot/boot/vmlinuz-linux";
    assert_eq!(path(snapshot), snapshot);
}

#[test]
fn braces_that_do_not_match_and_deep_ones_give_no_entry_of_another_menu() {
    let deep = "submenu a {\n".repeat(5000) + "menuentry b {\nlinux /k\ninitrd /i\n}\n";
    assert_eq!(next(&deep, "", ""), None);
    assert_eq!(next("}}}\nmenuentry 'b {\nlinux /k\ninitrd /i\n}\n", "", ""), None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_panic(
        text in "((menuentry|submenu|linux|initrd|set default=|\\}|f \\{)[ '\"\\\\a-z0-9/>{}]{0,16}\n|.{0,20}\n){0,12}",
        once in "[0-9a>]{0,6}",
    ) {
        let _ = Menu::read(&text).next(&once, "");
    }
}
