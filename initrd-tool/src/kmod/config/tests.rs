//! Tests of the merged configuration over small directories.

use super::*;
use crate::base::limits::Limits;
use crate::source::dir::DirFiles;
use std::fs;

fn config(files: &[(&str, &str)], cmdline: &str) -> Config {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match text.strip_prefix("-> ") {
            Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
            None => fs::write(path, text).unwrap(),
        }
    }
    let files = DirFiles::open(dir.path(), &Limits::DEFAULT).unwrap();
    Config::read(&files, Some(b"lib/modules/9"), cmdline.as_bytes())
}

fn places(items: &[Item]) -> Vec<String> {
    items
        .iter()
        .map(|i| format!("{} {} {}", i.place, printable(&i.name), printable(&i.text)))
        .collect()
}

#[test]
fn files_go_by_name_and_the_command_line_comes_last() {
    let got = config(
        &[
            ("etc/modprobe.d/b.conf", "options nvidia-drm modeset=0\n"),
            ("usr/lib/modprobe.d/a.conf", "# x\noptions nvidia_drm \\\n modeset=1\n"),
            ("usr/lib/modprobe.d/b.conf", "options nvidia_drm fbdev=1\n"),
        ],
        "quiet nvidia-drm.modeset=1 modprobe.blacklist=nvidia-drm,nouveau",
    );
    assert_eq!(
        places(&got.options),
        [
            "usr/lib/modprobe.d/a.conf:2 nvidia_drm modeset=1",
            "etc/modprobe.d/b.conf:1 nvidia_drm modeset=0",
            "kernel command line, word 2 nvidia_drm modeset=1",
        ]
    );
    // kmod leaves the dash, so that this name is no module's.
    assert_eq!(
        places(&got.blacklist),
        ["kernel command line, word 3 nvidia-drm ", "kernel command line, word 3 nouveau "]
    );
    let hidden: Vec<_> =
        got.files.iter().filter(|f| matches!(f.state, State::HiddenBy(_))).collect();
    assert_eq!(hidden.len(), 1);
    assert_eq!(&hidden[0].path[..], b"usr/lib/modprobe.d/b.conf");
}

#[test]
fn modules_softdep_takes_part_under_its_name() {
    let got = config(
        &[
            ("lib/modules/9/modules.softdep", "# c\nsoftdep nvidia pre: ecdh_generic\n"),
            ("etc/modprobe.d/nixos.conf", "softdep nvidia post: nvidia-uvm\n"),
            ("etc/modprobe.d/a.conf", "softdep nvidia pre: a\n"),
        ],
        "",
    );
    let order: Vec<_> = got.softdeps.iter().map(|s| s.place.to_string()).collect();
    assert_eq!(
        order,
        [
            "etc/modprobe.d/a.conf:1",
            "lib/modules/9/modules.softdep:2",
            "etc/modprobe.d/nixos.conf:1"
        ]
    );
}

#[test]
fn a_directory_that_cannot_be_listed_is_told() {
    // A link to itself: root may list any directory that is one.
    let got = config(&[("etc/modprobe.d", "-> modprobe.d")], "");
    let unread: Vec<_> =
        got.files.iter().filter(|f| matches!(f.state, State::Unreadable(_))).collect();
    assert_eq!(unread.len(), 1, "{:?}", got.files);
    assert_eq!(&unread[0].path[..], b"etc/modprobe.d");
}

#[test]
fn a_mask_hides_and_a_dangling_link_does_not() {
    let got = config(
        &[
            ("etc/modprobe.d/a.conf", "-> /dev/null"),
            ("etc/modprobe.d/b.conf", "-> nowhere"),
            ("lib/modprobe.d/a.conf", "blacklist a\n"),
            ("lib/modprobe.d/b.conf", "blacklist b\n"),
        ],
        "",
    );
    assert_eq!(places(&got.blacklist), ["lib/modprobe.d/b.conf:1 b "]);
}

#[test]
fn lines_of_any_length_are_kept_whole_and_bad_ones_apart() {
    let long = format!("softdep a pre: {}z\n", "b ".repeat(5000));
    let got = config(
        &[("etc/modprobe.d/a.conf", &format!("{long}option a b=1\nalias x[ y\nalias x y]\n"))],
        "",
    );
    assert_eq!(got.softdeps[0].pre.len(), 5001);
    assert_eq!(got.ignored.len(), 3);
}

#[test]
fn a_link_to_itself_hides_nothing_that_kmod_34_would_read() {
    let got = config(
        &[
            ("etc/modprobe.d/x.conf", "-> x.conf"),
            ("usr/lib/modprobe.d/x.conf", "options nvidia_drm modeset=0\n"),
        ],
        "",
    );
    assert_eq!(places(&got.options), ["usr/lib/modprobe.d/x.conf:1 nvidia_drm modeset=0"]);
    let states: Vec<_> = got.files.iter().map(|file| file.state.clone()).collect();
    assert!(states.contains(&State::Dangling) && got.unread().next().is_none(), "{states:?}");
}
