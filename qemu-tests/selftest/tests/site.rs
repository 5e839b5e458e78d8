//! The table of the documentation's site: every page below docs/ stands in it once, under
//! a heading, by its own title. `UPDATE_DOCS=1` writes it; mdBook makes the site of it.

#![allow(clippy::unwrap_used, clippy::panic)] // Clippy counts helpers of tests as code.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The pages that are no command and no rule, in the reader's order.
const PARTS: [(&str, &[&str]); 4] = [
    ("Use", &["black-screen", "install", "expectations", "fleets", "diagnosis"]),
    ("NixOS", &["nixos", "nixos-options", "nixos-recovery", "nixos-boots"]),
    (
        "Boot tests",
        &[
            "ci",
            "boot-tests",
            "scenarios",
            "boot-times",
            "passthrough",
            "real-modules",
            "real-scenarios",
            "corpus",
        ],
    ),
    ("Inside", &["architecture", "performance", "fuzzing", "driver-tables", "dependencies"]),
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// `[title](page)`, by the page's first heading.
fn link(page: &str) -> String {
    let text = fs::read_to_string(docs().join(page)).unwrap_or_default();
    let title = text.lines().find_map(|line| line.strip_prefix("# "));
    format!("[{}]({page})", title.unwrap_or_else(|| panic!("{page} has no title")))
}

/// Pages of a folder below docs/, by name, its index left out.
fn below(folder: &str) -> Vec<String> {
    let mut pages: Vec<String> = fs::read_dir(docs().join(folder))
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && !matches!(name.as_str(), "index.md" | "SUMMARY.md"))
        .map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") })
        .collect();
    pages.sort();
    pages
}

fn table() -> String {
    let mut out = "# Summary\n\n[nvpreflight](index.md)\n".to_owned();
    for (part, pages) in PARTS {
        let _ = write!(out, "\n# {part}\n\n");
        for page in pages {
            let _ = writeln!(out, "- {}", link(&format!("{page}.md")));
        }
    }
    for (part, folder) in [("The host tool", "tool"), ("The rules", "rules")] {
        let _ = write!(out, "\n# {part}\n\n- {}\n", link(&format!("{folder}/index.md")));
        for page in below(folder) {
            let _ = writeln!(out, "  - {}", link(&page));
        }
    }
    out
}

#[test]
fn the_sites_table_holds_every_page_once() {
    let listed: BTreeSet<String> =
        PARTS.iter().flat_map(|(_, pages)| pages.iter().map(|page| format!("{page}.md"))).collect();
    let there: BTreeSet<String> = below("").into_iter().collect();
    assert_eq!(listed, there, "each page of docs/ stands in one part");
    let path = docs().join("SUMMARY.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, table()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), table(), "UPDATE_DOCS=1 writes it");
}
