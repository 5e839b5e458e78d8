//! Premise: the table of cases that the verifier, the NixOS module and kmod itself are
//! held to as well (verifier/tests/kmod/cases.json).

use super::Kmod;
use super::config::Config;
use super::shadow::options::overridden;
use crate::facts::testing::Memory;
use nvpreflight::facts::STACK;
use nvpreflight::facts::in_stack;
use nvpreflight::parse::cmdline;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TABLE: &str = include_str!("../../../verifier/tests/kmod/cases.json");

/// The cases of a section, never none.
fn cases(section: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let cases = table[section].as_array().unwrap().clone();
    assert!(cases.len() > 5, "{section}");
    cases
}

fn root(case: &Value) -> (Memory, &str) {
    let files = Memory::default().file("etc/modprobe.d/a.conf", case["text"].as_str().unwrap());
    (files, case["cmdline"].as_str().unwrap_or_default())
}

fn config(case: &Value) -> Config {
    let (files, words) = root(case);
    Config::read(&files, None, words.as_bytes())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn names(list: &[Vec<u8>]) -> Vec<String> {
    list.iter().map(|name| text(name)).collect()
}

#[test]
fn lines_are_taken_and_ignored_as_the_table_says() {
    for case in cases("lines") {
        let config = config(&case);
        let side = |word: &str, list: &[Vec<u8>]| match list {
            [] => String::new(),
            _ => format!(" {word} {}", names(list).join(" ")),
        };
        let mut taken: Vec<String> = [
            ("alias", &config.aliases),
            ("blacklist", &config.blacklist),
            ("install", &config.install),
            ("options", &config.options),
            ("remove", &config.remove),
        ]
        .into_iter()
        .flat_map(|(word, list)| list.iter().map(move |item| (word, item)))
        .map(|(word, item)| {
            let gap = if item.text.is_empty() { "" } else { " " };
            format!("{word} {}{gap}{}", text(&item.name), text(&item.text))
        })
        .collect();
        taken.extend(config.softdeps.iter().map(|deps| {
            let sides = side("pre:", &deps.pre) + &side("post:", &deps.post);
            format!("softdep {}{sides}", text(&deps.name))
        }));
        let sorted = |list: &Value| {
            let list = list.as_array().unwrap().iter();
            let mut list: Vec<String> = list.map(|v| v.as_str().unwrap().to_owned()).collect();
            list.sort();
            list
        };
        taken.sort();
        assert_eq!(taken, sorted(&case["taken"]), "{}", case["claim"]);
        let ignored: Vec<Value> = config.ignored.iter().map(|i| text(&i.text).into()).collect();
        assert_eq!(sorted(&ignored.into()), sorted(&case["ignored"]), "{}", case["claim"]);
    }
}

#[test]
fn the_softdep_in_force_is_that_of_the_table() {
    for case in cases("softdeps") {
        let config = config(&case);
        let line = config.softdep_of(case["module"].as_str().unwrap().as_bytes());
        let sides = line.map(|line| [names(&line.pre), names(&line.post)]);
        let wanted = (!case["pre"].is_null()).then(|| json!([case["pre"], case["post"]]));
        assert_eq!(sides.map(|sides| json!(sides)), wanted, "{}", case["claim"]);
    }
}

#[test]
fn settings_and_what_overrides_them_are_those_of_the_table() {
    for case in cases("options") {
        let (files, words) = root(&case);
        let kmod = Kmod::new(&files, b"lib/modules/1.0", words.as_bytes());
        let ours = kmod.config.options.iter().filter(|line| in_stack(&text(&line.name)));
        let given: Vec<Value> = ours
            .flat_map(|line| cmdline::words(&line.text).map(move |word| (line, word.key_value())))
            .map(|(line, (name, value))| {
                json!([text(&line.name), text(name).replace('-', "_"), value.map(text)])
            })
            .collect();
        assert_eq!(Value::from(given), case["given"], "{}", case["claim"]);
        let mut overridden_names = BTreeSet::new();
        for module in STACK {
            let mut notes = Vec::new();
            overridden(&kmod, module.as_bytes(), &mut notes);
            for note in notes {
                let word = note.line.rsplit(' ').next().unwrap_or_default().trim_matches('"');
                let name = word.split('=').next().unwrap_or_default().replace('-', "_");
                overridden_names.insert(format!("{module}.{name}"));
            }
        }
        // A list of registry keys is overridden too; the rule about it is another.
        overridden_names.remove("nvidia.NVreg_RegistryDwords");
        assert_eq!(json!(overridden_names), case["conflicts"], "{}", case["claim"]);
    }
}

#[test]
fn blacklists_are_those_of_the_table() {
    for case in cases("blocked") {
        let config = config(&case);
        let listed = |module: &str| config.blacklist.iter().any(|l| l.name == module.as_bytes());
        for module in STACK {
            let wanted = case["kept"][module].as_array();
            let wanted = wanted.is_some_and(|how| how.contains(&json!("blacklist")));
            assert_eq!(listed(module), wanted, "{}: {module}", case["claim"]);
        }
    }
}
