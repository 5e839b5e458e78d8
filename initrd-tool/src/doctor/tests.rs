//! Every recorded machine gets sensible answers, and a saved visit gives the same
//! ones elsewhere.

use super::{Examination, QUESTIONS, Sheet, Tone, json, text};
use crate::facts::look::Look;
use crate::source::bundle::{Boot, Names, Saved, Visit};
use crate::source::logs::{Clock, Record};
use nvpreflight::rules::RULES;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Saved facts of a capture, as a visit would save them.
fn saved(tree: &str, phase: &str) -> Saved {
    let whole = serde_json::json!({
        "format": "nvpreflight-facts",
        "version": 1,
        "tool": "test",
        "subject": { "name": "a machine", "kind": "running system" },
        "phase": phase,
        "tree": tree,
    });
    Saved::from_bytes(whole.to_string().as_bytes()).expect("saved facts")
}

fn visited(saved: Saved) -> Examination {
    Examination::of(Look::replay(saved), &[])
}

fn machine(name: &str) -> Examination {
    let path = format!("{}/../verifier/tests/machines/{name}.tree", env!("CARGO_MANIFEST_DIR"));
    let phase = if name.ends_with("initrd") { "initrd" } else { "pre-display" };
    visited(saved(&std::fs::read_to_string(path).expect("a capture"), phase))
}

fn boot(name: &str) -> Examination {
    let path = format!("{}/../verifier/tests/trees/{name}.tree", env!("CARGO_MANIFEST_DIR"));
    visited(saved(&std::fs::read_to_string(path).expect("a capture"), "pre-display"))
}

fn page(visited: &Examination) -> String {
    let case = visited.case();
    text::render(&Sheet::of(&case), &case, text::Manner { columns: 80, colours: false, all: false })
}

