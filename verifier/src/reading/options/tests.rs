//! Cases of the options: how they merge, and how values compare.

use super::*;
use crate::testing::Case;
use std::format;
use std::vec::Vec;

#[test]
fn quotes_hold_words_together() {
    let facts = Case::initrd(
        "etc/modprobe.d/a.conf = options nvidia  a=1 dyndbg=\"file x +p\"  b\x0bc=2 \n",
    )
    .facts();
    let words: Vec<_> = of(&facts, "nvidia").map(|s| format!("{} {}", s.name, s.value)).collect();
    assert_eq!(words, ["a 1", "dyndbg file x +p", "b ", "c 2"]);
}

#[test]
fn values_compare_by_meaning() {
    for (a, b) in [("1", "Y"), ("on", "Y"), ("0x02", "2"), ("N", "0"), ("0666", "438")] {
        assert!(same_value(a, b), "{a} {b}");
    }
    assert!(same_value("-1", "4294967295"));
    for (a, b) in [("1", "2"), ("12", "Y1"), ("0", "Y"), ("1", "12"), ("-1", "1")] {
        assert!(!same_value(a, b), "{a} {b}");
    }
}

// The order measured with kmod 30 and 34: files by name, then lines, then
// the words of the command line; dash and underscore alike.
#[test]
fn the_last_setting_of_a_name_counts_and_the_command_line_stands_last() {
    let files = "etc/modprobe.d/b.conf = options nvidia_drm modeset=0 fbdev=1\n\
                 etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n";
    let place = |tree: &str| {
        let facts = Case::initrd(tree).facts();
        last(&facts, "nvidia-drm", "modeset").map(|s| format!("{} {}", s.value, s.place))
    };
    assert_eq!(place(files).unwrap(), "0 etc/modprobe.d/b.conf:1");
    let words = format!("{files}proc/cmdline = nvidia_drm.modeset=0 nvidia-drm.modeset=1\n");
    assert_eq!(place(&words).unwrap(), "1 kernel command line, word 2");
}

// EnvyControl writes it so, and the driver's README too.
#[test]
fn the_kernel_takes_quotes_off_the_word_and_off_the_value() {
    let facts = Case::initrd(
        "etc/modprobe.d/a.conf <<EOF\noptions nvidia \"NVreg_DynamicPowerManagement=0x02\"\n\
         options nvidia NVreg_RegistryDwords=\"A=1;B=2\"\nEOF\n",
    )
    .facts();
    let value = |name| last(&facts, "nvidia", name).map(|set| set.value);
    assert_eq!(value("NVreg_DynamicPowerManagement").unwrap(), "0x02");
    assert_eq!(value("NVreg_RegistryDwords").unwrap(), "A=1;B=2");
}

#[test]
fn integers_are_what_the_kernels_parser_takes() {
    for good in ["0", "2", "0x02", "-1", "+3", "0660", "2147483647", "-2147483648"] {
        assert!(is_integer(good), "{good}");
    }
    for bad in ["", "auto", "1,", "0x", "08", "4294967295", "2147483648", "-+1", "--1", "1 "] {
        assert!(!is_integer(bad), "{bad}");
    }
}

#[test]
fn names_in_another_case_and_patterns_set_nothing() {
    let facts = Case::initrd(
        "etc/modprobe.d/a.conf <<EOF\noptions NVIDIA-DRM modeset=1\noptions nvidia* modeset=1\nEOF\n",
    )
    .facts();
    assert_eq!(facts.config.of(Directive::Options).count(), 2);
    assert!(last(&facts, "nvidia_drm", "modeset").is_none());
}

#[test]
fn a_bare_word_gives_what_the_kernel_takes_for_true() {
    assert!(gives(None, "Y") && gives(None, "1") && !gives(None, "N"));
    assert!(gives(Some("on"), "Y") && !gives(Some("0"), "Y"));
}

#[test]
fn the_last_setting_is_known_by_its_place_and_its_value() {
    let facts = Case::initrd(
        "etc/modprobe.d/a.conf = options nvidia_drm modeset=1\n\
         etc/modprobe.d/b.conf = options nvidia_drm modeset=0 modeset=1\n",
    )
    .facts();
    let last: Vec<_> = all(&facts).map(|set| is_last(&facts.config, &set)).collect();
    assert_eq!(last, [false, false, true]);
}
