//! What the tests of the program share: a folder of small images, made on the
//! spot, so that nothing binary is kept in the repository.
#![allow(dead_code)]

mod boots;
pub mod faults;
pub mod image;
pub mod machine;
mod trie;

use image::Image;
use std::fs;
use tempfile::TempDir;

/// The release that the fixtures' modules are built for.
pub const RELEASE: &str = "6.12.74-amd64";
const VERSION: &str = "595.45.04";

/// A folder with everything that pages and tests name: `good.img`, `broken.img`,
/// `broken/` (the same as a directory), `squash.img` (no initrd), `readme.txt`,
/// something that passes for `nvpreflight-verifier`, and what `boots` puts beside.
#[must_use]
pub fn fixtures() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("good.img"), good().cpio()).expect("good.img");
    fs::write(at("broken.img"), broken().cpio()).expect("broken.img");
    broken().unpack(&at("broken"));
    fs::write(at("squash.img"), b"hsqs\0\0\0\0and no cpio").expect("squash.img");
    fs::write(at("nvpreflight-verifier"), static_program()).expect("nvpreflight-verifier");
    boots::add(folder.path());
    fs::write(at("readme.txt"), b"Nothing to boot here.\n").expect("readme.txt");
    for (name, bytes) in LOGS {
        fs::write(at(name), bytes).expect(name);
    }
    fs::write(at("desktop.facts"), saved("machines/desktop-initrd")).expect("desktop.facts");
    fs::write(at("black-screen.facts"), saved("trees/vfu-open")).expect("black-screen.facts");
    folder
}

/// Samples of logs in the forms that people send.
const LOGS: [(&str, &[u8]); 5] = [
    ("dmesg.txt", include_bytes!("../logs/dmesg.txt")),
    ("healthy.txt", include_bytes!("../logs/healthy.txt")),
    ("lsmod.txt", include_bytes!("../logs/lsmod.txt")),
    ("paste.md", include_bytes!("../logs/paste.md")),
    ("nvidia-bug-report.log", include_bytes!("../logs/nvidia-bug-report.log")),
];

/// Saved facts of a capture below verifier/tests.
fn saved(capture: &str) -> String {
    let path = format!("{}/../verifier/tests/{capture}.tree", env!("CARGO_MANIFEST_DIR"));
    let name = capture.rsplit('/').next().unwrap_or(capture);
    let phase = if name.ends_with("initrd") { "initrd" } else { "pre-display" };
    serde_json::json!({
        "format": "nvpreflight-facts",
        "version": 1,
        "tool": "0.1.0",
        "subject": { "name": "this machine", "kind": "running system" },
        "phase": phase,
        "tree": fs::read_to_string(path).expect("a capture"),
    })
    .to_string()
}

/// The smallest file that passes for a static program of this machine: an ELF
/// header of its own kind, without segments and sections.
#[must_use]
pub fn static_program() -> Vec<u8> {
    let own = fs::read(std::env::current_exe().expect("a test program")).expect("readable");
    let mut header = own.get(..64).expect("a header").to_vec();
    for (at, length) in [(32, 16), (56, 2), (60, 4)] {
        header.get_mut(at..at + length).expect("in the header").fill(0);
    }
    header
}

/// An initrd that brings the whole stack up early.
#[must_use]
pub fn good() -> Image {
    let mut image = base();
    firmware(&mut image, VERSION);
    image.file("etc/modprobe.d/nvidia.conf", "options nvidia_drm modeset=1 fbdev=1\n");
    stack(&mut image, &["nvidia", "nvidia_modeset", "nvidia_uvm", "nvidia_drm"], VERSION);
    image
}

/// An initrd with the faults that people have: mode setting turned off by a later
/// file, a module of another version, a soft dependency the wrong way round.
#[must_use]
pub fn broken() -> Image {
    let mut image = base();
    firmware(&mut image, VERSION);
    image.file("etc/modprobe.d/nvidia.conf", "options nvidia_drm modeset=1 fbdev=1\n");
    image.file(
        "etc/modprobe.d/zz-local.conf",
        "# from a forum\noptions nvidia-drm modeset=0\nsoftdep nvidia pre: nvidia_drm\n",
    );
    stack(&mut image, &["nvidia", "nvidia_modeset", "nvidia_drm"], VERSION);
    stack(&mut image, &["nvidia_uvm"], "550.163.01");
    image
}

