//! The outcome for people, and as KTAP, JUnit and JSON (format
//! `nvpreflight-boot-run`, version 1). Everything that a guest said is escaped.

use super::Outcome;
use super::answer::Answer;
use anyhow::Result;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::machine::qemu::Accel;
use nvpreflight_harness::results::junit::{self, Boot, Check, CheckOutcome};
use nvpreflight_harness::results::ktap;
use nvpreflight_tool::base::clean;
use nvpreflight_tool::source::report_v1::FindingV1;
use serde_json::{Value, json};
use std::fmt::Write;

/// A boot of an image without the driver is a boot of something else.
const NO_STACK: &str = "no nvidia module in this image: the boot shows nothing of the driver";

/// What the result is called: a word for test protocols.
pub fn name(initrd: &std::path::Path) -> String {
    let name = initrd.file_name().unwrap_or_default().as_encoded_bytes();
    let name: String = clean::line(name)
        .chars()
        .map(|letter| if letter.is_whitespace() || letter == '#' { '_' } else { letter })
        .collect();
    if name.is_empty() { "initrd".to_owned() } else { name }
}

/// The exit status.
pub fn status(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Ok => 0,
        Verdict::NotOk(_) | Verdict::Timeout(_) => 1,
        Verdict::Skip(_) | Verdict::Error(_) => 2,
    }
}

/// For people.
pub fn text(name: &str, outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(guest) = &outcome.guest {
        let check = &guest.unbooted;
        // What both say is said once, by the boot.
        let booted = |code: &str| outcome.answer.iter().any(|a| a.codes().contains(code));
        let alone = check.answer.findings.iter().filter(|finding| !booted(&finding.code));
        alone.for_each(|finding| one(&mut text, finding));
        let _ = writeln!(text, "check: {}", clean::line(check.answer.summary.as_bytes()));
        if !check.has_stack {
            let _ = writeln!(text, "warning: {NO_STACK}");
        }
    }
    if let Some(answer) = &outcome.answer {
        answer.findings.iter().for_each(|finding| one(&mut text, finding));
        let _ = writeln!(text, "nvpreflight: {}", clean::line(answer.summary.as_bytes()));
        if answer.way == "console" {
            let _ = writeln!(text, "  (read from the console: the report itself did not come)");
        }
    }
    let _ = match &outcome.verdict {
        Verdict::Ok => writeln!(text, "{name}: ok"),
        Verdict::NotOk(wrong) => {
            let lines: Vec<String> =
                wrong.iter().map(|line| clean::line(line.as_bytes())).collect();
            writeln!(text, "{name}: not ok\n  {}", lines.join("\n  "))
        }
        Verdict::Skip(why) => writeln!(text, "{name}: skipped: {}", clean::line(why.as_bytes())),
        Verdict::Timeout(last) => {
            writeln!(text, "{name}: TIMEOUT: {}", clean::line(last.as_bytes()))
        }
        Verdict::Error(why) => writeln!(text, "{name}: ERROR: {}", clean::line(why.as_bytes())),
    };
    if outcome.answer.is_none() {
        if let Some(seen) = &outcome.seen {
            let _ = writeln!(text, "last lines of the console:");
            for line in &seen.console.tail {
                let _ = writeln!(text, "  | {line}");
            }
        }
    }
    text
}

fn one(text: &mut String, finding: &FindingV1) {
    let line = |text: &str| clean::line(text.as_bytes());
    let (code, severity) = (line(&finding.code), line(&finding.severity));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{severity}[{code}]: {}", line(&finding.message));
    if !finding.origin.is_empty() {
        let _ = writeln!(text, "  --> {}", line(&finding.origin));
    }
    for fix in finding.fix.lines() {
        let _ = writeln!(text, "  help: {}", line(fix));
    }
}

fn lacks_stack(outcome: &Outcome) -> bool {
    outcome.guest.as_ref().is_some_and(|guest| !guest.unbooted.has_stack)
}

/// KTAP.
pub fn ktap(name: &str, outcome: &Outcome) -> String {
    let warning = if lacks_stack(outcome) { format!("# {NO_STACK}\n") } else { String::new() };
    ktap::plan(1) + &warning + &ktap::result(1, name, &outcome.verdict, seconds(outcome))
}

/// JUnit: the boot, and each check that found something or did not run.
///
/// # Errors
/// The writer of XML fails.
pub fn junit(name: &str, outcome: &Outcome) -> Result<String> {
    let took = outcome.seen.as_ref().map(|seen| seen.took).unwrap_or_default();
    let output = match (&outcome.answer, &outcome.seen) {
        (None, None) => String::new(),
        _ => text(name, outcome),
    };
    let unbooted = outcome.guest.as_ref().map(|guest| &guest.unbooted.answer);
    let mut all: Vec<Check> =
        outcome.answer.iter().flat_map(|answer| checks("", answer, &outcome.refused)).collect();
    all.extend(unbooted.iter().flat_map(|a| checks("check ", a, &outcome.check_refused)));
    if lacks_stack(outcome) {
        let outcome = CheckOutcome::Skipped(NO_STACK.to_owned());
        all.push(Check { code: "nvidia".to_owned(), outcome });
    }
    let boot = Boot { name, verdict: &outcome.verdict, took, output, checks: all };
    junit::document(&[boot])
}