fn captures() -> Vec<PathBuf> {
    let mut out = Vec::new();
    for folder in ["trees", "machines"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/tests").join(folder);
        let entries = std::fs::read_dir(folder).expect("captures");
        out.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    out.retain(|path| path.extension().is_some_and(|end| end == "tree"));
    out.sort();
    assert!(out.len() > 40, "the captures were not found");
    out
}

#[test]
fn a_desktop_that_hands_over_in_the_initrd() {
    insta::assert_snapshot!(page(&machine("desktop-initrd")));
}

#[test]
fn a_laptop_whose_gpu_only_renders() {
    insta::assert_snapshot!(page(&machine("hybrid-pre-display")));
}

#[test]
fn a_machine_that_runs_nouveau_on_purpose() {
    insta::assert_snapshot!(page(&machine("nouveau-initrd")));
}

#[test]
fn a_gpu_whose_firmware_is_missing() {
    insta::assert_snapshot!(page(&boot("vfu-open")));
}

#[test]
fn a_gpu_that_the_open_modules_cannot_drive() {
    insta::assert_snapshot!(page(&boot("spoof-pascal-open")));
}

#[test]
fn mode_setting_off_is_told_with_its_line() {
    let path =
        format!("{}/../verifier/tests/machines/desktop-initrd.tree", env!("CARGO_MANIFEST_DIR"));
    let tree = std::fs::read_to_string(path)
        .expect("a capture")
        .replace("options nvidia_drm modeset=1", "options nvidia_drm modeset=0")
        .replace("parameters/modeset = Y", "parameters/modeset = N")
        .replace("sys/class/drm/card1-DP-1/status = connected\n", "")
        .replace("sys/class/drm/card1-DP-1/enabled = enabled\n", "")
        .replace("sys/class/drm/card1-HDMI-A-1/status = disconnected\n", "")
        .replace("sys/class/drm/card1-HDMI-A-1/enabled = disabled\n", "");
    insta::assert_snapshot!(page(&visited(saved(&tree, "initrd"))));
}

/// A machine without findings has no answer that says BAD; one with an error has.
#[test]
fn answers_and_verdict_of_every_capture_agree() {
    for path in captures() {
        let tree = std::fs::read_to_string(&path).expect("a capture");
        for phase in ["initrd", "pre-display"] {
            let visited = visited(saved(&tree, phase));
            let sheet = Sheet::of(&visited.case());
            let bad: Vec<_> = sheet.answers.iter().filter(|a| a.tone == Tone::Bad).collect();
            let errors = visited.report.findings.iter().any(|f| f.severity.name() == "error");
            if visited.report.findings.is_empty() {
                assert!(bad.is_empty(), "{} {phase}: {bad:?}", path.display());
            }
            if errors {
                let told =
                    sheet.answers.iter().any(|a| matches!(a.tone, Tone::Bad | Tone::Careful));
                assert!(told, "{} {phase}: nothing is bad", path.display());
                assert!(!sheet.next.is_empty(), "{} {phase}: nothing to do", path.display());
            }
            for answer in &sheet.answers {
                assert!(!answer.says.is_empty(), "{}: {}", path.display(), answer.id);
            }
        }
    }
}

#[test]
fn one_screen_holds_it_whatever_the_machine_is() {
    for path in captures() {
        let tree = std::fs::read_to_string(&path).expect("a capture");
        let visited = visited(saved(&tree, "pre-display"));
        let case = visited.case();
        let manner = text::Manner { columns: 80, colours: false, all: false };
        let page = text::render(&Sheet::of(&case), &case, manner);
        let rows: usize = page.lines().map(|l| l.chars().count().div_ceil(80).max(1)).sum();
        assert!(rows <= 23, "{}: {rows} rows\n{page}", path.display());
        let causes = Sheet::of(&case).headline.causes;
        if let Some(cause) = causes.first() {
            let first = page.lines().nth(1).expect("a second line");
            assert!(first.contains(&cause.code), "{}: {first}", path.display());
            assert!(page.contains("\nnext:\n"), "{}", path.display());
        }
    }
}

#[test]
fn a_page_fits_any_width_and_drives_no_terminal() {
    let tree = "proc/modules = nvidia 1 0 - Live 0x0\n\
        etc/modprobe.d/a\u{1b}.conf = options nvidia-drm modeset=0\u{1b}[31m\u{202e}\n\
        proc/sys/kernel/osrelease = 6\u{1b}]0;x\u{7}\n";
    for source in [visited(saved(tree, "pre-display")), machine("desktop-initrd")] {
        let case = source.case();
        for columns in [40, 80, 100] {
            let manner = text::Manner { columns, colours: false, all: true };
            let page = text::render(&Sheet::of(&case), &case, manner);
            assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{page}");
            let answers = page.lines().take_while(|line| *line != "next:");
            for line in answers.filter(|line| line.contains(' ') && columns >= 80) {
                assert!(line.chars().count() <= columns, "{line}");
            }
        }
    }
}

#[test]
fn a_saved_and_redacted_visit_answers_the_same() {
    let names = Names::new(["brunhild", "anna"]);
    // Judging is the slow part; a sixth of the captures has every kind of machine.
    for path in captures().into_iter().step_by(6) {
        let tree = std::fs::read_to_string(&path).expect("a capture");
        let mut before = saved(&tree, "pre-display");
        let image = saved("etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n", "image");
        before.visit =
            Some(Box::new(Visit { root: Some(true), initrds: vec![image], ..Visit::default() }));
        let after = before.redacted(&names).expect("redacted");
        let after =
            Saved::from_bytes(after.to_json().expect("JSON").as_bytes()).expect("it reads back");
        let answers = |saved: Saved| {
            let visited = visited(saved);
            let case = visited.case();
            json::render(&Sheet::of(&case), &case, "running system").to_string()
        };
        // What was taken out of evidence stands there as it was, crossed out.
        let plain = answers(before);
        let crossed = answers(after);
        assert_eq!(plain.len(), crossed.len(), "{}", path.display());
        let differs = plain.chars().zip(crossed.chars()).filter(|(a, b)| a != b);
        assert!(differs.clone().all(|(_, b)| matches!(b, 'x' | '0')), "{}", path.display());
    }
}

#[test]
fn the_journal_tells_the_switch_of_root_and_the_greeter() {
    let path = format!(
        "{}/../verifier/tests/machines/hybrid-pre-display.tree",
        env!("CARGO_MANIFEST_DIR")
    );
    let tree = std::fs::read_to_string(path).expect("a capture");
    let record = |us: u64, unit: &str, text: &str| Record {
        time: Some((Clock::Monotonic, us)),
        unit: Some(unit.into()),
        text: text.into(),
        ..Record::default()
    };
    let asked = |switch: u64, greeter: u64| {
        let mut saved = saved(&tree, "pre-display");
        let records = vec![
            record(switch, "initrd-switch-root.service", "Switching root."),
            record(
                greeter,
                "sddm.service",
                "Started sddm.service - Simple Desktop Display Manager.",
            ),
        ];
        saved.visit = Some(Box::new(Visit { records, ..Visit::default() }));
        let visited = visited(saved);
        let sheet = Sheet::of(&visited.case());
        let early = sheet.answers.into_iter().find(|a| a.id == "early").expect("the question");
        (early.tone, early.says)
    };
    assert_eq!(
        asked(6_000_000, 9_000_000),
        (Tone::Good, "yes, from the initrd, ready at 4.990 s, 4.010 s before the greeter".into())
    );
    assert_eq!(
        asked(2_000_000, 3_000_000),
        (
            Tone::Bad,
            "not from the initrd, ready at 4.990 s, 1.990 s after the display manager started"
                .into()
        )
    );
}

#[test]
fn what_changed_since_the_good_boot_is_told_with_what_fits_first() {
    let path =
        format!("{}/../verifier/tests/machines/desktop-initrd.tree", env!("CARGO_MANIFEST_DIR"));
    let tree = std::fs::read_to_string(path).expect("a capture");
    let mut good = saved(&tree, "pre-display");
    good.boot = Some(Boot {
        id: "5f3a01bc00000000".into(),
        remembered: 1_763_633_500,
        verdict: "ok".into(),
        codes: Vec::new(),
        generation: None,
    });
    let changes = |tree: &str| {
        let mut now = saved(tree, "pre-display");
        let good = Some(Box::new(good.clone()));
        now.visit = Some(Box::new(Visit { good, ..Visit::default() }));
        let sheet = Sheet::of(&visited(now).case());
        let of = sheet.answers.into_iter().find(|a| a.id == "changes").expect("the question");
        (of.tone, of.says)
    };
    let broken = tree
        .replace("options nvidia_drm modeset=1", "options nvidia_drm modeset=0")
        .replace("parameters/modeset = Y", "parameters/modeset = N");
    let (tone, says) = changes(&broken);
    assert_eq!(tone, Tone::Careful);
    assert!(says.contains("and it fits: options: nvidia_drm.modeset: "), "{says}");
    let (tone, says) = changes(&tree);
    assert_eq!(tone, Tone::Plain);
    assert!(says.starts_with("no known change since "), "{says}");
}

/// What a log cannot show is no state of the machine.
#[test]
fn a_log_answers_what_it_shows_and_denies_nothing_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs/dmesg.txt");
    let args = crate::source::subject::SubjectArgs { subject: Some(path), ..Default::default() };
    let ui = crate::base::ui::Ui { quiet: true, ..Default::default() };
    let visited = Examination::at(&args, None, ui).expect("a log");
    let sheet = Sheet::of(&visited.case());
    let of = |id: &str| {
        let answer = sheet.answers.iter().find(|a| a.id == id).expect("the question");
        (answer.tone, answer.says.as_str())
    };
    assert_eq!(of("screen").0, Tone::Bad);
    assert!(of("screen").1.starts_with("GPU initialisation (NVP506)"), "{}", of("screen").1);
    assert_eq!(
        of("options"),
        (Tone::Unknown, "unknown: 1 set; this input does not show the values in force")
    );
    assert_eq!(of("owner").0, Tone::Plain);
    assert!(
        of("owner").1.starts_with("according to the log, nvidia came last"),
        "{}",
        of("owner").1
    );
    assert!(!sheet.unseen.is_empty());
}

#[test]
fn questions_have_names_of_their_own() {
    let ids: BTreeSet<&str> = QUESTIONS.iter().map(|q| q.id).collect();
    assert_eq!(ids.len(), QUESTIONS.len());
    for question in &QUESTIONS {
        assert!(question.asks.ends_with('?') && question.title.len() <= 13, "{}", question.id);
    }
}

/// A code that no rule has would make an answer silently blind.
#[test]
fn every_code_that_an_answer_looks_for_is_a_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor/questions");
    let known: BTreeSet<u16> = RULES.iter().map(|rule| rule.code.0).collect();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the questions") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        for list in text.split("&[").skip(1).filter_map(|rest| rest.split(']').next()) {
            for code in list.split(',').filter_map(|word| word.trim().parse::<u16>().ok()) {
                seen += 1;
                assert!(known.contains(&code), "no rule has the code {code}");
            }
        }
    }
    assert!(seen > 60, "the codes were not found");
}
