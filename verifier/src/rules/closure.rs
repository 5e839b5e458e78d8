//! The table closes itself: an unlisted, undocumented or untested rule fails here.

use super::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

fn source(rule: &Rule) -> String {
    fs::read_to_string(folder().join(rule.name).with_extension("rs")).expect("rule file")
}

#[test]
fn every_file_in_the_folder_is_in_the_table() {
    let stems: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|e| e.unwrap().path().file_stem().map(|s| s.to_string_lossy().into_owned()))
        .filter(|stem| stem != "mod" && stem != "closure")
        .collect();
    let listed: BTreeSet<String> = RULES.iter().map(|r| r.name.to_string()).collect();
    assert_eq!(stems, listed);
}

#[test]
fn codes_are_unique_and_in_order() {
    let codes: Vec<u16> = RULES.iter().map(|r| r.code.0).collect();
    assert!(codes.windows(2).all(|w| w[0] < w[1]), "{codes:?}");
    assert!(RULES.len() <= MAX);
}

#[test]
fn every_rule_explains_itself() {
    for rule in RULES {
        for heading in ["## What it checks", "## Why", "## Fix", "## Sources"] {
            assert!(rule.doc.contains(heading), "{rule:?} lacks `{heading}`");
        }
        assert!(!rule.fix.is_empty(), "{rule:?} has no fix");
        let sentence = rule.why.ends_with('.') && (20..=320).contains(&rule.why.len());
        assert!(sentence, "{rule:?}: the first sentence of its Why: `{}`", rule.why);
        assert!(rule.title.len() <= 80, "{rule:?}: the title is long");
    }
}

#[test]
fn every_rule_has_a_firing_and_a_quiet_test() {
    for rule in RULES {
        // The formatter may put the rule on a line of its own.
        let source: String = source(rule).split_whitespace().collect();
        for call in ["fires(&RULE", "quiet(&RULE"] {
            assert!(source.contains(call), "{rule:?} has no test that calls {call}");
        }
    }
}

/// The tests of an image check stand beside it, or in the rule's own file.
#[test]
fn every_rule_that_judges_images_has_a_firing_and_a_quiet_image() {
    for rule in RULES.iter().filter(|r| r.judges_images()) {
        let own = fs::read_to_string(folder().join(rule.name).join("image.rs"));
        let source: String =
            own.unwrap_or_else(|_| source(rule)).split_whitespace().collect::<String>();
        for call in ["fires(&RULE", "quiet(&RULE", "Case::image"] {
            assert!(source.contains(call), "{rule:?} has no image test that calls {call}");
        }
    }
}

/// Rules that ask for what was not given skip with a reason; none may be blind.
#[test]
fn a_stock_image_and_a_healthy_one_are_silent() {
    use crate::finding::Verdict;
    use crate::testing::Case;
    let asked = "etc/modules-load.d/a.conf = nvidia_drm\nproc/cmdline = quiet splash\n\
                 lib/modules/6.12.1/modules.dep <<EOF\nupdates/nvidia.ko:\n\
                 updates/nvidia-modeset.ko:\nupdates/nvidia-uvm.ko:\nupdates/nvidia-drm.ko:\nEOF\n";
    let own = asked.replace("nvidia_drm", "dm_crypt");
    for case in [Case::image(""), Case::image(&own), Case::image_with_stack(asked)] {
        let report = case.report(RULES);
        let said: Vec<String> = report.findings.iter().map(|f| f.message.to_string()).collect();
        assert_eq!(said, Vec::<String>::new());
        assert_eq!(report.verdict(), Verdict::Ok, "{:?}", report.skipped().collect::<Vec<_>>());
        assert!(report.passed() > 10);
    }
}

#[test]
fn every_cause_exists_and_no_chain_of_causes_is_a_circle() {
    fn walk(rule: &Rule, path: &mut Vec<u16>) {
        assert!(!path.contains(&rule.code.0), "circle of causes: {path:?} {rule:?}");
        path.push(rule.code.0);
        for code in rule.after {
            walk(by_code(*code).unwrap_or_else(|| panic!("{rule:?} names unknown {code}")), path);
        }
        path.pop();
    }
    for rule in RULES {
        walk(rule, &mut Vec::new());
    }
}

#[test]
fn rule_files_stay_small() {
    for rule in RULES {
        let image = fs::read_to_string(folder().join(rule.name).join("image.rs"));
        for text in [source(rule), image.unwrap_or_default()] {
            let lines = text.lines().count();
            assert!(lines <= 180, "{rule:?} has {lines} lines");
        }
    }
}
