//! Premise: the table of cases that the host tool, the NixOS module and kmod itself are
//! held to as well (tests/kmod/cases.json).

use super::names::underscores;
use crate::facts::{Directive, STACK, in_stack};
use crate::parse::modprobe_d::{Joiner, Side, line, softdep_targets};
use crate::reading::blocks::{self, How};
use crate::reading::{options, softdeps};
use crate::rules::{options_conflict, registry_dwords_partial};
use crate::testing::Case;
use crate::text::kernel_name;
use serde_json::Value;
use std::collections::BTreeMap;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// The cases of a section, never none.
fn cases(section: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(include_str!("../../tests/kmod/cases.json")).unwrap();
    let cases = table[section].as_array().unwrap().clone();
    assert!(cases.len() > 5, "{section}");
    cases
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("{key} of {case}"))
}

fn list(of: &Value) -> Vec<String> {
    of.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_string()).collect()
}

/// A machine with these lines and words.
fn machine(case: &Value) -> Case {
    let words = case["cmdline"].as_str().unwrap_or_default();
    let lines = format!("etc/modprobe.d/a.conf <<EOF\n{}EOF\n", text(case, "text"));
    Case::initrd(&format!("{lines}proc/cmdline = {words}\n"))
}

fn spelled(name: &[u8]) -> String {
    let name: heapless::Vec<u8, 64> = underscores(name).unwrap();
    String::from_utf8(name.to_vec()).unwrap()
}

/// A line as `modprobe -c` prints it; of one that kmod ignores its text.
fn printed(text: &[u8]) -> Option<Result<String, String>> {
    let parsed = line(text)?;
    let rest = String::from_utf8(parsed.rest.to_vec()).unwrap();
    if parsed.directive == Directive::Unknown {
        return Some(Err(rest));
    }
    let word = parsed.directive.word();
    let side = |wanted: Side, word: &str| {
        let names: Vec<_> = softdep_targets(parsed.rest)
            .filter(|(side, _)| *side == wanted)
            .map(|(_, name)| String::from_utf8_lossy(name))
            .collect();
        if names.is_empty() { String::new() } else { format!(" {word} {}", names.join(" ")) }
    };
    let rest = match parsed.directive {
        Directive::Softdep => side(Side::Pre, "pre:") + &side(Side::Post, "post:"),
        Directive::Alias => format!(" {}", spelled(rest.as_bytes())),
        _ if rest.is_empty() => rest,
        _ => format!(" {rest}"),
    };
    Some(Ok(format!("{word} {}{rest}", spelled(parsed.module))))
}

#[test]
fn lines_are_taken_and_ignored_as_the_table_says() {
    for case in cases("lines") {
        let mut joiner = Joiner::<heapless::Vec<u8, 1024>>::default();
        let (mut taken, mut ignored) = (Vec::new(), Vec::new());
        for physical in text(&case, "text").split('\n') {
            let logical = joiner.push(physical.as_bytes());
            match logical.and_then(|logical| printed(logical.text)) {
                Some(Ok(line)) => taken.push(line),
                Some(Err(line)) => ignored.push(line),
                None => {}
            }
        }
        assert_eq!(taken, list(&case["taken"]), "{}", case["claim"]);
        assert_eq!(ignored, list(&case["ignored"]), "{}", case["claim"]);
    }
}

#[test]
fn the_softdep_in_force_is_that_of_the_table() {
    for case in cases("softdeps") {
        let facts = machine(&case).facts();
        let line = softdeps::in_force(&facts, text(&case, "module"));
        let of = |wanted| {
            let targets = line.into_iter().flat_map(softdeps::targets);
            targets.filter(|(s, _)| *s == wanted).map(|(_, name)| name.to_string()).collect()
        };
        if case["pre"].is_null() {
            assert!(line.is_none(), "{}", case["claim"]);
        } else {
            let sides: [Vec<String>; 2] = [of(Side::Pre), of(Side::Post)];
            assert_eq!(sides, [list(&case["pre"]), list(&case["post"])], "{}", case["claim"]);
        }
    }
}

