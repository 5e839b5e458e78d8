//! Premise: kmod's documented special cases come out as kmod's own test suite expects
//! them (testsuite/test-modprobe.c, test-blacklist.c, test-weakdep.c). The fixtures
//! are ours: text indexes, which the model reads where no binary one is.

// Clippy counts helpers of tests as code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::kmod::Kmod;
use nvpreflight_tool::kmod::resolve::{Resolver, Via, Way};
use nvpreflight_tool::kmod::shadow;
use nvpreflight_tool::source::dir::DirFiles;
use std::fs;
use tempfile::TempDir;

const FOLDER: &str = "lib/modules/4.4.4";
const DEP: &str = "kernel/a.ko: kernel/b.ko\nkernel/b.ko:\nkernel/s.ko:\n\
                   kernel/nvidia.ko:\nkernel/nvidia-uvm.ko: kernel/nvidia.ko\n\
                   kernel/nvidia-drm.ko: kernel/nvidia.ko\n";

struct Case {
    dir: TempDir,
    cmdline: String,
}

impl Case {
    fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let case = Self { dir, cmdline: String::new() };
        case.file("modules.dep", DEP).file("modules.builtin", "kernel/net/unix.ko\n");
        for module in ["a", "b", "s", "nvidia", "nvidia-uvm", "nvidia-drm"] {
            case.file(&format!("kernel/{module}.ko"), "");
        }
        fs::create_dir_all(case.dir.path().join("etc/modprobe.d")).unwrap();
        fs::write(case.dir.path().join("etc/modprobe.d/nixos.conf"), config).unwrap();
        case
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.dir.path().join(FOLDER).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn cmdline(mut self, text: &str) -> Self {
        self.cmdline = text.into();
        self
    }

    /// `modprobe --show-depends` without the folder.
    fn ask(&self, name: &str, way: Way) -> (Via, Vec<String>) {
        let files = DirFiles::open(self.dir.path(), &Limits::DEFAULT).unwrap();
        let kmod = Kmod::new(&files, FOLDER.as_bytes(), self.cmdline.as_bytes());
        let outcome = Resolver::new(&kmod).ask(name.as_bytes(), way);
        let plain = |line: Vec<u8>| {
            let text = String::from_utf8(line).unwrap();
            text.replace("/lib/modules/4.4.4/kernel/", "").trim_end().to_owned()
        };
        (outcome.via.clone(), outcome.show_depends("").into_iter().map(plain).collect())
    }

    fn lines(&self, name: &str) -> Vec<String> {
        self.ask(name, Way::Modprobe).1
    }

    fn notes(&self, name: &str) -> Vec<&'static str> {
        let files = DirFiles::open(self.dir.path(), &Limits::DEFAULT).unwrap();
        let kmod = Kmod::new(&files, FOLDER.as_bytes(), self.cmdline.as_bytes());
        let outcome = Resolver::new(&kmod).ask(name.as_bytes(), Way::Modprobe);
        shadow::notes(&kmod, &[outcome]).iter().map(|n| n.kind).collect()
    }
}

#[test]
fn what_a_module_needs_comes_first() {
    assert_eq!(Case::new("").lines("a"), ["insmod b.ko", "insmod a.ko"]);
}

#[test]
fn an_alias_to_a_module_that_is_not_there_loads_nothing_and_succeeds() {
    let (via, lines) = Case::new("alias s deaddood\n").ask("s", Way::Modprobe);
    assert!(matches!(via, Via::ConfigAlias(_)) && lines.is_empty());
}

#[test]
fn a_built_in_module_is_found_and_nothing_is_loaded() {
    let (via, lines) = Case::new("").ask("unix", Way::Modprobe);
    assert_eq!((via, lines), (Via::Builtin, vec!["builtin unix".to_owned()]));
}

#[test]
fn a_loop_of_a_softdep_and_a_need_ends() {
    let lines = Case::new("softdep b post: a\n").lines("b");
    assert_eq!(lines, ["insmod b.ko", "insmod b.ko", "insmod a.ko"]);
}

