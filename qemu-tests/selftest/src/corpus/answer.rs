//! The kernel's answer to a case, as recorded in `corpus/NAME.txt`: which bytes
//! it was given, where it stopped, and what it left. Written by
//! `nvpreflight-boot corpus --record` alone.

use super::case::Case;
use super::listing::sum;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// What the kernel made of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The text of "Initramfs unpacking failed: …", if it failed.
    pub stop: Option<String>,
    /// One line an entry that was not there before, in the order of paths.
    pub entries: Vec<String>,
}

/// An answer and what it is the answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Release of the kernel that was booted.
    pub kernel: String,
    /// The answer.
    pub answer: Answer,
}

/// What identifies a case's bytes: an answer to other bytes is worth nothing.
fn identity(case: &Case) -> String {
    format!("{} bytes, sum {}", case.image.len(), sum(&case.image))
}

/// Writes the answer to `case` into `folder`. An answer that is there and the
/// same, but for the kernel's release, is left alone.
///
/// # Errors
/// A file that cannot be written.
pub fn record(folder: &Path, case: &Case, recorded: &Recorded) -> Result<()> {
    if read(folder, case).is_ok_and(|old| old.answer == recorded.answer) {
        return Ok(());
    }
    let path = folder.join(format!("{}.txt", case.name));
    let Recorded { kernel, answer } = recorded;
    let mut text = format!(
        "# {}\nkernel: {kernel}\nimage: {}\nstop: {}\n",
        case.says,
        identity(case),
        answer.stop.as_deref().unwrap_or("none"),
    );
    for line in &answer.entries {
        text.push_str(line);
        text.push('\n');
    }
    fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Reads the answer to `case`.
///
/// # Errors
/// None was recorded, or it is the answer to other bytes.
pub fn read(folder: &Path, case: &Case) -> Result<Recorded> {
    let path = folder.join(format!("{}.txt", case.name));
    let text = fs::read_to_string(&path).with_context(|| {
        format!("no answer to `{}`; `nvpreflight-boot corpus --record` asks for it", case.name)
    })?;
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut field = |name: &str| -> Result<String> {
        let line = lines.next().unwrap_or_default();
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        Ok(value.with_context(|| format!("`{}` has no {name}", path.display()))?.to_owned())
    };
    let kernel = field("kernel")?;
    let image = field("image")?;
    let stop = field("stop")?;
    ensure!(
        image == identity(case),
        "the answer to `{}` is for {image}; it is {} now: record it again",
        case.name,
        identity(case)
    );
    let stop = (stop != "none").then_some(stop);
    Ok(Recorded { kernel, answer: Answer { stop, entries: lines.map(str::to_owned).collect() } })
}

/// What differs between what was expected and what was seen, one line each.
pub fn differences(expected: &Answer, seen: &Answer) -> Vec<String> {
    let stop = |answer: &Answer| answer.stop.clone().unwrap_or_else(|| "none".to_owned());
    let mut out = Vec::new();
    if expected.stop != seen.stop {
        out.push(format!("- stop: {}", stop(expected)));
        out.push(format!("+ stop: {}", stop(seen)));
    }
    let only = |these: &Answer, those: &Answer, sign: &str| -> Vec<String> {
        let missing = these.entries.iter().filter(|line| !those.entries.contains(line));
        missing.map(|line| format!("{sign} {line}")).collect()
    };
    out.extend(only(expected, seen, "-"));
    out.extend(only(seen, expected, "+"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        Case::archive("one", "One file", |at| vec![at.file("a", "a")]).unwrap()
    }

    fn recorded() -> Recorded {
        let entries = vec!["dir 0755 0:0 @1 \"one\"".to_owned()];
        let answer = Answer { stop: Some("broken padding".to_owned()), entries };
        Recorded { kernel: "6.12.1".to_owned(), answer }
    }

    #[test]
    fn an_answer_comes_back_as_it_was_recorded() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), &case(), &recorded()).unwrap();
        assert_eq!(read(folder.path(), &case()).unwrap(), recorded());
    }

    #[test]
    fn an_answer_to_other_bytes_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), &case(), &recorded()).unwrap();
        let mut changed = case();
        changed.image.push(0);
        assert!(read(folder.path(), &changed).is_err());
    }

    #[test]
    fn a_missing_answer_is_an_error() {
        assert!(read(tempfile::tempdir().unwrap().path(), &case()).is_err());
    }

    #[test]
    fn a_missing_entry_an_added_one_and_another_stop_are_differences() {
        let seen = Answer { stop: None, entries: vec!["dir 0700 0:0 @1 \"one\"".to_owned()] };
        assert_eq!(
            differences(&recorded().answer, &seen),
            [
                "- stop: broken padding",
                "+ stop: none",
                "- dir 0755 0:0 @1 \"one\"",
                "+ dir 0700 0:0 @1 \"one\"",
            ]
        );
    }
}