#[test]
fn what_a_softdep_has_the_wrong_way_round_is_that_of_the_table() {
    for case in cases("inverted") {
        let facts = machine(&case).facts();
        let found: Vec<_> = softdeps::lines(&facts)
            .flat_map(|line| softdeps::inversions(&facts, line))
            .map(|(module, side, target)| {
                serde_json::json!([module, if side == Side::Pre { "pre" } else { "post" }, target])
            })
            .collect();
        assert_eq!(Value::from(found), case["inverted"], "{}", case["claim"]);
    }
}

#[test]
fn settings_and_their_conflicts_are_those_of_the_table() {
    for case in cases("options") {
        let machine = machine(&case);
        let facts = machine.facts();
        let given: Vec<Value> = options::all(&facts)
            .filter(|set| in_stack(set.module))
            .map(|set| {
                let names = [set.module, set.name].map(|name| kernel_name(name.as_bytes()));
                serde_json::json!([names[0].as_str(), names[1].as_str(), set.said()])
            })
            .collect();
        assert_eq!(Value::from(given), case["given"], "{}", case["claim"]);
        let report = machine.report(&[&options_conflict::RULE]);
        let named = |f: &crate::finding::Finding| {
            format!("{}.{}", f.module, kernel_name(f.parameter.as_bytes()))
        };
        let conflicts: Vec<String> = report.findings.iter().map(named).collect();
        assert_eq!(conflicts, list(&case["conflicts"]), "{}", case["claim"]);
    }
}

#[test]
fn registry_keys_that_do_not_reach_the_driver_are_those_of_the_table() {
    for case in cases("registry") {
        let shown =
            format!("proc/driver/nvidia/params = RegistryDwords: \"{}\"", text(&case, "in_force"));
        let report = machine(&case).and(&shown).report(&[&registry_dwords_partial::RULE]);
        let key = |f: &crate::finding::Finding| {
            let said = f.message.to_string();
            said.split(' ').nth(3).unwrap_or_default().to_string()
        };
        let lost: Vec<String> = report.findings.iter().map(key).collect();
        assert_eq!(lost, list(&case["lost"]), "{}", case["claim"]);
    }
}

#[test]
fn values_mean_what_the_table_says() {
    for case in cases("booleans") {
        let value = text(&case, "value");
        assert_eq!(options::boolean(value), case["is"].as_bool(), "{value}");
        let takes = |release| options::takes_boolean(value, release);
        let [old, new] = [Some("6.15.11-arch1-1"), Some("6.16")].map(takes);
        match case["since"].as_str() {
            Some(since) => {
                assert_eq!(since, "6.16");
                assert_eq!([takes(None), old, new], [None, Some(false), Some(true)], "{value}");
            }
            None => assert_eq!([takes(None), old], [Some(!case["is"].is_null()); 2], "{value}"),
        }
    }
    for case in cases("values") {
        // A parameter of that kind.
        let (module, name) = match text(&case, "kind") {
            "boolean" => ("nvidia_drm", "modeset"),
            "integer" => ("nvidia", "NVreg_EnableMSI"),
            "text" => ("nvidia", "NVreg_RmMsg"),
            "unknown" => ("nvidia_uvm", "uvm_of_tomorrow"),
            other => panic!("{other}"),
        };
        let [a, b] = ["a", "b"].map(|key| case[key].as_str());
        let same = case["same"].as_bool();
        for (a, b) in [(a, b), (b, a)] {
            assert_eq!(options::same_setting(module, name, a, b), same, "{case}");
        }
    }
}

#[test]
fn lines_and_words_keep_out_whom_the_table_names() {
    for case in cases("blocked") {
        let facts = machine(&case).facts();
        let how = |block: blocks::Block<'_>| match block.how {
            How::Kernel => "kernel",
            How::Blacklist => "blacklist",
            How::Install => "install",
            How::AliasOff => "alias",
        };
        let kept: BTreeMap<_, _> = STACK
            .into_iter()
            .map(|module| (module, blocks::of(&facts, module).map(how).collect::<Vec<_>>()))
            .filter(|(_, how)| !how.is_empty())
            .collect();
        assert_eq!(serde_json::json!(kept), case["kept"], "{}", case["claim"]);
    }
}
