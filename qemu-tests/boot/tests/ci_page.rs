//! The examples of docs/ci.md are what they say: YAML, expectations that the harness
//! takes, Nix.
#![allow(clippy::expect_used)] // Clippy counts helpers of tests as code.

use saphyr::{LoadableYamlNode, Yaml};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// The code blocks of that language.
fn blocks(language: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ci.md");
    let page = fs::read_to_string(page).expect("the page");
    let mark = format!("```{language}\n");
    page.split(&mark)
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```").map(|(block, _)| format!("{block}\n")))
        .collect()
}

#[test]
fn every_yaml_example_is_yaml_with_a_step_that_boots() {
    let blocks = blocks("yaml");
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let documents = Yaml::load_from_str(&block).expect("YAML");
        assert_eq!(documents.len(), 1);
        assert!(documents.iter().all(Yaml::is_mapping));
        assert!(block.contains("--package nvpreflight-boot -- run"));
    }
}

#[test]
fn every_expectation_of_the_page_is_taken() {
    let blocks = blocks("toml");
    assert_eq!(blocks.len(), 2);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("expect.toml");
    for block in blocks {
        fs::write(&path, &block).expect("written");
        let output = Command::new(env!("CARGO_BIN_EXE_nvpreflight-boot"))
            .args(["run", "--kernel", "/nonexistent", "--expect"])
            .arg(&path)
            .output()
            .expect("the harness runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("cannot read the kernel"), "{error}\n{block}");
    }
}

#[test]
fn every_nix_example_is_nix() {
    let blocks = blocks("nix");
    assert_eq!(blocks.len(), 1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("check.nix");
    for block in blocks {
        fs::write(&path, &block).expect("written");
        // Debian: nix-bin, which `./qemu-tests/run` installs.
        let run = Command::new("nix-instantiate")
            .args(["--parse", "--readonly-mode"])
            .arg(&path)
            .env("NIX_STATE_DIR", folder.path())
            .env("NIX_STORE_DIR", folder.path())
            .output();
        let output = match run {
            // `./qemu-tests/run test` shows and counts the line.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("SKIP - docs/ci.md: its Nix example: nix-instantiate is not here");
                return;
            }
            run => run.expect("nix-instantiate runs"),
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
