//! The table of machines (`machines.toml` tells what its words mean), and whether a
//! console is the expected one. Boots nothing.

use anyhow::{Context, Result, ensure};
use nvpreflight::sink::verdict::PASSED;
use serde::Deserialize;
use std::fmt;
use std::fs;
use std::path::Path;

/// What ends a boot in time (adapter.nix).
const END: &str = "end of test";
/// A line of the verifier's in the kernel log, as adapter.nix prints it at the end: on
/// the console the kernel shows only what is bad.
const LINE: &str = "kernel log: ";
/// A line of the journal's, as adapter.nix prints it.
const JOURNAL: &str = "journal: ";
/// A unit that failed, as the journal has it.
const FAILED: &str = "failed: ";

/// One machine and the expected answer of its boot.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of its file in `machines/`.
    pub name: String,
    /// What it is, for people.
    pub what: String,
    /// The boot scenario whose stand-in modules it has; None for the open driver's.
    pub stand_in: Option<String>,
    /// The boot that was as expected; None where none has shown the answer yet, which
    /// is one of thought.
    pub booted: Option<Booted>,
    /// The verifier's verdicts in the kernel log, and in the journal.
    #[serde(default)]
    pub says: Vec<String>,
    /// What else the console shows, in this order.
    #[serde(default)]
    pub shows: Vec<String>,
    /// Units that fail.
    #[serde(default)]
    pub failed: Vec<String>,
    /// Whether a LUKS disk asks for its passphrase.
    #[serde(default)]
    pub prompt: bool,
    /// Whether the boot ends in the initrd.
    #[serde(default)]
    pub stops: bool,
    /// The machine that is the generation before this one; boots are counted then.
    pub falls_back_to: Option<String>,
    /// The loader's entries after that.
    #[serde(default)]
    pub entries: Vec<String>,
}

/// A boot that was as expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booted {
    /// The NixOS release.
    release: String,
    /// What it took, emulated on two cores.
    seconds: u32,
}

impl fmt::Display for Booted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} s)", self.release, self.seconds)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    machine: Vec<Entry>,
}

/// The table of `folder`.
///
/// # Errors
/// It cannot be read, or does not name exactly the files in `machines/`.
pub fn read(folder: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(folder.join("machines.toml")).context("machines.toml")?;
    let Table { machine: table } = toml::from_str(&text).context("machines.toml")?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.join("machines"))? {
        let name = entry?.file_name();
        files.extend(name.to_str().and_then(|it| it.strip_suffix(".nix")).map(str::to_owned));
    }
    let older = table.iter().filter_map(|it| it.falls_back_to.as_deref());
    let mut named: Vec<&str> = table.iter().map(|it| it.name.as_str()).chain(older).collect();
    files.sort();
    named.sort_unstable();
    ensure!(named == files, "machines.toml names {named:?}, and `machines` has {files:?}");
    Ok(table)
}

/// Whether somebody who gave `names` means this one of `table`: all without a name, the
/// one that is named, else those whose names begin so.
pub fn is_meant(name: &str, names: &[String], table: &[Entry]) -> bool {
    let whole = |given: &str| table.iter().any(|it| it.name == given);
    names.is_empty()
        || names.iter().any(|given| name == given || !whole(given) && name.starts_with(given))
}

impl Entry {
    /// Whether the loader's entries are as they have to be.
    ///
    /// # Errors
    /// What was not as expected.
    pub fn left(&self, entries: &[String]) -> Result<(), String> {
        if entries == self.entries {
            return Ok(());
        }
        Err(format!("the loader's entries are {entries:?}, not {:?}", self.entries))
    }

