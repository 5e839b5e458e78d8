//! Writes results in the kernel's test anything protocol, version 1
//! (Documentation/dev-tools/ktap.rst of the kernel).

use crate::judge::verdict::Verdict;
use std::fmt::Write;

/// The lines before the first result.
pub fn plan(count: usize) -> String {
    format!("KTAP version 1\n1..{count}\n")
}

/// A line about the scenario whose result comes next.
pub fn note(name: &str, text: &str) -> String {
    format!("# {name}: {}\n", line(text))
}

/// The lines of one result; `number` starts at 1. A timeout and a fault of the
/// harness are `not ok`, told apart by what follows the `#`.
pub fn result(number: usize, name: &str, verdict: &Verdict, seconds: f64) -> String {
    let (word, directive, reasons) = match verdict {
        Verdict::Ok => ("ok", String::new(), Vec::new()),
        Verdict::NotOk(wrong) => ("not ok", String::new(), wrong.clone()),
        Verdict::Skip(reason) => ("ok", format!(" # SKIP {}", line(reason)), Vec::new()),
        Verdict::Timeout(last) => ("not ok", " # TIMEOUT".to_owned(), vec![last.clone()]),
        Verdict::Error(reason) => ("not ok", " # ERROR".to_owned(), vec![reason.clone()]),
    };
    let mut text = String::new();
    for reason in reasons {
        let _ = writeln!(text, "# {name}: {}", line(&reason));
    }
    let _ = writeln!(text, "# {name}: {seconds:.1} s");
    let _ = writeln!(text, "{word} {number} {name}{directive}");
    text
}

/// Guest text on one line, without what could look like a result.
fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_says_why() {
        let text = result(3, "gpu", &Verdict::Skip("no GPU".into()), 0.0);
        assert!(text.ends_with("ok 3 gpu # SKIP no GPU\n"));
    }

    #[test]
    fn guest_text_cannot_forge_a_result() {
        let verdict = Verdict::Error("x\nok 1 gpu".into());
        let text = result(1, "gpu", &verdict, 1.0);
        assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("not ok")));
    }
}
