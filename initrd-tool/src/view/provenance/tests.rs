//! Tables of running systems, of images with and without a root, and of lines that
//! reach nothing.

use super::*;
use crate::facts::testing::{Memory, module};
use crate::facts::{Beside, collect};
use crate::source::files::Files;
use nvpreflight::capture::Capture;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::Phase;

fn live(phase: Phase, tree: &str) -> Vec<Provenance> {
    let mut facts = Box::new(Facts::new(phase));
    evidence::collect(&Capture::new(tree.as_bytes()), &Expectations::new(), &mut facts);
    tables(&facts)
}

fn image(files: Memory, root: Option<Memory>, cmdline: Option<&str>) -> Vec<Provenance> {
    const WANT: &Expectations = &Expectations::new();
    let (mut files, mut root) = (files, root);
    let mut beside = Beside::nothing(WANT);
    beside.root = root.as_mut().map(|root| root as &mut dyn Files);
    beside.cmdline = cmdline.map(str::as_bytes);
    tables(&collect(&mut files, beside).expect("facts"))
}

fn with_driver(version: &str) -> Memory {
    let folder = "lib/modules/6.12.1";
    let nvidia = [format!("version={version}"), "name=nvidia".to_owned()];
    let nvidia: Vec<&str> = nvidia.iter().map(String::as_str).collect();
    let drm = ["name=nvidia_drm", "depends=nvidia", "parm=modeset:x", "parm=fbdev:x"];
    Memory::default()
        .file(&format!("{folder}/modules.dep"), "nvidia.ko:\nnvidia-drm.ko: nvidia.ko\n")
        .file(&format!("{folder}/nvidia.ko"), module(&nvidia, &[], &[]))
        .file(&format!("{folder}/nvidia-drm.ko"), module(&drm, &[], &[]))
}

fn table(tables: &[Provenance], name: &str) -> String {
    let of_it: Vec<_> = tables
        .iter()
        .filter(|t| format!("{}.{}", t.module, t.parameter) == name)
        .cloned()
        .collect();
    assert_eq!(of_it.len(), 1, "{name}: {tables:#?}");
    render(&of_it)
}

const LOADED: &str = "proc/modules <<EOF\nnvidia_drm 1 0 - Live 0x0 (OE)\n\
    nvidia 1 1 nvidia_drm, Live 0x0 (OE)\nEOF\n\
    sys/module/nvidia_drm/initstate = live\n\
    sys/module/nvidia/version = 595.45.04\n";

#[test]
fn a_running_system_shows_the_value_and_the_line_that_set_it() {
    let tree = format!(
        "{LOADED}etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n\
         etc/modprobe.d/b.conf = options nvidia_drm modeset=1\n\
         proc/cmdline = quiet nvidia-drm.modeset=0\n\
         sys/module/nvidia_drm/parameters/modeset = N\n"
    );
    assert_eq!(
        table(&live(Phase::PreDisplay, &tree), "nvidia_drm.modeset"),
        "nvidia_drm.modeset: N in force, set by kernel command line, word 2 (read from \
         sys/module/nvidia_drm/parameters/modeset)\n  \
         default    Y\n  \
         root       0  etc/modprobe.d/a.conf:1  repeated by kernel command line, word 2\n  \
         root       1  etc/modprobe.d/b.conf:1  overridden by kernel command line, word 2\n  \
         cmdline    0  kernel command line, word 2  counts\n"
    );
}

#[test]
fn a_value_that_no_line_says_is_not_blamed_on_one() {
    let tree = format!(
        "{LOADED}etc/modprobe.d/b.conf = options nvidia_drm modeset=1\n\
         proc/cmdline = quiet\nsys/module/nvidia_drm/parameters/modeset = N\n"
    );
    let tables = live(Phase::PreDisplay, &tree);
    let modeset = tables.iter().find(|t| t.parameter == "modeset").expect("a table");
    assert!(
        matches!(&modeset.in_force, InForce::Read { value, set_by: None, .. } if value == "N"),
        "{modeset:?}"
    );
}

#[test]
fn what_root_alone_may_read_is_predicted_and_says_so() {
    let tree = format!(
        "{LOADED}etc/modprobe.d/b.conf = options nvidia_drm modeset=1\n\
         sys/module/nvidia_drm/parameters/modeset ! EACCES\n"
    );
    let text = table(&live(Phase::PreDisplay, &tree), "nvidia_drm.modeset");
    assert!(
        text.starts_with(
            "nvidia_drm.modeset: will be 1, by etc/modprobe.d/b.conf:1 \
             (sys/module/nvidia_drm/parameters/modeset could not be read: EACCES)\n"
        ),
        "{text}"
    );
}

