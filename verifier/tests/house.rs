//! The house is as `docs/architecture.md` draws it: its code map equals the tree, and the
//! names that the design reserves mean one thing in the workspace. Reads, changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose files and folders the code map tells, each or by a folder above.
const MAPPED: [&str; 6] = [
    "verifier/src",
    "initrd-tool/src",
    "qemu-tests/boot/src",
    "qemu-tests/harness/src",
    "qemu-tests/selftest/src",
    "qemu-tests/pretend-gpu/src",
];

/// Names of types that the design reserves, each with the file that defines it; `None`
/// where it stands for a folder of functions and no type has it.
const RESERVED: [(&str, Option<&str>); 6] = [
    ("Seen", Some("verifier/src/seen.rs")),
    ("Facts", Some("verifier/src/facts.rs")),
    ("Finding", Some("verifier/src/finding.rs")),
    ("Report", Some("verifier/src/finding/report.rs")),
    ("Tree", Some("verifier/src/tree.rs")),
    ("Sink", None),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The paths in the first column of the code map. A name alone stands beside the path
/// before it.
fn map() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap_or_default();
    let (_, map) = text.split_once("\n## Code map\n").unwrap_or_default();
    let rows = map.lines().skip_while(|l| !l.starts_with('|')).take_while(|l| l.starts_with('|'));
    let mut out: Vec<String> = Vec::new();
    for row in rows.skip(2) {
        let cell = row.split('|').nth(1).unwrap_or("");
        let mut folder = String::new();
        for path in cell.split('`').skip(1).step_by(2) {
            let whole =
                if path.contains('/') { path.to_owned() } else { format!("{folder}{path}") };
            folder = whole.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned() + "/";
            out.push(whole);
        }
    }
    out
}

/// What of a folder no row tells.
fn untold(folder: &str, map: &[String], out: &mut Vec<String>) {
    let mut names: Vec<_> =
        fs::read_dir(root().join(folder)).into_iter().flatten().flatten().collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    for entry in names {
        let is_folder = entry.path().is_dir();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let stem = path.strip_suffix(".rs").unwrap_or(&path);
        let below = format!("{stem}/");
        // A program's or a library's root and a folder's tests need no row.
        let root =
            ["/main", "/lib", "/mod", "/tests", "/cli"].iter().any(|end| stem.ends_with(end));
        let file = format!("{stem}.rs");
        if root || map.iter().any(|told| [&path, &below, &file].contains(&told)) {
            continue;
        }
        if !map.iter().any(|told| told.starts_with(&below)) {
            out.push(path);
        } else if is_folder {
            untold(&path, map, out);
        }
    }
}

#[test]
fn every_path_of_the_code_map_exists() {
    let map = map();
    assert!(map.len() > 60, "{} paths", map.len());
    let gone: Vec<_> = map.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

#[test]
fn every_room_stands_in_the_code_map() {
    let (map, mut missing) = (map(), Vec::new());
    for folder in MAPPED {
        // A row of the folder, or of one above it, tells everything in it.
        let above = |told: &String| told.ends_with('/') && format!("{folder}/").starts_with(told);
        if !map.iter().any(above) {
            untold(folder, &map, &mut missing);
        }
    }
    assert!(missing.is_empty(), "no row for:\n{}", missing.join("\n"));
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            sources(&path, out);
        } else if path.extension().is_some_and(|end| end == "rs") {
            out.push(path);
        }
    }
}

/// True for a line that defines or renames to a type of that name.
fn defines(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    if line.starts_with("//") {
        return false;
    }
    let words: Vec<&str> =
        line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let kinds = ["struct", "enum", "trait", "type", "union"];
    let begins = line.starts_with("use ") || line.starts_with("pub use ");
    let says = |pair: &[&str]| match pair {
        [before, word] => *word == name && (kinds.contains(before) || begins && *before == "as"),
        _ => false,
    };
    words.windows(2).any(says)
}

