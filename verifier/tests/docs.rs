//! The rule pages are the rules' own words, and what the documents name exists.
//!
//! `UPDATE_DOCS=1` rewrites the pages; otherwise a stale one fails.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use nvpreflight::facts::Need;
use nvpreflight::rule::Rule;
use nvpreflight::rules::elsewhere::{ELSEWHERE, Elsewhere, Place};
use nvpreflight::rules::{RULES, by_code};

/// The families of codes, by their first digit.
const FAMILIES: [(u16, &str); 8] = [
    (1, "Load order and timing"),
    (2, "KMS and framebuffer"),
    (3, "Options and soft dependencies"),
    (4, "Contents of the initrd"),
    (5, "Device and binding"),
    (6, "Power and suspend"),
    (7, "Boot environment"),
    (9, "The verifier itself"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn runs(rule: &Rule) -> String {
    rule.runs().collect::<Vec<_>>().join(", ")
}

fn needs(rule: &Rule) -> String {
    let names = |needs: &[Need]| needs.iter().map(|n| n.what).collect::<Vec<_>>().join(", ");
    let mut out = names(rule.needs);
    if out.is_empty() {
        out.push_str("whatever there is");
    }
    if let Some(image) = rule.image.as_ref().filter(|i| !i.needs.is_empty()) {
        let _ = write!(out, "; of an image: {}", names(image.needs));
    }
    out
}

fn link(code: u16) -> String {
    let title = by_code(code).map_or("", |r| r.title);
    format!("[NVP{code:03}](NVP{code:03}.md) ({title})")
}

/// One rule's page: its data, its own explanation, its place among the others.
fn page(rule: &Rule) -> String {
    let mut out = format!("# {}: {}\n\n", rule.code, rule.title);
    let _ = writeln!(out, "| | |\n|---|---|\n| rule | `{}` |", rule.name);
    let _ = writeln!(out, "| severity | {} |", rule.severity.name());
    let _ = writeln!(out, "| confidence | {} |", rule.confidence.name());
    let _ = writeln!(out, "| runs | {} |\n| requires | {} |\n", runs(rule), needs(rule));
    for line in rule.doc.lines() {
        let _ = writeln!(out, "{}", line.strip_prefix(' ').unwrap_or(line));
        if line.trim() == "## Fix" {
            fix(&mut out, rule);
        }
    }
    let causes: Vec<String> = rule.causes().map(link).collect();
    let effects: Vec<String> = RULES
        .iter()
        .filter(|r| r.causes().any(|code| code == rule.code.0))
        .map(|r| link(r.code.0))
        .collect();
    for (heading, lines) in [("Caused by", causes), ("Causes", effects)] {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n## {heading}\n");
            for line in lines {
                let _ = writeln!(out, "- {line}");
            }
        }
    }
    squeeze(&out)
}

/// The page of a code without a rule.
fn page_elsewhere(entry: &Elsewhere) -> String {
    let Elsewhere { code, title, place, text, sources } = entry;
    let mut out = format!("# {code}: {title}\n\n{place}\n\n{text}\n\n## Sources\n{sources}.\n");
    if let Place::Rule(rule) = place {
        let _ = writeln!(out, "\n## See\n\n- {}", link(*rule));
    }
    squeeze(&out)
}

fn fix(out: &mut String, rule: &Rule) {
    let _ = writeln!(out, "\n```text\n{}\n```", rule.fix);
    if !rule.nixos.is_empty() {
        let _ = writeln!(out, "NixOS:\n```nix\n{}\n```\n", rule.nixos);
    }
}

fn index() -> String {
    let mut out = String::from("# Rules\n\nWritten from the rules themselves; one page a rule.\n");
    for (family, title) in FAMILIES {
        let rules: Vec<_> = RULES.iter().filter(|r| r.code.0 / 100 == family).collect();
        if rules.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {title}\n\n| code | severity | what is wrong |\n|---|---|---|");
        for rule in rules {
            let (code, severity) = (rule.code, rule.severity.name());
            let _ = writeln!(out, "| [{code}]({code}.md) | {severity} | {} |", rule.title);
        }
    }
    out.push_str("\n## No rule of its own\n\n| code | what is wrong | |\n|---|---|---|\n");
    for Elsewhere { code, title, place, .. } in ELSEWHERE {
        let _ = writeln!(out, "| [{code}]({code}.md) | {title} | {place} |");
    }
    out
}

/// No two empty lines after each other, one line feed at the end.
fn squeeze(text: &str) -> String {
    let mut out = String::new();
    let mut empty = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && empty) {
            out.push_str(line);
            out.push('\n');
        }
        empty = line.is_empty();
    }
    format!("{}\n", out.trim_end())
}

fn pages() -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> =
        RULES.iter().map(|rule| (format!("{}.md", rule.code), page(rule))).collect();
    pages.extend(ELSEWHERE.iter().map(|e| (format!("{}.md", e.code), page_elsewhere(e))));
    pages.insert("index.md".into(), index());
    let mut catalog = String::new();
    // Writing to a String cannot fail.
    let _ = nvpreflight::sink::catalog::write(RULES, &mut catalog);
    pages.insert("nvpreflight.catalog".into(), catalog);
    pages
}