fn checks(by: &str, answer: &Answer, refused: &[bool]) -> Vec<Check> {
    let line = |text: &str| clean::line(text.as_bytes());
    let found = answer.findings.iter().zip(refused).map(|(finding, refused)| {
        let message = line(&finding.message);
        let fix = finding.fix.lines().map(|fix| format!("help: {}\n", line(fix)));
        let body = format!("--> {}\n{}", line(&finding.origin), fix.collect::<String>());
        let outcome = match refused {
            true => CheckOutcome::Failed(message, body),
            false => CheckOutcome::Expected(message),
        };
        Check { code: format!("{by}{}", line(&finding.code)), outcome }
    });
    let skipped = answer.skipped.iter().map(|skip| Check {
        code: format!("{by}{}", line(&skip.code)),
        outcome: CheckOutcome::Skipped(line(&skip.reason)),
    });
    found.chain(skipped).collect()
}

fn seconds(outcome: &Outcome) -> f64 {
    outcome.seen.as_ref().map_or(0.0, |seen| seen.took.as_secs_f64())
}

/// JSON.
pub fn json(name: &str, outcome: &Outcome) -> Value {
    let (verdict, reasons) = match &outcome.verdict {
        Verdict::Ok => ("ok", Vec::new()),
        Verdict::NotOk(wrong) => ("not-ok", wrong.clone()),
        Verdict::Skip(why) => ("skip", vec![why.clone()]),
        Verdict::Timeout(last) => ("timeout", vec![last.clone()]),
        Verdict::Error(why) => ("error", vec![why.clone()]),
    };
    let answer = outcome.answer.as_ref();
    let seen = outcome.seen.as_ref();
    let stages: Vec<Value> = seen
        .iter()
        .flat_map(|seen| &seen.stages)
        .map(|(stage, at)| json!({"name": stage.name(), "ms": millis(*at)}))
        .collect();
    let guest = outcome.guest.as_ref().map(|guest| {
        json!({
            "kernel_release": guest.release,
            "cmdline": guest.cmdline,
            "memory_mib": guest.memory_mib,
            "injected": guest.injected,
            "notes": guest.notes,
            "accelerator": outcome.accel.map(|accel| match accel {
                Accel::Tcg => "tcg",
                Accel::Kvm => "kvm",
            }),
        })
    });
    json!({
        "format": "nvpreflight-boot-run", "version": 1,
        "name": name, "outcome": verdict, "exit": status(&outcome.verdict),
        "reasons": reasons,
        "way": answer.map(|answer| answer.way),
        "verdict": answer.map(|answer| answer.verdict.as_str()),
        "findings": answer.map(|answer| answer.codes()).unwrap_or_default(),
        "report": answer.and_then(|answer| answer.report.as_ref()),
        "check": outcome.guest.as_ref().map(|guest| json!({
            "verdict": guest.unbooted.answer.verdict,
            "findings": guest.unbooted.answer.codes(),
            "report": guest.unbooted.answer.report,
        })),
        "nvidia_modules": outcome.guest.as_ref().map(|guest| guest.unbooted.has_stack),
        "guest": guest,
        "stages": stages,
        "took_ms": seen.map(|seen| millis(seen.took)),
        "console_tail": seen.map(|seen| &seen.console.tail),
    })
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn outcome(verdict: Verdict) -> Outcome {
        Outcome::early(verdict)
    }

    #[test]
    fn a_file_name_cannot_forge_a_result() {
        assert_eq!(name(Path::new("/boot/a b#\n1")), "a_b_\u{240a}1");
        assert_eq!(name(Path::new("/")), "initrd");
        let text = ktap(&name(Path::new("x # SKIP")), &outcome(Verdict::NotOk(vec!["y".into()])));
        assert_eq!(
            text,
            "KTAP version 1\n1..1\n# x___SKIP: y\n# x___SKIP: 0.0 s\nnot ok 1 x___SKIP\n"
        );
    }

    #[test]
    fn a_finding_fails_in_junit_only_where_it_is_refused() {
        let finding = |code: &str| FindingV1 {
            code: code.to_owned(),
            message: format!("{code} \x1b found"),
            fix: "do it".to_owned(),
            origin: "etc/x:1".to_owned(),
            ..FindingV1::default()
        };
        let skip = r#"{"code":"NVP415","reason":"no image"}"#;
        let answer = Answer {
            way: "serial-port",
            verdict: "findings".to_owned(),
            summary: "initrd: 2 errors".to_owned(),
            findings: vec![finding("NVP201"), finding("NVP308")],
            whole: true,
            skipped: vec![serde_json::from_str(skip).unwrap()],
            report: None,
        };
        let found = Outcome {
            answer: Some(answer),
            refused: vec![true, false],
            ..outcome(Verdict::NotOk(vec!["error NVP201: off".to_owned()]))
        };
        let text = junit("i", &found).unwrap();
        assert!(text.contains("message=\"NVP201 \u{241b} found\""), "{text}");
        assert!(text.contains("--&gt; etc/x:1\nhelp: do it\n</failure>"), "{text}");
        assert!(text.contains("<system-out>NVP308 \u{241b} found</system-out>"), "{text}");
        assert!(text.contains("<skipped message=\"no image\"/>"), "{text}");
        assert_eq!(text.matches("<failure").count(), 2);
    }

    #[test]
    fn every_form_says_the_same_outcome() {
        let outcome = outcome(Verdict::Timeout("last \x1b words".into()));
        assert!(ktap("i", &outcome).ends_with("not ok 1 i # TIMEOUT\n"));
        assert!(junit("i", &outcome).unwrap().contains("errors=\"1\""));
        assert!(text("i", &outcome).contains("TIMEOUT: last \u{241b} words"));
        let json = json("i", &outcome);
        assert_eq!((&json["outcome"], &json["exit"]), (&"timeout".into(), &1.into()));
        assert_eq!(json["reasons"][0], "last \x1b words");
    }
}
