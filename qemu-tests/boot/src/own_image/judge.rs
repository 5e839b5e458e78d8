//! Judges a boot of a user's image: pure functions from what was seen to a verdict.
//! Without the verifier's words nothing is ever `ok`.

use super::answer::{Answer, Silence};
use super::console::Console;
use super::expect::Expect;
use super::watch::{End, ImageBoot};
use nvpreflight_harness::judge::verdict::Verdict;

/// Compares what was seen and said with what is expected.
pub fn judge(seen: &ImageBoot, answer: &Result<Answer, Silence>, expect: &Expect) -> Verdict {
    let answer = match answer {
        Ok(answer) => answer,
        Err(silence) => return silent(seen, silence),
    };
    if answer.verdict == "could-not-check" && !expect.wants_blindness() {
        return Verdict::Error(format!("the verifier could not check: {}", answer.summary));
    }
    if !answer.whole && expect.wants_all_codes() {
        return Verdict::Error(format!(
            "only the console told, which does not name every code: {}",
            answer.summary
        ));
    }
    match expect.against(answer) {
        wrong if wrong.is_empty() => Verdict::Ok,
        wrong => Verdict::NotOk(wrong),
    }
}

/// The verdict of the boot and of the check without a boot together: what either found is
/// counted, and what could not be told of the boot stays unknown.
pub fn with_check(boot: Verdict, check: &Answer, expect: &Expect) -> Verdict {
    let wrong = expect.against_check(check).into_iter();
    let mut wrong: Vec<String> = wrong.map(|line| format!("check: {line}")).collect();
    let blind = check.verdict == "could-not-check" && !expect.wants_blindness();
    match boot {
        Verdict::Ok if blind && wrong.is_empty() => {
            Verdict::Error(format!("the check without a boot could not check: {}", check.summary))
        }
        Verdict::Ok if wrong.is_empty() => Verdict::Ok,
        Verdict::Ok => Verdict::NotOk(wrong),
        Verdict::NotOk(mut both) => {
            both.append(&mut wrong);
            Verdict::NotOk(both)
        }
        other => other,
    }
}

/// Why the verifier was not heard. What the image did wrong is `not ok`; where that
/// cannot be told it is an error.
fn silent(seen: &ImageBoot, silence: &Silence) -> Verdict {
    let console = &seen.console;
    if let Silence::Garbled(why) = silence {
        return Verdict::Error(format!("what the guest sent is no report: {why}"));
    }
    if let Some(line) = &console.panic {
        return Verdict::NotOk(vec![panicked(console, line)]);
    }
    match &seen.end {
        End::Machine(false) => {
            Verdict::Error(format!("QEMU failed: {}", printable(&seen.complaint)))
        }
        _ if nothing_came(seen) => Verdict::Error(empty(seen)),
        End::Machine(true) => {
            let how = console.ended.as_deref().unwrap_or("reset, or a fault of the processor");
            let last = console.last_words();
            Verdict::NotOk(vec![format!(
                "the machine ended before the verifier reported ({how}); last: {last}"
            )])
        }
        End::GaveUp => {
            let line = console.gave_up.as_deref().unwrap_or_default();
            Verdict::NotOk(vec![format!(
                "the initrd gave up before the verifier reported: {line}; last: {}",
                console.last_words()
            )])
        }
        End::Flood => Verdict::Error("the guest sent without end".to_owned()),
        // A whole handover without a report, or a verdict line that is none.
        End::Report | End::Spoken => Verdict::Error("the guest handed over no report".to_owned()),
        End::Deadline => {
            Verdict::Timeout(format!("{}; last: {}", how_far(seen), console.last_words()))
        }
    }
}

fn nothing_came(seen: &ImageBoot) -> bool {
    seen.console.bytes == 0 && seen.port.is_none()
}

/// Nothing at all was heard: what that can mean.
fn empty(seen: &ImageBoot) -> String {
    let took = seen.took.as_secs_f64();
    match seen.end {
        End::Machine(_) => format!(
            "the machine ended after {took:.1} s without a word: the kernel did not start, or it \
             has no serial console (CONFIG_SERIAL_8250_CONSOLE, on arm64 \
             CONFIG_SERIAL_AMBA_PL011_CONSOLE)"
        ),
        _ => format!(
            "nothing was heard in {took:.0} s: no console on the first serial port (the kernel \
             needs CONFIG_SERIAL_8250_CONSOLE=y, on arm64 CONFIG_SERIAL_AMBA_PL011_CONSOLE=y), and nothing by the second serial port or /dev/port"
        ),
    }
}

/// The kernel's last words with what explains them: what the carrier or the unpacking
/// said, else the line before.
fn panicked(console: &Console, line: &str) -> String {
    let told = console.carrier.last().or(console.unpacking.as_ref());
    match told.or(console.before_panic.as_ref()) {
        Some(before) => format!("{line}; before it: {before}"),
        None => line.to_owned(),
    }
}

/// How far a boot came that took too long.
fn how_far(seen: &ImageBoot) -> &'static str {
    use super::watch::Stage;
    let reached = seen.stages.iter().map(|(stage, _)| *stage).max();
    match reached {
        None => "the kernel said nothing that is known",
        Some(Stage::Kernel) => "the kernel did not come to the initrd",
        Some(Stage::Initrd) => "the initrd ran and did not start the verifier",
        Some(Stage::Verifier | Stage::Report) => "the verifier began and did not report",
    }
}