#[test]
fn a_weakdep_loads_nothing() {
    let case = Case::new("weakdep b a\n");
    assert_eq!(case.lines("b"), ["insmod b.ko"]);
    assert!(case.notes("b").contains(&"weakdep-loads-nothing"));
}

#[test]
fn the_command_lines_options_come_with_and_without_a_value() {
    let case = Case::new("options s a=1\n").cmdline("s.foo quiet s.bar=1 x.s.y=2");
    assert_eq!(case.lines("s"), ["insmod s.ko a=1 foo bar=1"]);
}

#[test]
fn a_blacklist_counts_by_exact_name_and_way() {
    let case = Case::new("blacklist nvidia\nblacklist nvidia-drm-extra\n");
    assert_eq!(case.lines("nvidia"), ["insmod nvidia.ko"]);
    assert!(case.ask("nvidia", Way::Blacklist).1.is_empty());
    // What a module needs is never left out.
    assert_eq!(
        case.ask("nvidia-drm", Way::Blacklist).1,
        ["insmod nvidia.ko", "insmod nvidia-drm.ko"]
    );
}

// Measured with kmod 30: `modprobe -c` shows the name with its dash, and `modprobe -b`
// loads the module.
#[test]
fn a_dash_on_the_command_line_blacklists_nothing() {
    let dash = Case::new("").cmdline("modprobe.blacklist=nvidia-drm");
    assert_eq!(dash.ask("nvidia-drm", Way::Blacklist).1.len(), 2);
    assert!(dash.notes("nvidia-drm").contains(&"blacklist-without-effect"));
    let plain = Case::new("").cmdline("modprobe.blacklist=nvidia_drm");
    assert!(plain.ask("nvidia-drm", Way::Blacklist).1.is_empty());
}

// kmod's issues 33 and 446.
#[test]
fn only_the_first_softdep_counts_and_it_switches_install_off() {
    let case = Case::new(
        "softdep nvidia post: nvidia-uvm\nsoftdep nvidia post: nvidia-drm\n\
         install nvidia /bin/false\n",
    );
    let lines = case.lines("nvidia");
    assert_eq!(lines, ["insmod nvidia.ko", "insmod nvidia.ko", "insmod nvidia-uvm.ko"]);
    let notes = case.notes("nvidia");
    assert!(notes.contains(&"softdep-shadowed") && notes.contains(&"install-unused"), "{notes:?}");
    assert_eq!(Case::new("install nvidia /bin/false\n").lines("nvidia"), ["install /bin/false"]);
}

// NVP108 takes both for the same line, too.
#[test]
fn a_softdep_in_another_order_or_spelling_loses_nothing() {
    let case = Case::new(
        "softdep nvidia post: nvidia-uvm nvidia-drm\nsoftdep nvidia post: nvidia_drm nvidia_uvm\n",
    );
    assert!(!case.notes("nvidia").contains(&"softdep-shadowed"), "{:?}", case.notes("nvidia"));
}

// The open modules carry this softdep, and "modules.softdep" sorts before "nixos.conf".
#[test]
fn the_modules_own_softdep_hides_the_one_in_nixos_conf() {
    let case = Case::new("softdep nvidia post: nvidia-uvm\n");
    case.file("modules.softdep", "softdep nvidia pre: ecdh_generic,ecdsa_generic\n");
    assert_eq!(case.lines("nvidia"), ["insmod nvidia.ko"]);
    let notes = case.notes("nvidia");
    assert!(notes.contains(&"softdep-shadowed") && notes.contains(&"softdep-unknown-target"));
}

#[test]
fn a_needed_file_that_is_missing_leaves_out_everything_that_is_needed() {
    let case = Case::new("");
    fs::remove_file(case.dir.path().join(FOLDER).join("kernel/b.ko")).unwrap();
    assert_eq!(case.lines("a"), ["insmod a.ko"]);
}

#[test]
fn a_missing_binary_index_is_told() {
    assert!(Case::new("").notes("a").contains(&"index-missing"));
}
