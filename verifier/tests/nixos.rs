//! What the NixOS module has of the verifier's own tables is written from them, since
//! evaluation cannot ask a program.
//!
//! `UPDATE_DOCS=1` rewrites the files; otherwise a stale one fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nvpreflight::driver::RIVALS;
use nvpreflight::driver::branches::install;
use nvpreflight::driver::defaults::{self, Default};
use nvpreflight::driver::gpu_names::{Generation, first_branch};
use nvpreflight::driver::parameters::{self, Kind};
use nvpreflight::evidence::expectations::WAIT_MAX_MS;
use nvpreflight::expect::{Expectations, Goal};
use nvpreflight::facts::STACK;
use nvpreflight::finding::Severity;
use nvpreflight::parse::cmdline;
use nvpreflight::reading::softdeps;
use nvpreflight::rules::elsewhere::{ELSEWHERE, Place};
use nvpreflight::rules::{RULES, old_workarounds};
use serde_json::{Value, json};

fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../nixos-module")
}

/// Every code with its title: those of the rules, with their severities, those that only a
/// lint judges, and for the others what answers for them.
fn codes() -> Value {
    let mut lints = BTreeMap::new();
    let mut others = BTreeMap::new();
    for entry in ELSEWHERE {
        let code = entry.code.to_string();
        match entry.place {
            Place::NixosLint(_) => lints.insert(code, entry.title.to_owned()),
            place => others.insert(code, place.to_string()),
        };
    }
    let rules: BTreeMap<_, _> = RULES.iter().map(|r| (r.code.to_string(), r.title)).collect();
    let severities: BTreeMap<_, _> =
        RULES.iter().map(|r| (r.code.to_string(), r.severity.name())).collect();
    json!({ "rules": rules, "severities": severities, "lints": lints, "others": others })
}

/// The driver's parameters by module, each with what the kernel parses its value as.
fn parameters() -> Value {
    let mut modules: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (module, name) in parameters::known() {
        let kind = match parameters::kind(module, name) {
            Some(Kind::Boolean) => "boolean",
            Some(Kind::Integer) => "integer",
            Some(Kind::Text) => "text",
            None => "other",
        };
        modules.entry(module).or_default().insert(name, kind);
    }
    json!(modules)
}

/// Defaults of parameters by module: rows of a version and the value from there on, null
/// where there is no such parameter.
fn defaults() -> Value {
    let mut modules: BTreeMap<_, BTreeMap<_, Vec<Value>>> = BTreeMap::new();
    for (module, name, version, default) in defaults::rows() {
        let value = match default {
            Default::Is(value) => Some(value),
            Default::NoParameter => None,
        };
        let rows = modules.entry(module).or_default().entry(name).or_default();
        rows.push(json!({ "from": version, "value": value }));
    }
    json!(modules)
}

/// Parameters that newer branches have no more, by module.
fn removed() -> Value {
    let mut modules: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (module, name, since) in defaults::REMOVED {
        modules.entry(module).or_default().insert(name, since);
    }
    json!(modules)
}

fn hex(id: u16) -> Value {
    format!("{id:04x}").into()
}

/// What the driver needs by ranges of PCI device ids: the branches that have the GPU, the
/// flavour, and what to write where it has another branch, or has this one.
fn gpus() -> Vec<Value> {
    let mut ranges: Vec<(u16, u16, Value)> = Vec::new();
    for id in 0..=u16::MAX {
        let Some(generation) = Generation::of(id) else { continue };
        let needs = json!({
            "first": first_branch(id),
            "last": generation.last_branch(),
            "gsp": generation.has_gsp(),
            "needsOpen": generation.needs_open(),
            "instead": install(generation, u64::MAX, true),
            "here": install(generation, 1, true),
        });
        match ranges.last_mut() {
            Some((_, to, same)) if *same == needs && *to + 1 == id => *to = id,
            _ => ranges.push((id, id, needs)),
        }
    }
    assert!(ranges.len() > 10);
    let range = |(from, to, needs): (u16, u16, Value)| {
        let needs = needs.as_object().cloned().unwrap_or_default();
        let ends = [("from", from), ("to", to)].map(|(key, id)| (key.to_owned(), hex(id)));
        needs.into_iter().chain(ends).collect()
    };
    ranges.into_iter().map(range).collect()
}

