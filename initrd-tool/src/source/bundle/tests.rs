//! Saved facts replay to the same facts.

use super::{Notes, Noting, Saved, Subject};
use nvpreflight::capture::Capture;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;
use nvpreflight::tree::Tree;
use nvpreflight::{engine, evidence};
use std::path::Path;

fn report(tree: &dyn Tree, phase: Phase) -> String {
    let mut facts = Box::new(Facts::new(phase));
    let want = Expectations::new();
    evidence::collect(tree, &want, &mut facts);
    let mut report = Box::new(Report::new(phase));
    engine::run(&facts, &want, &mut report);
    format!("{report:#?}\n{facts:#?}")
}

fn saved(tree: &dyn Tree, phase: Phase) -> Saved {
    let notes = Notes::default();
    let _ = report(&Noting::new(tree, &notes), phase);
    let subject = Subject { name: "a machine".into(), kind: "running system".into() };
    let text = Saved::new(subject, phase, &notes).to_json().expect("JSON");
    Saved::parse(text.as_bytes()).expect("saved facts")
}

#[test]
fn every_recorded_boot_replays_to_the_same_facts_and_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/tests/trees");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the trees") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "tree") {
            continue;
        }
        let text = std::fs::read(&path).expect("a tree");
        let tree = Capture::new(&text);
        for phase in [Phase::Initrd, Phase::PreDisplay] {
            let again = report(&saved(&tree, phase), phase);
            assert_eq!(again, report(&tree, phase), "{}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 20, "the trees were not found");
}

#[test]
fn links_refusals_and_absences_are_kept() {
    let tree = Capture::new(
        b"etc/os-release -> ../usr/lib/os-release\nusr/lib/os-release = ID=nixos\n\
          proc/modules ! EACCES\nproc/cmdline = a <<b\nsys/module/ ino=7\n\
          etc/modprobe.d/a.conf <<EOF\noptions nvidia-drm modeset=0\nEOFx\n\nEOF\n",
    );
    let saved = saved(&tree, Phase::Initrd);
    assert_eq!(report(&saved, Phase::Initrd), report(&tree, Phase::Initrd));
    assert_eq!(saved.left_out, 0);
}

#[test]
fn another_file_is_refused_with_a_reason() {
    let refused = |text: &str| Saved::parse(text.as_bytes()).expect_err("no saved facts");
    assert!(refused("{").starts_with("these are no saved facts"));
    assert!(refused("{\"format\":\"nvpreflight-report\",\"version\":1}").contains("`format`"));
    assert!(refused("{\"format\":\"nvpreflight-facts\",\"version\":2}").contains("version 1"));
}
