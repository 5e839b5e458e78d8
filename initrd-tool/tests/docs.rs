//! The pages in docs/tool/ and the README show what the program really prints:
//! each ```console block is run, over images made on the spot, and compared.
//!
//! `UPDATE_DOCS=1` rewrites the output below each `$ ` line; it never adds one.

#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

mod common;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Separates the outputs of one block's commands; no command prints it.
const MARK: char = '\u{1e}';

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A page cut into what is kept and the commands that are run.
enum Piece<'a> {
    /// Lines outside of console blocks, fences included.
    Text(&'a str),
    /// The commands of one block; their old outputs are left behind.
    Block(Vec<String>),
}

fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut block: Option<Vec<String>> = None;
    for line in page.split_inclusive('\n') {
        match block.take() {
            None => {
                out.push(Piece::Text(line));
                block = (line.trim_end() == "```console").then(Vec::new);
            }
            Some(commands) if line.trim_end() == "```" => {
                out.push(Piece::Block(commands));
                out.push(Piece::Text(line));
            }
            Some(mut commands) => {
                match (line.strip_prefix("$ "), line.strip_prefix("> "), commands.last_mut()) {
                    (Some(command), ..) => commands.push(command.trim_end().into()),
                    (None, Some(more), Some(last)) if last.ends_with('\\') => {
                        let _ = write!(last, "\n{}", more.trim_end());
                    }
                    (None, _, None) => panic!("a console block begins with output: {line}"),
                    _ => {}
                }
                block = Some(commands);
            }
        }
    }
    assert!(block.is_none(), "a console block has no end");
    out
}

/// Runs a block's commands in one shell, so that `$?` is the one before.
fn run(commands: &[String], folder: &Path) -> Vec<String> {
    let mut script = String::from("exec 2>&1\n");
    for command in commands {
        let _ = writeln!(script, "{command}\nstatus=$?; printf '\\036'; (exit $status)");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_nvpreflight")).parent().expect("a folder");
    let shell = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .envs([("LC_ALL", "C.UTF-8"), ("COLUMNS", "90"), ("HOME", "/nonexistent")])
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    let text = String::from_utf8(shell.stdout).expect("UTF-8 output");
    let mut outputs: Vec<String> = text.split(MARK).map(Into::into).collect();
    outputs.pop();
    assert_eq!(outputs.len(), commands.len(), "the shell stopped early: {text}");
    outputs
}

/// The page with what its commands print now.
fn rewritten(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    for piece in pieces(page) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Block(commands) => {
                for (command, output) in commands.iter().zip(run(&commands, folder)) {
                    let _ = writeln!(out, "$ {}", command.replace('\n', "\n> "));
                    for line in output.trim_end_matches('\n').lines() {
                        let _ = writeln!(out, "{}", line.trim_end());
                    }
                }
            }
        }
    }
    out
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(root().join("docs/tool"))
        .expect("docs/tool")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    pages.push(root().join("README.md"));
    pages
}

#[test]
fn docs_are_current() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let folder = common::fixtures();
    let mut stale = String::new();
    for path in pages() {
        let old = fs::read_to_string(&path).expect("a page");
        let new = rewritten(&old, folder.path());
        if update && old != new {
            fs::write(&path, new).expect("a page");
        } else if old != new {
            let first = old.lines().zip(new.lines()).find(|(a, b)| a != b).unwrap_or(("", ""));
            let _ = writeln!(stale, "{}:\n- {}\n+ {}", path.display(), first.0, first.1);
        }
    }
    assert!(stale.is_empty(), "stale; UPDATE_DOCS=1 cargo test docs_are_current\n{stale}");
}

#[test]
fn every_command_has_a_page_that_shows_it() {
    for command in <nvpreflight_tool::cli::Cli as clap::CommandFactory>::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        let name = command.get_name();
        let path = root().join(format!("docs/tool/{name}.md"));
        let page = fs::read_to_string(&path).unwrap_or_default();
        let shown = pieces(&page).iter().any(|piece| match piece {
            Piece::Block(commands) => {
                commands.iter().any(|c| c.contains(&format!("nvpreflight {name}")))
            }
            Piece::Text(_) => false,
        });
        assert!(shown, "docs/tool/{name}.md shows no `$ nvpreflight {name}`");
        let index = fs::read_to_string(root().join("docs/tool/index.md")).unwrap_or_default();
        assert!(index.contains(&format!("({name}.md)")), "docs/tool/index.md does not link {name}");
    }
}

/// The picture at the head of the README: a boot whose initrd showed why it has no card.
#[test]
fn the_readmes_picture_is_what_the_program_draws() {
    let folder = common::fixtures();
    let output = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
        .args(["report", "black-screen.facts", "-o", "boot.svg"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let drawn = fs::read_to_string(folder.path().join("boot.svg"));
    let drawn = drawn.unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let kept = root().join("docs/boot.svg");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&kept, &drawn).expect("docs/boot.svg");
    }
    assert!(drawn.contains("<svg") && drawn.contains("nvidia"), "{drawn}");
    let current = fs::read_to_string(&kept).unwrap_or_default();
    assert!(current == drawn, "docs/boot.svg is stale: UPDATE_DOCS=1 cargo test");
}
