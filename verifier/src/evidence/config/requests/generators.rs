//! The lists that an initrd's own scripts go through: initramfs-tools', mkinitcpio's
//! and dracut's. A root has none of these files.

use super::from_word;
use crate::evidence::conf_files::ConfFiles;
use crate::evidence::config::better;
use crate::facts::config::Asker;
use crate::facts::{Lost, Phase, Place};
use crate::parse::cmdline;
use crate::seen::Seen;
use crate::tree::{Flow, Tree};

/// One module a line, its parameters behind it.
const INITRAMFS_TOOLS: &str = "conf/modules";
/// Shell assignments; `MODULES="…"` is what init gives to modprobe (mkinitcpio
/// init, `buildconfig`).
const MKINITCPIO: &str = "config";
/// Words beside the command line's, which dracut's scripts alone read (dracut-lib.sh
/// `getcmdline`); `force_drivers+=` ends in 20-force_drivers.conf.
const DRACUT: (&str, &str) = ("etc/cmdline", "etc/cmdline.d");

/// Hands out what the lists ask for; `Yes` where one asks for anything.
pub(super) fn each(tree: &dyn Tree, take: &mut dyn FnMut(&[u8], Place, Asker)) -> Seen<()> {
    let mut seen = Seen::NotLooked;
    let mut take = |module: &[u8], place: Place, by| {
        seen = Seen::Yes(());
        take(module, place, by);
    };
    lines(tree, INITRAMFS_TOOLS, &mut |place, line| {
        let word = line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
        if let Some(name) = word.filter(|word| !word.starts_with(b"#")) {
            take(name, place, Asker::InitramfsTools);
        }
    });
    lines(tree, MKINITCPIO, &mut |place, line| {
        let Some(value) = line.strip_prefix(b"MODULES=") else { return };
        let words =
            value.split(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'(' | b')'));
        // A question mark asks for the module only where it exists.
        for name in words.filter(|word| !word.is_empty() && !word.ends_with(b"?")) {
            take(name, place.clone(), Asker::Mkinitcpio);
        }
    });
    let mut dracut = |path: &str| {
        lines(tree, path, &mut |place, line| {
            for word in cmdline::words(line) {
                from_word(&word, Phase::Image, &mut |module, by| {
                    if by == Asker::Dracut {
                        take(module, place.clone(), by);
                    }
                });
            }
        });
    };
    dracut(DRACUT.0);
    let mut files = ConfFiles::default();
    // The image of another generator has no such folder, and of too many files the
    // first ones are read.
    let _ = files.insert_directory(tree, DRACUT.1, &mut Lost::new());
    files.iter().for_each(|path| dracut(path));
    better(Seen::NotLooked, seen)
}

fn lines(tree: &dyn Tree, path: &str, f: &mut dyn FnMut(Place, &[u8])) {
    let mut number = 0u32;
    // An image of another generator has no such file.
    let _ = tree.lines(path, &mut |line| {
        number = number.saturating_add(1);
        f(Place::line(path, number), line);
        Flow::More
    });
}

#[cfg(test)]
mod tests {
    use crate::facts::config::Asker;
    use crate::testing::Case;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    fn asked(case: Case) -> Vec<String> {
        let facts = case.facts();
        let requests = facts.config.requests.yes().map_or(&[][..], |r| r.as_slice());
        requests.iter().map(|r| format!("{} {} {:?}", r.module, r.place, r.by)).collect()
    }

    #[test]
    fn each_generators_list_asks_in_an_image() {
        let tree = "conf/modules <<EOF\n# forced\nnvidia-drm modeset=1\nEOF\n\
            config <<EOF\nMODULES=\"nvidia vfio?\"\nEARLYHOOKS=\"udev\"\nEOF\n\
            etc/cmdline.d/20-force_drivers.conf =  rd.driver.pre=nvidia rd.driver.pre=nvidia_uvm\n";
        let all = [
            "nvidia-drm conf/modules:2 InitramfsTools",
            "nvidia config:1 Mkinitcpio",
            "nvidia etc/cmdline.d/20-force_drivers.conf:1 Dracut",
            "nvidia_uvm etc/cmdline.d/20-force_drivers.conf:1 Dracut",
        ];
        assert_eq!(asked(Case::image(tree)), all);
        assert!(asked(Case::pre_display(tree)).is_empty());
    }

    // systemd-modules-load and kmod read /proc/cmdline only.
    #[test]
    fn dracuts_own_words_ask_for_nothing_else() {
        let tree = "etc/cmdline.d/a.conf = rd.modules_load=nvidia modules_load=nvidia_drm\n";
        assert!(asked(Case::image(tree)).is_empty());
    }

    #[test]
    fn dracuts_loads_alone_pass_a_blacklist_by() {
        assert!(Asker::ModulesLoad.obeys_blacklist() && Asker::Mkinitcpio.obeys_blacklist());
        assert!(!Asker::Dracut.obeys_blacklist() && !Asker::InitramfsTools.obeys_blacklist());
    }
}
