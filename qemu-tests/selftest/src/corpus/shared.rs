//! Many cases in one boot: their images behind each other, a mark behind each.
//! The kernel stops at the first image that it refuses; a mark that is there
//! tells that all before it were taken.

use super::answer::Answer;
use super::case::Case;
use super::newc::{self, Entry};
use anyhow::{Result, bail};

/// Begins the name of a mark, a file in the root that no case has.
const MARK: &str = "mark-of-";

/// One image of all these cases. Behind each stand zeros up to a multiple of 512,
/// at least the four that end lz4, and an archive with the mark; its trailer makes
/// the kernel forget hard links.
pub fn image(cases: &[Case]) -> Vec<u8> {
    let mut out = Vec::new();
    for case in cases {
        out.extend_from_slice(&case.image);
        if cases.len() == 1 {
            break;
        }
        out.extend([0; 4]);
        newc::pad(&mut out, 512);
        out.extend(newc::archive(&[Entry::file(mark(case), "")]));
        newc::pad(&mut out, 512);
    }
    out
}

fn mark(case: &Case) -> String {
    format!("{MARK}{}", case.name)
}

/// The answers to the cases that the kernel came to, in their order: all up to
/// the one that stopped it. What lies in no case's folder is the doing of the
/// last one, which therefore has to be one that is to be [`Case::alone`] where
/// there is such.
///
/// # Errors
/// Something lies where none of these cases puts anything.
pub fn split(cases: &[Case], whole: &Answer) -> Result<Vec<Answer>> {
    match cases {
        [_] => Ok(vec![whole.clone()]),
        _ => several(cases, whole),
    }
}

fn several(cases: &[Case], whole: &Answer) -> Result<Vec<Answer>> {
    let passed =
        |case: &&Case| whole.entries.iter().any(|line| line.contains(&quoted(&mark(case))));
    let reached = (cases.iter().take_while(passed).count() + 1).min(cases.len());
    let mut answers = vec![Answer::default(); reached];
    for line in &whole.entries {
        let owner = cases.iter().take(reached).position(|case| lies_in(line, case));
        match owner.or_else(|| cases.last()?.alone.then_some(reached - 1)) {
            Some(at) => {
                if let Some(answer) = answers.get_mut(at) {
                    answer.entries.push(line.clone());
                }
            }
            None if line.contains(&format!("\"{MARK}")) => {}
            None => bail!("no case of this boot makes: {line}"),
        }
    }
    for answer in &mut answers {
        answer.entries.retain(|line| !line.contains(&format!("\"{MARK}")));
    }
    if let Some(last) = answers.last_mut() {
        last.stop.clone_from(&whole.stop);
    }
    Ok(answers)
}

fn quoted(path: &str) -> String {
    format!("\"{path}\"")
}

/// Whether a line is about the folder of `case` or something in it.
fn lies_in(line: &str, case: &Case) -> bool {
    let Some((_, path)) = line.split_once('"') else { return false };
    path.strip_prefix(case.name.as_str()).is_some_and(|rest| rest.starts_with(['"', '/']))
}

/// Whether `case` leaves the kernel as it found it, going by its answer.
pub fn can_share(case: &Case, answer: &Answer) -> bool {
    !case.alone && answer.stop.is_none() && answer.entries.iter().all(|line| lies_in(line, case))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str) -> Case {
        Case::archive(name, "", |at| vec![at.file("a", "a")]).unwrap()
    }

    fn answer(stop: Option<&str>, lines: &[&str]) -> Answer {
        Answer {
            stop: stop.map(str::to_owned),
            entries: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    #[test]
    fn a_stop_belongs_to_the_first_case_without_a_mark() {
        let cases = [case("one"), case("two"), case("three")];
        let whole =
            answer(Some("broken padding"), &["file \"mark-of-one\"", "dir \"one\"", "dir \"two\""]);
        assert_eq!(
            split(&cases, &whole).unwrap(),
            [answer(None, &["dir \"one\""]), answer(Some("broken padding"), &["dir \"two\""])]
        );
    }

    #[test]
    fn a_case_that_left_nothing_and_no_mark_is_the_one_that_stopped() {
        let cases = [case("one"), case("two"), case("three")];
        let whole = answer(Some("no cpio magic"), &["dir \"one\"", "file \"mark-of-one\""]);
        let answers = split(&cases, &whole).unwrap();
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[1], answer(Some("no cpio magic"), &[]));
    }

    #[test]
    fn what_lies_outside_every_folder_is_an_error_or_the_lone_one_s() {
        let cases = [case("one"), case("two")];
        let whole = answer(None, &["dir \"one\"", "dir \"two-more\"", "file \"mark-of-one\""]);
        assert!(split(&cases, &whole).is_err());
        let cases = [case("one"), case("two").alone()];
        assert_eq!(split(&cases, &whole).unwrap()[1], answer(None, &["dir \"two-more\""]));
    }
}