#[test]
fn docs_are_current() {
    let folder = root().join("docs/rules");
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    if update {
        fs::create_dir_all(&folder).expect("docs/rules");
    }
    let mut stale = Vec::new();
    for (name, text) in pages() {
        let path = folder.join(&name);
        if fs::read_to_string(&path).ok().as_deref() == Some(&*text) {
            continue;
        }
        if update {
            fs::write(&path, text).expect("a page");
        } else {
            stale.push(name);
        }
    }
    let listed = pages();
    for entry in fs::read_dir(&folder).expect("docs/rules") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if !listed.contains_key(&name) {
            stale.push(format!("{name} (of no rule)"));
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; UPDATE_DOCS=1 cargo test docs_are_current");
}

#[test]
fn every_family_of_codes_has_a_heading() {
    for rule in RULES {
        assert!(FAMILIES.iter().any(|(f, _)| *f == rule.code.0 / 100), "{rule:?} is in no family");
    }
}

/// Folders that a checkout has and the project did not write.
fn ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !matches!(&*name, "target" | "shared") && !name.starts_with('.')
}

fn files(folder: &Path, end: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && ours(&path) {
            files(&path, end, out);
        } else if path.extension().is_some_and(|e| e == end) {
            out.push(path);
        }
    }
}

/// Words in backquotes that begin like a path of this repository.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    const TOPS: [&str; 7] =
        ["verifier/", "qemu-tests/", "nixos-module/", "initrd-tool/", "docs/", "standin/", "./"];
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|word| word.split_whitespace().next())
        .filter(|word| TOPS.iter().any(|top| word.starts_with(top)))
        .filter(|word| !word.contains(['*', '<', '{', '…']))
}

#[test]
fn every_path_named_in_the_documents_exists() {
    let mut pages = Vec::new();
    files(&root().join("docs"), "md", &mut pages);
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    let mut missing = Vec::new();
    for page in pages {
        let Ok(text) = fs::read_to_string(&page) else { continue };
        for path in named_paths(&text) {
            let path = path.split(':').next().unwrap_or(path);
            if !root().join(path).exists() {
                missing.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_schema_has_an_id_of_its_own() {
    let mut schemas = Vec::new();
    files(&root().join("docs"), "json", &mut schemas);
    schemas.retain(|path| path.to_string_lossy().ends_with(".schema.json"));
    assert!(schemas.len() >= 9, "the schemas were not found");
    for path in schemas {
        let text = fs::read_to_string(&path).expect("a schema");
        let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let id = format!("urn:nvpreflight:schema:{}", name.trim_end_matches(".schema.json"));
        assert_eq!(schema["$id"], id.as_str(), "{name}");
    }
}

/// docs/expectations.md is also nvpreflight-expect.json(5).
#[test]
fn the_page_of_the_expectations_has_each_key_and_word_of_the_schema_and_no_other() {
    let read = |name: &str| fs::read_to_string(root().join("docs").join(name)).expect("a file");
    let page = read("expectations.md");
    let schema: serde_json::Value =
        serde_json::from_str(&read("expectations-v1.schema.json")).expect("JSON");
    let mut keys = Vec::new();
    for (key, of) in schema["properties"].as_object().expect("keys") {
        match of["properties"].as_object() {
            Some(below) => keys.extend(below.keys().map(|name| format!("{key}.{name}"))),
            None if key == "version" => {}
            None => keys.push(key.clone()),
        }
    }
    let row = |line: &str| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned());
    let mut told: Vec<String> = page.lines().filter_map(row).collect();
    told.sort();
    keys.sort();
    assert_eq!(told, keys);
    let properties = &schema["properties"];
    for list in [&properties["goals"]["items"], &properties["on_error"]] {
        for word in list["enum"].as_array().expect("words") {
            let word = word.as_str().expect("a word");
            assert!(page.contains(&format!("`{word}`")), "{word}");
        }
    }
    for key in ["deadline_ms", "hold_ms", "threshold", "on_error"] {
        let value = &properties[key]["default"];
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let row = page.lines().find(|line| line.starts_with(&format!("| `{key}`")));
        let without = row.expect("a row").trim_end_matches(" |").rsplit("| ").next();
        assert_eq!(without.map(|text| text.trim_matches('`')), Some(value.as_str()), "{key}");
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    let mut sources = Vec::new();
    files(&root(), "rs", &mut sources);
    assert!(sources.len() > 50, "the sources were not found");
    for path in sources {
        let text = fs::read_to_string(&path).expect("a source file");
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}

#[test]
fn numbers_of_rules_and_boots_in_the_documents_are_those_of_the_tree() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("a document");
    let rules = format!("today there are {}.", RULES.len());
    assert!(read("docs/performance.md").contains(&rules), "performance.md: {rules}");
    let mut scenarios = Vec::new();
    files(&root().join("qemu-tests/scenarios"), "toml", &mut scenarios);
    // `run test` boots those of a PC; `run arm64` has some alone.
    let alone = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a scenario");
        text.lines().any(|line| line == "architectures = [\"aarch64\"]")
    };
    scenarios.retain(|path| !alone(path));
    let boots = format!("its part of scenarios | {} |", scenarios.len());
    assert!(read("docs/boot-times.md").contains(&boots), "boot-times.md: {boots}");
}
