//! Each source of each real boot taken away in turn: a finding that goes because its
//! evidence could not be read never goes without a word.

mod common;

use nvpreflight::capture::Capture;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Lost, Phase};
use nvpreflight::finding::{Outcome, Report};
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a call asks of a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Call {
    Read,
    List,
    Link,
    Stat,
}

/// A tree that notes what is asked of it and may refuse one call on one path.
struct Refusing<'a> {
    tree: &'a dyn Tree,
    refused: Option<(Call, &'a str, Errno)>,
    asked: RefCell<BTreeSet<(Call, String)>>,
}

impl<'a> Refusing<'a> {
    fn new(tree: &'a dyn Tree, refused: Option<(Call, &'a str, Errno)>) -> Self {
        Self { tree, refused, asked: RefCell::default() }
    }

    fn ask<T>(&self, call: Call, path: &str, answer: impl FnOnce() -> Seen<T>) -> Seen<T> {
        self.asked.borrow_mut().insert((call, path.to_owned()));
        match self.refused {
            Some((refused, at, e)) if refused == call && at == path => Seen::Unreadable(e),
            _ => answer(),
        }
    }
}

impl Tree for Refusing<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.ask(Call::Read, path, || self.tree.read(path, buf))
    }
    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.ask(Call::Read, path, || self.tree.lines(path, f))
    }
    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.ask(Call::List, path, || self.tree.list(path, f))
    }
    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.ask(Call::Link, path, || self.tree.link(path, buf))
    }
    fn stat(&self, path: &str) -> Seen<Stat> {
        self.ask(Call::Stat, path, || self.tree.stat(path))
    }
    fn as_root(&self) -> bool {
        true
    }
}

fn judge(tree: &dyn Tree, phase: Phase) -> Box<Report> {
    common::judge_tree(tree, phase, &Expectations::new())
}

/// True when the report says that it could not see everything: a loss, or a check
/// that could not be made.
fn says_so(report: &Report) -> bool {
    report.lost.has(Lost::REFUSED)
        || report
            .outcomes
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Skipped(skip) if skip.is_blind()))
}

/// How often a source of one capture was taken away, and which of these took a finding
/// along silently.
#[allow(clippy::expect_used)] // a test's own fixture
fn losses(file: &Path) -> (u32, Vec<String>) {
    let text = std::fs::read_to_string(file).expect("a capture");
    let capture = Capture::new(text.as_bytes());
    let mut tried = 0u32;
    let mut silent = Vec::new();
    for phase in [Phase::Initrd, Phase::PreDisplay] {
        let whole = Refusing::new(&capture, None);
        let before = common::codes(&judge(&whole, phase));
        for (call, path) in whole.asked.into_inner() {
            // Nothing is lost where nothing is.
            let there = match call {
                Call::Read | Call::List => capture.stat(&path).is_yes(),
                Call::Link => capture.link(&path, &mut [0; 512]).is_yes(),
                Call::Stat => capture.stat(&path).is_yes(),
            };
            if !there {
                continue;
            }
            for e in [Errno::EIO, Errno::EACCES] {
                // The firmware itself may answer so, and tracefs under lockdown.
                let of_firmware = path.starts_with("sys/devices/platform/") && e == Errno::EIO;
                let locked = path.starts_with("sys/kernel/tracing") && e == Errno::EACCES;
                if of_firmware || locked {
                    continue;
                }
                tried += 1;
                let report = judge(&Refusing::new(&capture, Some((call, &path, e))), phase);
                let after = common::codes(&report);
                let gone = before.iter().any(|code| !after.contains(code));
                if gone && !says_so(&report) {
                    silent.push(format!(
                        "{}: {call:?} {path} {e}: {before:?} -> {after:?}",
                        file.display()
                    ));
                }
            }
        }
    }
    (tried, silent)
}

#[test]
fn no_finding_goes_without_a_word_when_a_source_is_lost() {
    let trees = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trees");
    let files: Vec<_> =
        std::fs::read_dir(trees).expect("the captures").flatten().map(|file| file.path()).collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new((0u32, Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (tried, silent) = losses(file);
                    let mut found = found.lock().expect("no thread panicked");
                    found.0 += tried;
                    found.1.extend(silent);
                }
            });
        }
    });
    let (tried, silent) = found.into_inner().expect("no thread panicked");
    assert!(tried > 2_500, "only {tried} losses were tried");
    assert!(silent.is_empty(), "{} of {tried} silent:\n{}", silent.len(), silent.join("\n"));
}
