//! The table closes itself: an unlisted, undocumented or untested rule fails here.

use super::*;
use std::collections::BTreeSet;
use std::format;
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
        .filter(|stem| {
            !["mod", "causes", "closure", "elsewhere", "snapshots"].contains(&stem.as_str())
        })
        .collect();
    let listed: BTreeSet<String> = RULES.iter().map(|r| r.name.to_string()).collect();
    assert_eq!(stems, listed);
}

#[test]
fn codes_are_unique_and_in_order() {
    let codes: Vec<u16> = RULES.iter().map(|r| r.code.0).collect();
    assert!(codes.windows(2).all(|w| w[0] < w[1]), "{codes:?}");
    assert!(RULES.len() <= MAX);
    assert_eq!(codes, crate::rule::CODES, "CODES names every rule, in order");
}

/// The numbers of the failure catalogue, which says what goes wrong between the
/// firmware's handover and the greeter.
fn catalogue() -> impl Iterator<Item = u16> {
    [101..=112, 201..=220, 301..=314, 401..=417, 501..=522, 601..=609, 701..=707]
        .into_iter()
        .flatten()
}

#[test]
fn every_code_of_the_catalogue_is_a_rule_or_says_where_it_is_judged() {
    for code in catalogue() {
        let elsewhere = elsewhere::by_code(code).is_some();
        assert!(by_code(code).is_some() != elsewhere, "NVP{code}: in both or in none");
    }
}

#[test]
fn every_code_without_a_rule_is_answered_for() {
    use elsewhere::{ELSEWHERE, Place};
    assert!(ELSEWHERE.windows(2).all(|w| w[0].code < w[1].code));
    for entry in ELSEWHERE {
        let code = entry.code;
        assert!(by_code(code.0).is_none(), "{code} is a rule");
        assert!(entry.title.len() <= 80 && entry.text.ends_with('.'), "{code}");
        match entry.place {
            Place::Rule(rule) => {
                let rule = by_code(rule).unwrap_or_else(|| panic!("{code} names no rule"));
                assert!(entry.text.contains(&rule.code.to_string()), "{code}");
            }
            Place::NixosLint(file) => {
                let path = folder().join("../../../nixos-module/lints").join(file);
                let lint = fs::read_to_string(path.with_extension("nix")).expect("the lint");
                assert!(lint.contains(&std::format!("code = \"{code}\"")), "{code}: {file}");
            }
            Place::Tool(_) | Place::NoFault | Place::Outside => {}
        }
    }
}

#[test]
fn every_code_that_the_nixos_module_names_can_be_explained() {
    let lints = folder().join("../../../nixos-module/lints");
    for entry in fs::read_dir(lints).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in text.split("\"NVP").skip(1) {
            let code = part.get(..3).and_then(|digits| digits.parse().ok()).unwrap();
            let lint = elsewhere::by_code(code).map(|entry| entry.place);
            let lint = matches!(lint, Some(elsewhere::Place::NixosLint(_)));
            assert!(by_code(code).is_some() || lint, "NVP{code}");
        }
    }
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

/// A rule's own file, and that of its tests where it has one.
fn with_tests(rule: &Rule) -> String {
    let tests = fs::read_to_string(folder().join(rule.name).join("tests.rs"));
    source(rule) + &tests.unwrap_or_default()
}