#[test]
fn a_reserved_name_means_one_thing() {
    let mut files = Vec::new();
    for part in ["verifier", "initrd-tool", "qemu-tests", "nixos-module"] {
        sources(&root().join(part), &mut files);
    }
    assert!(files.len() > 500, "{} files", files.len());
    for (name, home) in RESERVED {
        let of = |file: &&PathBuf| {
            fs::read_to_string(file).is_ok_and(|text| text.lines().any(|line| defines(line, name)))
        };
        // This file has definitions as words of its own test.
        let others = files.iter().filter(|file| !file.ends_with("tests/house.rs"));
        let found: Vec<_> = others.filter(of).collect();
        let wanted: Vec<_> = home.iter().map(|home| root().join(home)).collect();
        assert_eq!(found, wanted.iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_definition_is_told_from_a_use() {
    assert!(defines("pub enum Seen<T> {", "Seen"));
    assert!(defines("use crate::tree::Tree as Sink;", "Sink"));
    assert!(!defines("    fn of(tree: &dyn Tree) -> Report {", "Report"));
    assert!(!defines("let x = y as Report;", "Report"));
    assert!(!defines("// type Facts", "Facts"));
}

/// The rooms of each library in the order of the flow: one uses only what stands before it.
/// Rules and findings are one floor: a finding names its rule, and a rule adds findings.
const ROOMS: [(&str, &[&[&str]]); 2] = [
    (
        "verifier/src",
        &[
            &["seen"],
            &["text"],
            &["tree"],
            &["severity"],
            &["capture", "live_tree"],
            &["driver"],
            &["facts"],
            &["expect"],
            &["rule", "finding"],
            &["kmod"],
            &["parse"],
            &["reading", "ready"],
            &["evidence"],
            &["rules"],
            &["engine"],
            &["sink"],
        ],
    ),
    (
        "initrd-tool/src",
        &[
            &["base"],
            &["source"],
            &["facts"],
            &["kmod"],
            &["change"],
            &["view"],
            &["render"],
            &["doctor"],
            &["commands"],
            &["cli"],
        ],
    ),
];

/// What of a file is no test and no comment, and the modules that it declares for tests alone.
fn code(text: &str) -> (String, Vec<String>) {
    let (mut out, mut tests, mut marked) = (String::new(), Vec::new(), false);
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let words: Vec<&str> = line.split([' ', ';', '(', ')']).filter(|w| !w.is_empty()).collect();
        match (marked, words.as_slice()) {
            // A module of tests ends its file.
            (true, ["mod", _, "{"]) => break,
            (true, [.., "mod", name]) => tests.push((*name).to_owned()),
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
        marked = line.trim() == "#[cfg(test)]";
    }
    (out, tests)
}

/// The rooms that a file names: with `crate::`, and a room's own file with `super::` too.
fn used(text: &str, is_top: bool) -> impl Iterator<Item = &str> {
    let above = text.split("super::").skip(1).filter(move |_| is_top);
    let names = text.split("crate::").skip(1).chain(above);
    names.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[test]
fn a_room_uses_only_what_stands_before_it() {
    for (library, floors) in ROOMS {
        let floor = |room: &str| floors.iter().position(|rooms| rooms.contains(&room));
        let folder = root().join(library);
        let mut files = Vec::new();
        sources(&folder, &mut files);
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
        let tests: Vec<PathBuf> = files
            .iter()
            .flat_map(|file| {
                let below = match file.file_stem().and_then(|stem| stem.to_str()) {
                    Some("lib" | "main" | "mod") | None => folder.clone(),
                    Some(_) => file.with_extension(""),
                };
                let names = code(&read(file)).1;
                names.into_iter().map(move |name| below.join(name))
            })
            .collect();
        let mut seen = 0;
        let mut wrong = Vec::new();
        for file in &files {
            let of_tests = tests.iter().any(|of| file.with_extension("").starts_with(of));
            let below = file.strip_prefix(&folder).expect("below").with_extension("");
            let room = below.components().next().and_then(|part| part.as_os_str().to_str());
            let Some((room, own)) = room.and_then(|room| Some((room, floor(room)?))) else {
                // A program's own files stand above all rooms.
                continue;
            };
            for other in used(&code(&read(file)).0, file.parent() == Some(&folder))
                .filter(|other| *other != room && !of_tests)
            {
                seen += 1;
                if floor(other).is_none_or(|other| other > own) {
                    wrong.push(format!("{} uses {other}", file.display()));
                }
            }
        }
        assert!(seen > 100, "{library}: {seen} uses");
        assert!(wrong.is_empty(), "{library}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn every_public_room_has_its_floor() {
    for (library, floors) in ROOMS {
        let lib = fs::read_to_string(root().join(library).join("lib.rs")).expect("a library");
        let mut rooms =
            lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        let homeless: Vec<_> = rooms
            .by_ref()
            .filter(|room| !floors.iter().any(|floor| floor.contains(room)))
            .collect();
        assert!(homeless.is_empty(), "{library}: {homeless:?}");
    }
}

#[test]
fn tests_and_comments_are_no_uses() {
    let text = "//! [`crate::rules`]\nuse crate::facts::Facts;\n\
                #[cfg(test)]\nmod cases;\nfn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::rules;\n}\n";
    let (own, tests) = code(text);
    assert_eq!(used(&own, false).collect::<Vec<_>>(), ["facts"]);
    assert_eq!(tests, ["cases"]);
    assert_eq!(used("use super::rules;", true).collect::<Vec<_>>(), ["rules"]);
    assert_eq!(used("use super::rules;", false).count(), 0);
}
