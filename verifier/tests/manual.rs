//! The verifier's manual page, written by hand, against the program's own help. It
//! judges no wording.

#![allow(clippy::expect_used)] // Clippy counts helpers of tests as code.

use std::process::Command;

const PAGE: &str = include_str!("../dist/man/nvpreflight-verifier.8");

fn help() -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_nvpreflight-verifier")).arg("--help").output();
    String::from_utf8(out.expect("the verifier runs").stdout).expect("UTF-8")
}

fn options(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let mut found: Vec<&str> =
        words.filter(|word| word.strip_prefix("--").is_some_and(|name| !name.is_empty())).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn the_manual_page_names_each_option_of_the_help_and_no_other() {
    let page = PAGE.replace("\\-", "-").replace("\\fR", " ").replace("\\fB", " ");
    let help = help();
    assert!(options(&help).contains(&"--deadline-ms"), "{help}");
    assert_eq!(options(&page), options(&help));
}

#[test]
fn the_manual_page_has_the_examples_of_the_help() {
    let page = PAGE.replace("\\-", "-");
    let help = help();
    let (_, examples) = help.split_once("Examples:\n").expect("examples");
    for example in examples.lines() {
        assert!(page.contains(example.trim_end()), "{example:?} is missing");
    }
}