#[test]
fn a_module_that_is_not_loaded_has_no_value() {
    let tree = "proc/modules = nvidia 1 0 - Live 0x0\nsys/module/nvidia/version = 550.163.01\n\
                etc/modprobe.d/b.conf = options nvidia_drm modeset=1\n";
    let text = table(&live(Phase::PreDisplay, tree), "nvidia_drm.modeset");
    assert!(text.starts_with("nvidia_drm.modeset: unknown: nvidia_drm is not loaded\n"), "{text}");
}

#[test]
fn files_of_the_root_do_not_count_for_what_the_initrd_loads() {
    let files =
        with_driver("595.45.04").file("etc/modprobe.d/a.conf", "options nvidia_drm modeset=0\n");
    let root =
        with_driver("595.45.04").file("etc/modprobe.d/a.conf", "options nvidia_drm modeset=1\n");
    let text = table(&image(files, Some(root), Some("quiet")), "nvidia_drm.modeset");
    assert_eq!(
        text,
        "nvidia_drm.modeset: will be 0, by etc/modprobe.d/a.conf:1 (not booted yet)\n  \
         default    Y\n  \
         initrd     0  etc/modprobe.d/a.conf:1  counts\n  \
         root       1  etc/modprobe.d/a.conf:1  no effect: the initrd loads nvidia_drm, and \
         reads only its own files\n"
    );
}

#[test]
fn an_image_without_the_module_leaves_it_to_a_root_that_was_not_seen() {
    let files = Memory::default().file("etc/modprobe.d/a.conf", "options nvidia_drm modeset=0\n");
    let text = table(&image(files.clone(), None, None), "nvidia_drm.modeset");
    assert!(text.contains("unknown: this initrd does not load nvidia_drm"), "{text}");
    let root = Memory::default().file("etc/modprobe.d/r.conf", "options nvidia_drm modeset=1\n");
    let text = table(&image(files, Some(root), None), "nvidia_drm.modeset");
    assert!(
        text.starts_with("nvidia_drm.modeset: will be 1, by etc/modprobe.d/r.conf:1"),
        "{text}"
    );
}

#[test]
fn the_command_line_counts_over_files_that_nobody_saw() {
    let text =
        table(&image(Memory::default(), None, Some("nvidia-drm.modeset")), "nvidia_drm.modeset");
    assert!(
        text.starts_with("nvidia_drm.modeset: will be \"\", by kernel command line, word 1"),
        "{text}"
    );
}

#[test]
fn defaults_depend_on_the_version_and_newer_ones_say_how_old_the_knowledge_is() {
    let default = |version: &str| {
        let tables = image(with_driver(version), None, Some("quiet"));
        let modeset = tables.iter().find(|t| t.parameter == "modeset").expect("a table");
        default_words(&modeset.default)
    };
    assert_eq!(default("550.163.01"), "N");
    assert_eq!(default("595.45.04"), "Y");
    assert_eq!(default("999.1"), format!("Y in {}, the newest version known", defaults::NEWEST));
    assert!(default("470.256.02").starts_with("unknown: "));
    let tables = image(with_driver("999.1"), None, Some("quiet"));
    let modeset = tables.iter().find(|t| t.parameter == "modeset").expect("a table");
    assert_eq!(modeset.in_force.value(), None, "{modeset:?}");
}

#[test]
fn a_line_that_reaches_no_parameter_says_why() {
    let files = with_driver("595.45.04").file(
        "etc/modprobe.d/a.conf",
        "options nvidia modeset=1\noptions NVIDIA-DRM fbdev=0\noptions nvidia_drm modset=1\n",
    );
    let tables = image(files, None, Some("quiet"));
    let text = table(&tables, "nvidia.modeset");
    assert!(text.contains("modeset is a parameter of nvidia_drm, not of nvidia"), "{text}");
    let text = table(&tables, "nvidia_drm.fbdev");
    assert!(text.contains("kmod compares the name NVIDIA-DRM exactly"), "{text}");
    assert!(text.starts_with("nvidia_drm.fbdev: will be Y, by the driver's default"), "{text}");
    let text = table(&tables, "nvidia_drm.modset");
    assert!(text.contains("nvidia_drm has no parameter modset; similar: modeset"), "{text}");
}

#[test]
fn nothing_is_claimed_of_a_machine_without_the_driver() {
    assert_eq!(live(Phase::PreDisplay, "proc/modules = ext4 1 0 - Live 0x0\n"), []);
}
