//! Every relative link of the project's pages leads to a file that is there. It
//! looks at no address outside the project.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The pages that people start from, and all below docs/.
fn pages(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder)? {
            let path = item?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    Ok(pages)
}

/// Targets of `[text](target)`, without anchors and without other sites.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

#[test]
fn every_link_leads_to_a_file_of_the_project() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    let mut dead = Vec::new();
    for page in pages(&root).unwrap() {
        let text = fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            seen += 1;
            if !page.parent().unwrap().join(target).exists() {
                dead.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} links were found");
    for folder in ["docs/tool", "docs/rules"] {
        let folder = root.join(folder);
        assert!(pages(&root).unwrap().iter().any(|page| page.starts_with(&folder)), "{folder:?}");
    }
    assert!(dead.is_empty(), "dead links: {dead:#?}");
}

#[test]
fn an_anchor_and_a_foreign_address_are_no_files() {
    let text = "[a](b.md#c) [d](https://e) [f](#g) [h](i/)";
    assert_eq!(links(text).collect::<Vec<_>>(), ["b.md", "i/"]);
}
