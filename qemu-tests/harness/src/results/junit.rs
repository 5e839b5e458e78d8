//! Writes results as JUnit XML, for CI systems that show it.

use crate::judge::verdict::Verdict;
use std::fmt::Write;

/// One result.
pub struct Case<'a> {
    /// Scenario.
    pub name: &'a str,
    /// Its verdict.
    pub verdict: &'a Verdict,
    /// Time in QEMU.
    pub seconds: f64,
}

/// The whole document.
pub fn document(cases: &[Case<'_>]) -> String {
    let count =
        |wanted: fn(&Verdict) -> bool| cases.iter().filter(|case| wanted(case.verdict)).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuite name=\"nvpreflight-boot\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        cases.len(),
        count(|verdict| matches!(verdict, Verdict::NotOk(_))),
        count(|verdict| matches!(verdict, Verdict::Error(_) | Verdict::Timeout(_))),
        count(|verdict| matches!(verdict, Verdict::Skip(_))),
    );
    for case in cases {
        let name = escaped(case.name);
        let _ = write!(
            text,
            "  <testcase classname=\"nvpreflight-boot\" name=\"{name}\" time=\"{:.1}\"",
            case.seconds
        );
        let (element, reason) = match case.verdict {
            Verdict::Ok => {
                text.push_str("/>\n");
                continue;
            }
            Verdict::NotOk(wrong) => ("failure", wrong.join("\n")),
            Verdict::Skip(reason) => ("skipped", reason.clone()),
            Verdict::Timeout(last) => ("error", format!("timeout: {last}")),
            Verdict::Error(reason) => ("error", reason.clone()),
        };
        let _ = writeln!(text, "><{element} message=\"{}\"/></testcase>", escaped(&reason));
    }
    text.push_str("</testsuite>\n");
    text
}

/// Text for an attribute; characters that XML 1.0 does not know are dropped.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harness_fault_is_an_error_and_no_failure() {
        let verdict = Verdict::Error("a \"b\" <c>".into());
        let cases = [Case { name: "x", verdict: &verdict, seconds: 1.0 }];
        let text = document(&cases);
        assert!(text.contains("failures=\"0\" errors=\"1\""));
        assert!(text.contains("message=\"a &quot;b&quot; &lt;c&gt;\""));
    }

    #[test]
    fn letters_that_xml_does_not_know_are_left_out() {
        assert_eq!(escaped("a\u{1b}[1m\u{0}b\u{fffe}\u{ffff}\nc'&"), "a[1mb&#10;c'&amp;");
    }
}