#[test]
fn every_rule_has_a_firing_and_a_quiet_test() {
    for rule in RULES {
        // The formatter may put the rule on a line of its own.
        let source: String = with_tests(rule).split_whitespace().collect();
        // This one never finds anything: it fires by saying that it could not check.
        let fires = if rule.code.0 == 904 { "skips(&RULE" } else { "fires(&RULE" };
        for call in [fires, "quiet(&RULE"] {
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
            own.unwrap_or_else(|_| with_tests(rule)).split_whitespace().collect::<String>();
        for call in ["fires(&RULE", "quiet(&RULE", "Case::image"] {
            assert!(source.contains(call), "{rule:?} has no image test that calls {call}");
        }
    }
}

/// A log's check proves nothing by finding nothing, so its quiet test has a name
/// of its own.
#[cfg(feature = "logs")]
#[test]
fn every_rule_that_judges_logs_has_a_firing_and_a_silent_log() {
    for rule in RULES.iter().filter(|r| r.log.is_some()) {
        let own = fs::read_to_string(folder().join(rule.name).join("log.rs")).expect("log.rs");
        let own: String = own.split_whitespace().collect();
        for call in ["fires(&RULE", "silent(&RULE"] {
            assert!(own.contains(call), "{rule:?} has no log test that calls {call}");
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

/// What the tables do not know yet is left out or skipped, never guessed.
#[test]
fn a_driver_and_a_gpu_newer_than_every_table_raise_no_alarm() {
    use crate::finding::Verdict;
    use crate::testing::{Case, GPU};
    let gpu = GPU.replace("0x2206", "0x4000");
    let renamed = |name: &str| name.replace("595.45.04", "999.10").as_str().into();
    let case = Case::image_with_stack(&gpu)
        .of_driver("999.10")
        .but("nvidia", move |module| {
            for name in module.modinfo.yes_mut().into_iter().flat_map(|info| &mut info.firmware) {
                *name = renamed(name);
            }
        })
        .holding(move |image| {
            for file in image.firmware.yes_mut().into_iter().flatten() {
                file.name = renamed(&file.name);
            }
        });
    let report = case.report(RULES);
    let said: Vec<String> = report.findings.iter().map(|f| f.message.to_string()).collect();
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(report.verdict(), Verdict::Ok, "{:?}", report.skipped().collect::<Vec<_>>());
    #[cfg(feature = "logs")]
    {
        let log = "[    3.100000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  999.10\n\
                   [    3.200000] NVRM: a line of a driver to come";
        assert_eq!(Case::journal(log).report(RULES).findings.len(), 0);
    }
}

#[test]
fn every_cause_exists_and_no_chain_of_causes_is_a_circle() {
    fn walk(rule: &Rule, path: &mut Vec<u16>) {
        assert!(!path.contains(&rule.code.0), "circle of causes: {path:?} {rule:?}");
        path.push(rule.code.0);
        for code in rule.causes() {
            walk(by_code(code).unwrap_or_else(|| panic!("{rule:?} names unknown {code}")), path);
        }
        path.pop();
    }
    for rule in RULES {
        walk(rule, &mut Vec::new());
    }
}

/// Every edge, groups taken apart: a change of a group shows in each rule it reaches.
#[test]
fn every_edge_from_consequence_to_cause_is_as_it_was_reviewed() {
    let edges = RULES.iter().filter(|rule| !rule.after.is_empty()).map(|rule| {
        let causes: Vec<String> = rule.causes().map(|code| code.to_string()).collect();
        format!("{} {}: {}\n", rule.code, rule.name, causes.join(" "))
    });
    insta::assert_snapshot!(edges.collect::<String>());
}

/// A group that only one rule names is no group.
#[test]
fn every_group_of_causes_serves_several_rules() {
    use crate::rule::causes::{BARRED, Cause, GPU_DEAD, HANGS, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
    for group in [BARRED, GPU_DEAD, HANGS, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE] {
        let is_it = |cause: &Cause| matches!(cause, Cause::Any(codes) if *codes == group);
        let users = RULES.iter().filter(|rule| rule.after.iter().any(is_it)).count();
        assert!(users > 1, "{group:?} serves {users}");
    }
}

#[test]
fn rule_files_stay_small() {
    for rule in RULES {
        let part = |name| fs::read_to_string(folder().join(rule.name).join(name));
        let parts = ["image.rs", "log.rs", "tests.rs"].map(|name| part(name).unwrap_or_default());
        for text in parts.into_iter().chain([source(rule)]) {
            let lines = text.lines().count();
            assert!(lines <= 200, "{rule:?} has {lines} lines");
        }
    }
}