    /// Whether the boot came to its end and no further, exactly these units failed, and
    /// the kernel log and the journal have exactly these verdicts.
    ///
    /// # Errors
    /// What was not as expected.
    pub fn judge(&self, console: &str) -> Result<(), String> {
        let lines: Vec<&str> = console.lines().map(str::trim).collect();
        match (lines.contains(&END), self.stops) {
            (true, true) => return Err("the boot did not stop".to_owned()),
            (false, false) => return Err("the boot did not come to its end".to_owned()),
            _ => {}
        }
        let mut rest = lines.iter();
        if let Some(text) =
            self.shows.iter().find(|text| !rest.any(|line| line.contains(text.as_str())))
        {
            return Err(format!("`{text}` is not shown, or not in its place"));
        }
        let after =
            |mark| lines.iter().filter_map(move |line| line.strip_prefix(mark)).map(without_count);
        let mut failed: Vec<&str> = after(FAILED).collect();
        failed.sort_unstable();
        failed.dedup();
        let mut to_fail = self.failed.clone();
        to_fail.sort();
        if failed != to_fail {
            return Err(format!("{failed:?} failed, not {to_fail:?}"));
        }
        let said: Vec<&str> = after(LINE).collect();
        if said != self.says {
            return Err(format!("the verifier said {said:?}, not {:?}", self.says));
        }
        match self.says.iter().find(|said| !after(JOURNAL).any(|line| line == said.as_str())) {
            Some(lost) => Err(format!("the journal has no `{lost}`")),
            None => Ok(()),
        }
    }
}

/// `ok: …, 60 checks passed` without its end, which grows with each rule and says nothing
/// here.
fn without_count(said: &str) -> &str {
    match said.strip_suffix(PASSED).and_then(|rest| rest.rsplit_once(", ")) {
        Some((rest, count)) if count.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            name: "a".to_owned(),
            what: "a".to_owned(),
            stand_in: None,
            booted: None,
            says: vec!["initrd: ok: all there".to_owned()],
            shows: vec!["first".to_owned(), "second".to_owned()],
            failed: vec!["x.service".to_owned()],
            prompt: false,
            stops: false,
            falls_back_to: None,
            entries: vec!["a.conf".to_owned()],
        }
    }

    const GOOD: &str = "first\nsecond\nkernel log: initrd: ok: all there, 61 checks passed\n\
                        journal: initrd: ok: all there, 61 checks passed\n\
                        failed: x.service\nend of test\n";

    #[test]
    fn a_boot_as_expected_passes() {
        assert_eq!(entry().judge(GOOD), Ok(()));
    }

    #[test]
    fn a_boot_that_lacks_any_part_of_it_does_not() {
        for (part, instead) in [
            ("kernel log: initrd: ok: all there, 61 checks passed", ""),
            ("kernel log: initrd: ok", "kernel log: pre-display: ok"),
            ("first\nsecond", "second\nfirst"),
            ("journal: initrd: ok", "journal: initrd: 1 error"),
            ("failed: x.service", ""),
            ("failed: x.service", "failed: x.service\nfailed: y.service"),
            ("end of test", ""),
        ] {
            assert!(GOOD.contains(part));
            assert!(entry().judge(&GOOD.replace(part, instead)).is_err(), "{part}");
        }
    }

    #[test]
    fn a_whole_name_means_no_other_that_begins_so() {
        let table = ["required-missing", "required", "hold"]
            .map(|name| Entry { name: name.to_owned(), ..entry() });
        let meant = |given: &[&str]| -> Vec<&str> {
            let given: Vec<String> = given.iter().map(|it| (*it).to_owned()).collect();
            let names = table.iter().map(|it| it.name.as_str());
            names.filter(|name| is_meant(name, &given, &table)).collect()
        };
        assert_eq!(meant(&["required"]), ["required"]);
        assert_eq!(meant(&["requ"]), ["required-missing", "required"]);
        assert_eq!(meant(&["required", "ho"]), ["required", "hold"]);
        assert_eq!(meant(&[]).len(), 3);
        assert!(meant(&["x"]).is_empty());
    }

    #[test]
    fn an_entry_that_was_not_blessed_is_told() {
        assert_eq!(entry().left(&["a.conf".to_owned()]), Ok(()));
        assert!(entry().left(&["a+1-1.conf".to_owned()]).is_err());
    }

    #[test]
    fn a_boot_that_is_to_stop_must_not_come_to_its_end() {
        let stops = Entry { stops: true, says: vec![], failed: vec![], ..entry() };
        assert_eq!(stops.judge("first\nsecond\n"), Ok(()));
        assert!(stops.judge("first\nsecond\nend of test\n").is_err());
        assert!(stops.judge("first\n").is_err(), "what it shows is still asked for");
    }

    #[test]
    fn only_the_number_of_checks_is_left_out() {
        assert_eq!(without_count("ok: a, b, 61 checks passed"), "ok: a, b");
        assert_eq!(without_count("1 error: a, no checks passed"), "1 error: a, no checks passed");
    }
}