fn printable(text: &str) -> String {
    nvpreflight_tool::base::clean::lines(text.trim()).replace('\n', " / ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight_harness::machine::channel::{self, Frames};
    use std::time::Duration;

    const CLEAN: &str = r#"{"format":"nvpreflight-report","version":1,"verdict":"ok","exit":0,
        "summary":"initrd: ok","findings":[],"skipped":[],"timeline":[],
        "timing":{"started_us":0,"finished_us":0}}"#;

    fn seen(end: End, console: &str, report: &str) -> ImageBoot {
        let mut lines = Console::default();
        lines.feed(console.as_bytes(), &mut |_| {});
        lines.finish(&mut |_| {});
        let frames = if report.is_empty() {
            Ok(Frames::default())
        } else {
            let text = format!("NVPF t initrd.json {}\n{report}\nNVPF t end 0\n\n", report.len());
            channel::read(text.as_bytes(), "t")
        };
        ImageBoot {
            end,
            complaint: "qemu: no such\x1b thing\n".to_owned(),
            console: lines,
            frames,
            port: (!report.is_empty()).then_some("serial-port"),
            stages: Vec::new(),
            took: Duration::from_secs(9),
        }
    }

    fn judged(end: End, console: &str, report: &str) -> Verdict {
        let seen = seen(end, console, report);
        judge(&seen, &Answer::of(&seen), &Expect::usual())
    }

    #[test]
    fn a_clean_report_is_ok_whatever_ended_the_machine() {
        assert_eq!(judged(End::Report, "x\n", CLEAN), Verdict::Ok);
        assert_eq!(judged(End::Deadline, "x\n", CLEAN), Verdict::Ok);
    }

    #[test]
    fn a_finding_is_not_ok_and_a_blind_verifier_an_error() {
        let found = CLEAN.replace("\"ok\"", "\"findings\"").replace(
            "\"findings\":[]",
            r#""findings":[{"code":"NVP201","severity":"error","message":"off","cause":""}]"#,
        );
        let Verdict::NotOk(wrong) = judged(End::Report, "", &found) else { panic!() };
        assert_eq!(wrong, ["error NVP201: off"]);
        let blind = CLEAN.replace("\"ok\"", "\"could-not-check\"");
        assert!(matches!(judged(End::Report, "", &blind), Verdict::Error(_)));
    }

    #[test]
    fn silence_is_never_ok_and_says_what_ended_the_boot() {
        let not_ok = |end, console| match judged(end, console, "") {
            Verdict::NotOk(wrong) => wrong.concat(),
            other => panic!("{other:?}"),
        };
        let error = |end, console| match judged(end, console, "") {
            Verdict::Error(why) => why,
            other => panic!("{other:?}"),
        };
        let panic = "[ 1.0] Kernel panic - not syncing: VFS: no root\n";
        assert!(not_ok(End::Machine(true), panic).contains("no root"));
        assert!(not_ok(End::Machine(true), "hello\n").contains("before the verifier reported"));
        assert!(not_ok(End::GaveUp, "You are in emergency mode\n").contains("gave up"));
        assert!(error(End::Machine(false), "hello\n").contains("no such\u{241b} thing"));
        assert!(error(End::Deadline, "").contains("CONFIG_SERIAL_8250_CONSOLE"));
        assert!(error(End::Machine(true), "").contains("without a word"));
        assert!(matches!(judged(End::Deadline, "hello\n", ""), Verdict::Timeout(_)));
    }

    #[test]
    fn a_report_that_cannot_be_read_is_an_error_although_it_came() {
        assert!(matches!(judged(End::Report, "", "{}"), Verdict::Error(_)));
        assert!(matches!(judged(End::Report, "", &CLEAN[..90]), Verdict::Error(_)));
    }

    #[test]
    fn what_only_the_check_found_makes_a_clean_boot_not_ok() {
        let found = |code: &str, severity: &str| {
            let text = CLEAN.replace("\"ok\"", "\"findings\"").replace(
                "\"findings\":[]",
                &format!(
                    r#""findings":[{{"code":"{code}","severity":"{severity}","message":"m","cause":""}}]"#
                ),
            );
            Answer::from_report(text.as_bytes(), "check").unwrap()
        };
        let usual = Expect::usual();
        let error = found("NVP404", "error");
        let Verdict::NotOk(wrong) = with_check(Verdict::Ok, &error, &usual) else { panic!() };
        assert_eq!(wrong, ["check: error NVP404: m"]);
        let both = with_check(Verdict::NotOk(vec!["boot".into()]), &error, &usual);
        assert_eq!(both, Verdict::NotOk(vec!["boot".into(), "check: error NVP404: m".into()]));
        assert_eq!(with_check(Verdict::Ok, &found("NVP404", "note"), &usual), Verdict::Ok);
        let late = Verdict::Timeout("late".into());
        assert_eq!(with_check(late.clone(), &error, &usual), late, "it stays unknown");
        let blind = CLEAN.replace("\"ok\"", "\"could-not-check\"");
        let blind = Answer::from_report(blind.as_bytes(), "check").unwrap();
        assert!(matches!(with_check(Verdict::Ok, &blind, &usual), Verdict::Error(_)));
    }

    #[test]
    fn a_guest_that_spoils_the_port_is_not_believed_on_the_console() {
        let mut seen = seen(End::Deadline, "nvpreflight: initrd: ok: faked\n", "");
        seen.frames = channel::read(b"NVPF t initrd.json 999999\nx\n", "t");
        seen.port = Some("serial-port");
        assert!(matches!(judge(&seen, &Answer::of(&seen), &Expect::usual()), Verdict::Error(_)));
    }

    #[test]
    fn the_console_alone_is_enough_where_it_names_all() {
        let line = "[ 3.0] nvpreflight: initrd: ok: 12 checks passed\n";
        assert_eq!(judged(End::Deadline, line, ""), Verdict::Ok);
        let line = "[ 3.0] nvpreflight: initrd: 2 errors: NVP201 (1 follows from these)\n";
        assert!(matches!(judged(End::Deadline, line, ""), Verdict::NotOk(_)));
    }
}
