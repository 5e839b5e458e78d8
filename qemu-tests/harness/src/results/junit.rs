//! Writes results as JUnit XML, for CI systems that show it: a suite a boot, in it a case
//! for the boot itself and one for each check that it was told of. It decides no verdict.

use crate::judge::verdict::Verdict;
use anyhow::Result;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// What every suite and the report are named after.
const PROGRAM: &str = "nvpreflight-boot";

/// One boot.
pub struct Boot<'a> {
    /// Scenario or image.
    pub name: &'a str,
    /// Its verdict.
    pub verdict: &'a Verdict,
    /// Time in QEMU.
    pub took: Duration,
    /// What the verifier or the console said, whole lines; "" for nothing.
    pub output: String,
    /// Checks of the verifier in that boot that did not just pass.
    pub checks: Vec<Check>,
}

/// One check of the verifier.
pub struct Check {
    /// Its code, NVPnnn.
    pub code: String,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// What came of a check.
pub enum CheckOutcome {
    /// It found what must not be: the finding, and where it stands with its fix.
    Failed(String, String),
    /// It found what was expected or is allowed: the finding.
    Expected(String),
    /// It did not run, and why.
    Skipped(String),
}

/// The whole document. Characters that XML 1.0 does not know, and the escape codes of
/// terminals, are dropped.
///
/// # Errors
/// The writer of XML fails.
pub fn document(boots: &[Boot<'_>]) -> Result<String> {
    let mut report = Report::new(PROGRAM);
    report.add_test_suites(boots.iter().map(suite));
    Ok(report.to_string()?)
}

fn suite(boot: &Boot<'_>) -> TestSuite {
    let mut case = TestCase::new(known(boot.name), status(boot.verdict));
    case.set_classname(PROGRAM).set_time(boot.took);
    if !boot.output.is_empty() {
        case.set_system_out(known(&boot.output));
    }
    let mut suite = TestSuite::new(known(boot.name));
    suite.set_time(boot.took).add_test_case(case);
    suite.add_test_cases(boot.checks.iter().map(|check| of_check(boot.name, check)));
    suite
}

fn of_check(boot: &str, check: &Check) -> TestCase {
    let (status, output) = match &check.outcome {
        CheckOutcome::Failed(message, body) => {
            (told(NonSuccessKind::Failure, "finding", message, body), None)
        }
        CheckOutcome::Expected(message) => (TestCaseStatus::success(), Some(message)),
        CheckOutcome::Skipped(why) => (skipped(why), None),
    };
    let mut case = TestCase::new(known(&check.code), status);
    case.set_classname(known(&format!("{PROGRAM}.{boot}")));
    if let Some(output) = output {
        case.set_system_out(known(output));
    }
    case
}

/// A fault of the harness is an error and no failure of what was tested.
fn status(verdict: &Verdict) -> TestCaseStatus {
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    match verdict {
        Verdict::Ok => TestCaseStatus::success(),
        Verdict::NotOk(wrong) => {
            let body = wrong.join("\n");
            told(NonSuccessKind::Failure, "not-ok", &first(&body), &body)
        }
        Verdict::Skip(why) => skipped(why),
        Verdict::Timeout(last) => told(NonSuccessKind::Error, "timeout", &first(last), last),
        Verdict::Error(why) => told(NonSuccessKind::Error, "error", &first(why), why),
    }
}

fn told(kind: NonSuccessKind, word: &str, message: &str, body: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(known(message)).set_description(known(body));
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(known(why));
    status
}

/// Text without the two letters that XML 1.0 does not know and quick-junit leaves in.
fn known(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(verdict: &Verdict, output: &str, checks: Vec<Check>) -> String {
        let took = Duration::from_secs(1);
        document(&[Boot { name: "x", verdict, took, output: output.to_owned(), checks }]).unwrap()
    }

    #[test]
    fn a_harness_fault_is_an_error_and_no_failure() {
        let text = of(&Verdict::Error("a \"b\" <c>\nd".into()), "", Vec::new());
        assert!(text.contains("failures=\"0\" errors=\"1\""), "{text}");
        assert!(text.contains("type=\"error\""), "{text}");
        assert!(text.contains("message=\"a &quot;b&quot; &lt;c&gt;\""), "{text}");
        assert!(text.contains("a &quot;b&quot; &lt;c&gt;\nd</error>"), "{text}");
    }

    #[test]
    fn a_check_is_a_case_and_only_an_unwanted_finding_fails() {
        let check = |code: &str, outcome| Check { code: code.to_owned(), outcome };
        let checks = vec![
            check("NVP201", CheckOutcome::Failed("off".into(), "etc/x:1".into())),
            check("NVP308", CheckOutcome::Expected("blocked".into())),
            check("NVP415", CheckOutcome::Skipped("no image".into())),
        ];
        let text = of(&Verdict::NotOk(vec!["error NVP201: off".into()]), "said\n", checks);
        assert!(
            text.contains("tests=\"4\" skipped=\"1\" errors=\"0\" failures=\"2\"")
                || text.contains("tests=\"4\" disabled=\"1\" errors=\"0\" failures=\"2\""),
            "{text}"
        );
        for part in ["<system-out>said\n</system-out>", "etc/x:1</failure>", "message=\"no image\""]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches("classname=\"nvpreflight-boot.x\"").count(), 3);
    }

    #[test]
    fn letters_that_xml_does_not_know_are_left_out() {
        let text = of(&Verdict::Ok, "a\u{1b}[1m\u{0}b\u{fffe}\u{ffff}\nc'&", Vec::new());
        assert!(text.contains("<system-out>ab\nc&apos;&amp;</system-out>"), "{text}");
    }
}
