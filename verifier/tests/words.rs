//! One word for one thing: the glossary in CONTRIBUTING.md names for each word the
//! phrases that it replaces, and no text that people read has them. Reads the tree,
//! changes nothing; a quotation of somebody else's text has to be reworded too.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Rows of the glossary: the word, and the phrases that it replaces.
fn glossary(text: &str) -> Vec<(String, Vec<String>)> {
    let Some((_, table)) = text.split_once("## Glossary\n") else { return Vec::new() };
    let table = table.split("\n## ").next().unwrap_or(table);
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| row.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    rows.map(cells)
        .map(|c| {
            let phrases = c.get(3).map_or("", String::as_str).split(" · ");
            let phrases = phrases.map(str::to_lowercase).filter(|p| !p.is_empty()).collect();
            (c.get(1).cloned().unwrap_or_default(), phrases)
        })
        .collect()
}

fn files(folder: &Path, ends: &[&str], out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let end = path.extension().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            files(&path, ends, out);
        } else if ends.contains(&&*end) {
            out.push(path);
        }
    }
}

/// What a person may read of a file, in one line of lower case: of Rust the strings
/// and, where they are printed, the doc comments; of Nix all but comments.
fn readable(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let end = path.extension().unwrap_or_default().to_string_lossy();
    let shown = path.to_string_lossy();
    let printed = shown.contains("src/rules") || shown.contains("src/commands");
    let kept = |line: &str| -> Option<String> {
        let line = line.trim();
        match &*end {
            "rs" if line.starts_with("///") => {
                printed.then(|| line.trim_start_matches('/').to_owned())
            }
            "rs" if line.starts_with("//") => None,
            "rs" => Some(line.strip_suffix('\\').unwrap_or(line).to_owned()),
            "nix" if line.starts_with('#') => None,
            _ => Some(line.to_owned()),
        }
    };
    let lines: Vec<String> = text.lines().filter_map(kept).collect();
    let words = lines.join(" ").to_lowercase();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where `phrase` stands in `text` as words of their own.
fn found(text: &str, phrase: &str) -> Option<String> {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(phrase).find_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + phrase.len()..)?);
        if inner(before.chars().next_back()) || inner(after.chars().next()) {
            return None;
        }
        let start: String = before.chars().rev().take(40).collect();
        let rest: String = after.chars().take(30).collect();
        Some(format!("{}{phrase}{rest}", start.chars().rev().collect::<String>()))
    })
}

#[test]
fn texts_use_the_words_of_the_glossary() {
    let contributing = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING");
    let glossary = glossary(&contributing);
    assert!(glossary.len() >= 10, "the glossary was not found");
    let mut paths = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    for (folder, end) in [
        ("docs", "md"),
        ("verifier/src", "rs"),
        ("verifier/dist", "service"),
        ("initrd-tool/src", "rs"),
        ("nixos-module", "nix"),
    ] {
        let before = paths.len();
        files(&root().join(folder), &[end], &mut paths);
        assert!(paths.len() > before, "nothing was read of {folder}");
    }
    let mut wrong = Vec::new();
    for path in paths {
        let text = readable(&path);
        for (word, phrases) in &glossary {
            for phrase in phrases {
                if let Some(place) = found(&text, phrase) {
                    let path = path.display();
                    wrong.push(format!("{path}: `{place}`: write `{word}`, not `{phrase}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_phrase_is_found_across_lines_and_not_inside_a_word() {
    assert!(found("the seat comes up late", "comes up").is_some());
    assert!(found("it overcomes upper limits", "comes up").is_none());
    let table = "## Glossary\n\n| word | meaning | not |\n|---|---|---|\n| a | b | c d · E |\n";
    let rows = vec![("a".to_owned(), vec!["c d".to_owned(), "e".to_owned()])];
    assert_eq!(glossary(table), rows);
}