fn base() -> Image {
    let mut image = Image::default();
    image.file("etc/os-release", "ID=debian\nVERSION_ID=13\n");
    image.file("etc/initrd-release", "ID=debian\nVERSION_ID=13\n");
    image.file("usr/lib/modules-load.d/nvidia.conf", "nvidia_drm\nnvidia_uvm\n");
    image.link("lib", "usr/lib");
    image.link("init", "usr/lib/systemd/systemd");
    image.file("usr/lib/systemd/systemd", "\x7fELF of another program");
    indexes(&mut image);
    image
}

/// An initrd with nothing of the driver: no list asks for a module.
#[must_use]
pub fn bare() -> Image {
    let mut image = Image::default();
    image.file("etc/os-release", "ID=somelinux\n");
    image.link("lib", "usr/lib");
    image.file("usr/lib/systemd/systemd", "\x7fELF of another program");
    image.link("init", "usr/lib/systemd/systemd");
    indexes(&mut image);
    image
}

/// Adds modules of the driver with their firmware.
pub fn driver(image: &mut Image, modules: &[&str]) {
    firmware(image, VERSION);
    stack(image, modules, VERSION);
}

/// Adds a module of the kernel's own.
pub fn stranger(image: &mut Image, name: &str) {
    let vermagic = format!("{RELEASE} SMP preempt mod_unload modversions ");
    let path = format!("usr/lib/modules/{RELEASE}/kernel/drivers/{name}.ko");
    image.module(&path, &[("name", name), ("license", "GPL"), ("vermagic", &vermagic)]);
}

/// The firmware that a driver of that version asks for.
fn firmware(image: &mut Image, version: &str) {
    for gsp in ["gsp_ga10x.bin", "gsp_tu10x.bin"] {
        image.file(&format!("usr/lib/firmware/nvidia/{version}/{gsp}"), "firmware");
    }
}

/// modules.dep and modules.alias in both of depmod's forms.
fn indexes(image: &mut Image) {
    let file = |name: &str| format!("updates/dkms/{}.ko", name.replace('_', "-"));
    let needs: [(&str, &[&str]); 4] = [
        ("nvidia", &[]),
        ("nvidia_modeset", &["nvidia"]),
        ("nvidia_uvm", &["nvidia"]),
        ("nvidia_drm", &["nvidia_modeset", "nvidia"]),
    ];
    let deps: Vec<(String, String)> = needs
        .iter()
        .map(|(name, needs)| {
            let needs: String = needs.iter().map(|name| format!(" {}", file(name))).collect();
            ((*name).to_owned(), format!("{}:{needs}", file(name)))
        })
        .collect();
    let aliases = ["pci:v000010DEd*sv*sd*bc03sc00i00*", "pci:v000010DEd*sv*sd*bc03sc02i00*"]
        .map(|alias| (alias.to_owned(), "nvidia".to_owned()));
    let folder = format!("usr/lib/modules/{RELEASE}");
    let text: String = deps.iter().map(|(_, line)| format!("{line}\n")).collect();
    image.file(&format!("{folder}/modules.dep"), text);
    image.file(&format!("{folder}/modules.dep.bin"), trie::index(&deps));
    let text: String =
        aliases.iter().map(|(alias, name)| format!("alias {alias} {name}\n")).collect();
    image.file(&format!("{folder}/modules.alias"), text);
    image.file(&format!("{folder}/modules.alias.bin"), trie::index(&aliases));
}

fn stack(image: &mut Image, names: &[&str], version: &str) {
    for name in names {
        let path = format!("usr/lib/modules/{RELEASE}/updates/dkms/{}.ko", name.replace('_', "-"));
        let depends = match *name {
            "nvidia" => "",
            "nvidia_drm" => "nvidia-modeset,nvidia",
            _ => "nvidia",
        };
        let firmware = format!("nvidia/{version}/gsp_ga10x.bin");
        let vermagic = format!("{RELEASE} SMP preempt mod_unload modversions ");
        let mut info = vec![
            ("version", version),
            ("license", "Dual MIT/GPL"),
            ("depends", depends),
            ("name", name),
            ("vermagic", &vermagic),
        ];
        match *name {
            "nvidia" => {
                info.push(("firmware", &firmware));
                info.push(("parm", "NVreg_PreserveVideoMemoryAllocations:int"));
            }
            "nvidia_drm" => {
                info.push(("parm", "modeset:Enable atomic kernel modesetting (bool)"));
                info.push(("parm", "fbdev:Create a framebuffer device (bool)"));
            }
            _ => {}
        }
        image.module(&path, &info);
    }
}
