//! That the catalogue is the one place: each text has its source and its versions, and
//! none of them stands anywhere else in the code of the library or the host tool.

use super::{display, harmless, kernel, kmod, nvidia, start, systemd};
use std::fs;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

type Text = (&'static str, &'static str, &'static [&'static str]);

fn all() -> impl Iterator<Item = &'static Text> {
    [nvidia::ALL, start::ALL, harmless::ALL, kernel::ALL, systemd::ALL, kmod::ALL, display::ALL]
        .into_iter()
        .flatten()
}

#[test]
fn every_text_has_its_source_and_its_versions() {
    for (name, doc, parts) in all() {
        let ending = doc.trim_end().strip_suffix(").").and_then(|doc| doc.rsplit_once('('));
        let (source, versions) = ending.and_then(|(_, at)| at.split_once("; ")).unwrap_or_default();
        assert!(source.len() > 3, "{name}: {doc}");
        assert!(versions.contains(|c: char| c.is_ascii_digit()), "{name}: {doc}");
        assert!(!parts.is_empty() && parts.iter().all(|part| part.len() > 1), "{name}");
    }
}

#[test]
fn no_text_stands_in_the_catalogue_twice() {
    let mut seen: Vec<Vec<&str>> = Vec::new();
    for (name, _, parts) in all() {
        let parts = parts.to_vec();
        assert!(!seen.contains(&parts), "{name} {parts:?}");
        seen.push(parts);
    }
}

/// Parts by which a text is told from others; words that any sentence may hold are not.
fn telling(part: &str) -> bool {
    let words = part.trim();
    words.len() > 4 && words.contains([':', '[', '(']) || words.len() > 11 && words.contains(' ')
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "said" && name != "tests" && name != "testing" {
                sources(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs") && name != "tests.rs" {
            out.push(path);
        }
    }
}

/// Sentences of our own: a rule's head, a table of meanings, anything with a place for a
/// value. No needle has braces.
fn is_prose(file: &Path, line: &str, literal: &str) -> bool {
    let head = ["title: ", "fix: ", "nixos: "];
    literal.contains('{')
        || line.contains("format_args!(")
        || file.ends_with("driver/xid.rs")
        || head.iter().any(|head| line.trim_start().starts_with(head))
}

/// String literals of the code that is neither a comment nor a test.
fn literals(source: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (number, line) in source.lines().enumerate() {
        if line.starts_with("#[cfg(test)]") && source.lines().nth(number + 1).is_some_and(is_mod) {
            break;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once('"') {
            let mut escaped = false;
            let end = after.char_indices().find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            let Some((end, _)) = end else { break };
            out.push((number + 1, after[..end].into()));
            rest = &after[end + 1..];
        }
    }
    out
}

fn is_mod(line: &str) -> bool {
    line.starts_with("mod ") || line.starts_with("pub mod ")
}

#[test]
fn no_text_of_the_catalogue_stands_anywhere_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("../initrd-tool/src"), &mut files);
    assert!(files.len() > 200, "{} files", files.len());
    let texts: Vec<&str> =
        all().flat_map(|(_, _, parts)| *parts).copied().filter(|part| telling(part)).collect();
    let mut again = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        for (line, literal) in literals(&source) {
            let whole = source.lines().nth(line - 1).unwrap_or_default();
            if is_prose(&file, whole, &literal) {
                continue;
            }
            if let Some(text) = texts.iter().find(|text| literal.contains(**text)) {
                again.push(std::format!("{}:{line}: {text:?}", file.display()));
            }
        }
    }
    assert!(again.is_empty(), "{} times:\n{}", again.len(), again.join("\n"));
}

/// Beginnings that only say whose line it is.
const SPEAKERS: [&str; 4] = [nvidia::NVRM, nvidia::MODESET, nvidia::UVM, nvidia::DRM];

/// Lines of the driver in a rule's tests that neither hold a text of the catalogue nor go
/// on from one that does: a message may take several lines.
fn made_up(tests: &str) -> Vec<String> {
    let joined: Vec<&str> = tests.split("\\\n").collect();
    let joined = joined.iter().map(|part| part.trim_start()).collect::<Vec<_>>().join("");
    let telling: Vec<&[&str]> = all().map(|(_, _, parts)| *parts).collect();
    let known = |line: &str| {
        telling.iter().any(|parts| {
            super::holds(line, parts) && !parts.iter().all(|part| SPEAKERS.contains(part))
        })
    };
    let mut out = Vec::new();
    for (_, literal) in literals(&joined).into_iter().filter(|(_, l)| !l.starts_with("NVP")) {
        let mut goes_on = false;
        for line in literal.split("\\n") {
            if SPEAKERS.iter().any(|speaker| line.contains(speaker)) {
                goes_on |= known(line);
                if !goes_on {
                    out.push(line.into());
                }
            }
        }
    }
    out
}

#[test]
fn every_line_of_the_driver_in_a_rules_tests_has_its_source_in_the_catalogue() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules"), &mut files);
    let (mut wrong, mut lines) = (Vec::new(), 0);
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let Some((_, tests)) = source.split_once("#[cfg(test)]\nmod tests") else { continue };
        lines += tests.matches(nvidia::NVRM).count();
        let of_file = made_up(tests).into_iter();
        wrong.extend(of_file.map(|line| std::format!("{}: {line}", file.display())));
    }
    assert!(lines > 80, "{lines} lines");
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(made_up("x(\"NVRM: no such line\")").len(), 1);
}