fn driver() -> Value {
    let below = |module| STACK.into_iter().filter(move |other| softdeps::needs(module, other));
    let needs: BTreeMap<_, Vec<_>> = STACK.iter().map(|m| (*m, below(m).collect())).collect();
    let workarounds: Vec<Value> = old_workarounds::known()
        .map(|(word, since, cost)| json!({ "word": word, "since": since, "cost": cost }))
        .collect();
    let framebuffer_off = cmdline::FRAMEBUFFER_OFF.map(String::from_utf8_lossy);
    json!({
        "stack": STACK,
        "needs": needs,
        "parameters": parameters(),
        "ofEveryModule": parameters::OF_EVERY_MODULE,
        "defaults": defaults(),
        "compared": { "first": defaults::FIRST, "newest": defaults::NEWEST },
        "removed": removed(),
        "gpus": gpus(),
        "workarounds": workarounds,
        "framebufferOff": framebuffer_off,
        "rivals": RIVALS,
    })
}

/// What an expectations file may say, and what holds without one.
fn expectations() -> Value {
    let own = Expectations::new();
    let severities = [Severity::Note, Severity::Warning, Severity::Error].map(Severity::name);
    json!({
        "goals": Goal::ALL.map(|(_, name)| name),
        "severities": severities,
        "threshold": own.threshold.name(),
        "deadlineMs": own.deadline_ms,
        "holdMs": own.hold_ms,
        "waitMaxMs": WAIT_MAX_MS,
    })
}

#[test]
fn the_schema_of_expectations_says_what_the_verifier_takes() {
    let path = module().join("../docs/expectations-v1.schema.json");
    let schema = fs::read_to_string(path).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let (own, properties) = (expectations(), &schema["properties"]);
    assert_eq!(properties["goals"]["items"]["enum"], own["goals"]);
    assert_eq!(properties["deadline_ms"]["default"], own["deadlineMs"]);
    assert_eq!(properties["hold_ms"]["default"], own["holdMs"]);
    assert_eq!(properties["threshold"]["default"], own["threshold"]);
    assert_eq!(schema["$defs"]["severity"]["enum"], own["severities"]);
    assert_eq!(schema["$defs"]["milliseconds"]["maximum"], own["waitMaxMs"]);
}

#[test]
fn generated_files_of_the_nixos_module_as_docs_are_current() {
    let files =
        [("codes.json", codes()), ("driver.json", driver()), ("expectations.json", expectations())];
    let folder = module().join("generated");
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    for (name, value) in &files {
        let text = format!("{value:#}\n");
        let path = folder.join(name);
        if fs::read_to_string(&path).ok().as_deref() == Some(&*text) {
            continue;
        }
        if update {
            fs::write(&path, text).expect("a generated file");
        } else {
            stale.push((*name).to_owned());
        }
    }
    for entry in fs::read_dir(&folder).expect("nixos-module/generated") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if !files.iter().any(|(written, _)| *written == name) {
            stale.push(format!("{name} (written by nothing)"));
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; UPDATE_DOCS=1 cargo test docs_are_current");
}

/// The table of lints in docs/nixos.md, against the rules; of another severity are those
/// that nixos-module/tests/severities.nix names with their reasons.
#[test]
fn the_documented_severity_of_a_lint_is_its_rules() {
    let page = fs::read_to_string(module().join("../docs/nixos.md")).expect("docs/nixos.md");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let code = cells.next()?.trim_start_matches('[').get(..6)?;
        let rule = RULES.iter().find(|rule| rule.code.to_string() == code)?;
        Some((code, cells.next()?, rule.severity.name()))
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 20, "{rows:?}");
    let other: Vec<_> = rows.iter().filter(|row| row.1 != row.2).map(|row| row.0).collect();
    assert_eq!(other, ["NVP405"], "{rows:?}");
}
