//! What the NixOS module has of the verifier's own tables is written from them, since
//! evaluation cannot ask a program.
//!
//! `UPDATE_DOCS=1` rewrites the files; otherwise a stale one fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nvpreflight::driver::parameters::{self, Kind};
use nvpreflight::rules::RULES;
use nvpreflight::rules::elsewhere::{ELSEWHERE, Place};
use serde_json::{Value, json};

fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../nixos-module")
}

/// Every code with its title: those of the rules, those that only a lint judges, and
/// for the others what answers for them.
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
    json!({ "rules": rules, "lints": lints, "others": others })
}

/// The driver's parameters by module, each with what the kernel parses its value as.
fn parameters() -> Value {
    let mut modules: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (module, name) in parameters::known() {
        let kind = match parameters::kind(module, name) {
            Some(Kind::Boolean) => "boolean",
            Some(Kind::Integer) => "integer",
            None => "text",
        };
        modules.entry(module).or_default().insert(name, kind);
    }
    json!(modules)
}

fn driver() -> Value {
    json!({ "parameters": parameters() })
}

#[test]
fn generated_files_of_the_nixos_module_as_docs_are_current() {
    let files = [("codes.json", codes()), ("driver.json", driver())];
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
