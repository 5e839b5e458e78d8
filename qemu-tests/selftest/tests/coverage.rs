//! Every rule that judges a running machine is reached by a boot, or
//! `unreached.toml` says why none can.
#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

use nvpreflight::rule::{Code, Stage};
use nvpreflight::rules::RULES;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn table(path: PathBuf) -> Table {
    let text = fs::read_to_string(&path).expect("a readable file");
    text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Codes that some scenario expects as findings, with one scenario's name.
fn reached() -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    for entry in fs::read_dir(folder().join("scenarios")).expect("scenarios") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a stem").to_string_lossy().into_owned();
        let scenario = table(path);
        for phase in ["initrd", "pre_display"] {
            let findings = scenario
                .get("expect")
                .and_then(|e| e.get(phase))
                .and_then(|p| p.get("findings"))
                .and_then(Value::as_array);
            for code in findings.into_iter().flatten() {
                codes.insert(code.as_str().expect("a code").to_owned(), name.clone());
            }
        }
    }
    codes
}

#[test]
fn every_rule_is_reached_by_a_boot_or_excused_with_a_reason() {
    let reached = reached();
    let excused = table(folder().join("unreached.toml"));
    let mut wrong = Vec::new();
    for rule in RULES.iter().filter(|r| r.stages != [Stage::Image]) {
        let code = rule.code.to_string();
        match (reached.get(&code), excused.get(&code)) {
            (None, None) => wrong.push(format!("{rule:?}: no scenario, no reason")),
            (Some(by), Some(_)) => wrong.push(format!("{rule:?}: excused, yet {by} reaches it")),
            (None, Some(reason)) if reason.as_str().is_none_or(|r| r.len() < 20) => {
                wrong.push(format!("{rule:?}: that is no reason: {reason}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_scenario_and_no_excuse_names_a_code_that_does_not_exist() {
    let known: BTreeSet<String> = RULES.iter().map(|r| r.code.to_string()).collect();
    for (code, by) in reached() {
        assert!(known.contains(&code), "{by} expects {code}, which is no rule");
    }
    for code in table(folder().join("unreached.toml")).keys() {
        assert!(Code::parse(code).is_some() && known.contains(code), "excused {code} is no rule");
    }
}
