//! Real boots, judged whole: the exact codes that each must give, and the text.
//!
//! Each tree is one boot of the real modules (or of the stand-ins) in an
//! emulator, imported with `judge --tree --trim`. The codes are written from
//! what was done to that boot, never from what the rules said.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use nvpreflight::expect::Expectations;
use nvpreflight::facts::Phase;
use nvpreflight::finding::Report;

/// A boot, the codes it must give, and what was done to it.
type Boot = (&'static str, &'static [u16], &'static str);

const BOOTS: &[Boot] = &[
    ("c0-notrace", &[], "no driver was loaded"),
    ("c0-trace", &[], "no driver was loaded"),
    ("c1-standin-trace", &[503], "stand-ins loaded in order, no GPU"),
    ("c2-standin-fail", &[503], "loads that failed on purpose, then all four up; no GPU"),
    ("c3-standin-parallel", &[503], "three loaders at once, all four up; no GPU"),
    ("c4-real-order-modeset0", &[], "real modules up; the value of modeset was not written down"),
    ("c6-race", &[503], "stand-ins loaded and removed twelve times; no GPU"),
    ("d-softdep-k30", &[503], "stand-ins loaded and removed; no GPU"),
    ("d-softdep-k34", &[503], "stand-ins loaded and removed; no GPU"),
    ("d2-softdep-open-k30", &[503], "stand-ins loaded and removed; no GPU"),
    ("d2-softdep-open-k34", &[503], "stand-ins loaded and removed; no GPU"),
    ("e-opts-L1", &[], "options tried one by one, everything removed at the end"),
    ("e-opts-L2", &[], "as L1, with modeset on the command line"),
    ("e-opts-L3", &[], "as L1, with modeset on the command line"),
    ("e-opts-L4", &[303, 304], "unknown and misplaced parameters on the command line"),
    ("lvl", &[106], "nvidia alone was loaded"),
    ("mix-drm550-rest595", &[106, 413], "nvidia_drm of 550 on a stack of 595"),
    ("mix-nvidiaprop-restopen550", &[201, 404, 413], "open modules on a closed nvidia"),
    ("nodev-open", &[404, 503], "no GPU; nvidia_modeset was forced in with insmod"),
    ("nodev-open-busybox", &[404, 503], "no GPU; nvidia_modeset was forced in with insmod"),
    ("nodev-prop", &[404, 503], "no GPU; nvidia_modeset was forced in with insmod"),
    ("nodev-prop-busybox", &[404, 503], "no GPU; nvidia_modeset was forced in with insmod"),
    ("nvswitch-ffff-open", &[], "an NVSwitch function alone: by design no GPU"),
    ("spoof-boundqxl-open", &[501], "qxl owned the GPU before nvidia came"),
    ("spoof-fw-modeset1-open", &[216, 221, 506], "firmware there, no video BIOS"),
    ("spoof-fw-modeset1-prop", &[216, 221, 506], "no video BIOS"),
    ("spoof-nofw-modeset0-open", &[201], "modeset=0 asks for no firmware"),
    (
        "spoof-nofw-modeset1-prop",
        &[216, 221, 506],
        "the closed modules fail on the video BIOS first",
    ),
    ("spoof-nouveau-open", &[216, 221, 405, 506], "nouveau was loaded and failed; no firmware"),
    ("spoof-pascal-open", &[505, 523], "a Pascal id on the open modules"),
    ("spoof-pascal-prop", &[216, 221, 506], "a Pascal id on the closed modules; no video BIOS"),
    (
        "spoof-secvga-irq-open",
        &[216, 221, 405, 506, 510],
        "a device with too few BARs; no firmware",
    ),
    ("spoof-turing-open", &[216, 221, 405, 506], "no firmware"),
    ("spoof1-open", &[216, 405, 506], "no firmware"),
    ("vfu-595-default", &[216, 221, 405, 506], "no firmware; modeset is on by default in 595"),
    ("vfu-595-nvswitch", &[], "an NVSwitch function alone: by design no GPU"),
    ("vfu-595-suspendnotif", &[], "modeset=0, but its value was not written down"),
    ("vfu-open", &[216, 221, 405, 506], "no firmware"),
    ("vfu-open-misc", &[106, 405, 506], "the stack was removed, nvidia alone came back"),
    ("vfu-open-modeset0", &[201], "modeset=0 asks for no firmware"),
    ("vfu-prop", &[216, 221, 506], "no video BIOS"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trees")
}

fn judged(name: &str) -> io::Result<Box<Report>> {
    let loaded = common::load(&folder().join(name).with_extension("tree"))?;
    Ok(common::judge(&loaded.tree, Phase::Initrd, &Expectations::new()))
}

#[test]
fn every_boot_gives_exactly_its_codes() {
    let mut wrong = Vec::new();
    for (name, codes, why) in BOOTS {
        let found = common::codes(&judged(name).expect("a capture"));
        if found != *codes {
            wrong.push(format!("{name} ({why}): expected {codes:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_boot_in_the_folder_has_its_line() {
    let listed: BTreeMap<&str, &str> = BOOTS.iter().map(|(name, _, why)| (*name, *why)).collect();
    let mut there: Vec<String> = fs::read_dir(folder())
        .expect("trees")
        .filter_map(|e| Some(e.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    there.sort();
    assert_eq!(listed.keys().copied().collect::<Vec<_>>(), there);
}

#[test]
fn the_text_of_every_boot_is_as_reviewed() {
    insta::glob!("trees/*.tree", |path| {
        let name = path.file_stem().expect("a name").to_string_lossy();
        insta::assert_snapshot!(common::text(&judged(&name).expect("a capture")));
    });
}
