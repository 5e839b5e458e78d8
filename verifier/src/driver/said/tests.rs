//! That the catalogue is the one place: each text has its source and its versions, and
//! neither one of them nor a part of it stands anywhere else in the code of the library or
//! the host tool. The sentences of user space (`reading::sayings`) are held to the same.

#[cfg(feature = "logs")]
use super::programs;
use super::{display, harmless, kernel, kmod, nvidia, start, systemd};
#[cfg(feature = "logs")]
use crate::reading::sayings;
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
        } else if path.extension().is_some_and(|e| e == "rs")
            && !TESTS.iter().any(|file| path.ends_with(file))
        {
            out.push(path);
        }
    }
}

/// Files of which every line is a test's.
const TESTS: [&str; 2] = ["tests.rs", "logs/wrappings.rs"];

/// Sentences of our own: a rule's head, a table of meanings, anything with a place for a
/// value. No needle has braces.
fn is_prose(file: &Path, line: &str, literal: &str) -> bool {
    let head = ["title: ", "fix: ", "nixos: "];
    literal.contains('{')
        || line.contains("format_args!(")
        || file.ends_with("driver/xid.rs")
        || file.ends_with("driver/rm_init.rs")
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

/// What is part of a text by chance, or is a text's without being taken from it, and why.
const OUR_OWN: &[(&str, &str)] = &[
    ("kernel command line", "names the place of a word"),
    ("Kernel command line", "heads a table"),
    ("display manager", "a program by its kind"),
    ("character device", "a file by its kind"),
    ("kernel modules", "a kind of files"),
    ("not available", "a word of many errors"),
    ("not understood", "a row of the account of a log's lines"),
    ("reported an error", "a finding's words"),
    ("driver: nvidia", "a moment's words"),
    ("driver: ", "a field of inxi's"),
    (".conf:", "the end of a path that grep prints"),
    ("No such file or directory", "strerror(3) of ENOENT, of whatever program"),
    (" does not exist", "nvidia-bug-report.sh's word on a file"),
    ("sudo modprobe nvidia_uvm", "a fix"),
    ("error: ", "how rpmbuild and many others begin"),
    ("on_error: hold-display", "a setting's name"),
];

/// Every literal of the library and the host tool that `wrong` has an objection to.
fn objections(wrong: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("../initrd-tool/src"), &mut files);
    assert!(files.len() > 200, "{} files", files.len());
    let mut out = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        for (line, literal) in literals(&source) {
            let whole = source.lines().nth(line - 1).unwrap_or_default();
            let own = OUR_OWN.iter().any(|(text, _)| literal.starts_with(text));
            if own || is_prose(&file, whole, &literal) {
                continue;
            }
            let why = wrong(&file, &literal);
            out.extend(why.map(|why| std::format!("{}:{line}: {why}", file.display())));
        }
    }
    out
}

fn texts() -> Vec<&'static str> {
    all().flat_map(|(_, _, parts)| *parts).copied().filter(|part| telling(part)).collect()
}

#[test]
fn no_text_of_the_catalogue_stands_anywhere_else() {
    let texts = texts();
    let again = objections(|_, literal| {
        texts.iter().find(|text| literal.contains(**text)).map(|text| std::format!("{text:?}"))
    });
    assert!(again.is_empty(), "{} times:\n{}", again.len(), again.join("\n"));
}

#[cfg(feature = "logs")]
#[test]
fn no_sentence_and_no_part_of_a_text_stands_anywhere_else() {
    let sentences: Vec<&str> = sayings::ALL
        .iter()
        .flat_map(|group| group.iter())
        .flat_map(|saying| saying.parts)
        .copied()
        .filter(|part| telling(part) && part.trim().len() > 7)
        .collect();
    assert!(sentences.len() > 200, "{} sentences", sentences.len());
    let texts = texts();
    let again = objections(|file, literal| {
        if file.ends_with("reading/sayings.rs") || file.parent().unwrap().ends_with("sayings") {
            return None;
        }
        let whole = sentences.iter().find(|text| literal.contains(**text));
        let part = || {
            let mut texts = sentences.iter().chain(&texts);
            texts.find(|text| telling(literal) && text.contains(literal))
        };
        whole.or_else(part).map(|text| std::format!("{literal:?} of {text:?}"))
    });
    assert!(again.is_empty(), "{} times:\n{}", again.len(), again.join("\n"));
}

/// Names that mean other things too: makers of images, an init, a module, a setting.
#[cfg(feature = "logs")]
const OTHER_THINGS: [&str; 5] = ["systemd", "dracut", "modprobe", "kmod", "modinfo"];

#[cfg(feature = "logs")]
#[test]
fn no_name_of_a_program_that_writes_stands_anywhere_else() {
    let groups = [&programs::EARLY[..], &programs::OF_DRIVER, &programs::OF_UNITS];
    let names: Vec<&str> = groups.into_iter().flatten().copied().collect();
    assert!(OTHER_THINGS.iter().all(|name| names.contains(name)));
    let again = objections(|file, literal| {
        // What people type at a prompt.
        let is_command = file.ends_with("logs/printed.rs");
        let is_name = names.contains(&literal) && !OTHER_THINGS.contains(&literal);
        (is_name && !is_command).then(|| std::format!("{literal:?}"))
    });
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
