//! What is taken, what is refused and with which words.

use super::*;
use crate::capture::Capture;
use crate::expect::{Goal, Policy};
use crate::finding::Severity;
use crate::seen::Errno;
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};

const WHOLE: &str = r#"{
  "version": 1,
  "goals": ["wayland", "luks-prompt"],
  "modules": {"initrd": ["nvidia", "nvidia_drm"], "pre_display": ["nvidia-uvm"]},
  "order": [["vfio_pci", "nvidia"]],
  "options": [{"module": "nvidia_drm", "name": "modeset", "value": "1"}],
  "forbidden_drivers": ["nouveau"],
  "gpus": 1,
  "deadline_ms": 3000,
  "hold_ms": 4000,
  "threshold": "warning",
  "severity": [{"code": "NVP201", "severity": "off", "reason": "a \"headless\" box"}],
  "on_error": "hold-display"
}"#;

fn read(text: &str) -> Result<Expectations, String> {
    let mut want = Expectations::new();
    parse(text.as_bytes(), &mut want).map_err(|e| e.to_string())?;
    Ok(want)
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let mut want = Expectations::new();
    want.gpus = Some(7);
    let before = want.clone();
    let refused = parse(text.as_bytes(), &mut want).expect_err("refused");
    assert_eq!(refused.to_string(), why);
    assert_eq!(want, before, "a refused file changes nothing");
}

#[test]
fn a_whole_file_is_taken() {
    let want = read(WHOLE).unwrap();
    assert!(want.goals.has(Goal::Wayland) && want.goals.has(Goal::LuksPrompt));
    assert!(!want.goals.has(Goal::Vfio));
    assert!(want.in_initrd("nvidia-drm") && want.before_display("nvidia_uvm"));
    assert_eq!(want.order.len(), 1);
    assert_eq!(want.wanted("nvidia-drm", "modeset"), Some("1"));
    assert_eq!(want.forbidden_drivers.len(), 1);
    assert_eq!((want.gpus, want.deadline_ms, want.hold_ms), (Some(1), 3000, 4000));
    assert_eq!((want.threshold, want.policy), (Severity::Warning, Policy::HoldDisplay));
    let said = want.override_of(201).unwrap();
    assert_eq!((said.severity, said.reason.as_str()), (None, "a \"headless\" box"));
}

#[test]
fn the_version_alone_is_the_defaults() {
    assert_eq!(read("{\"version\":1}").unwrap(), Expectations::new());
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    refused("{}", "line 1: the key is missing: `version`");
    refused("{\"version\": 2}", "line 1: only version 1 is understood: `version`");
    refused("{\n\"version\": 1,\n\"goal\": []}", "line 3: unknown key: `goal`");
    refused("{\"version\":1,\n\"goals\":[\"x11\",\n\"gaming\"]}", "line 3: unknown goal: `gaming`");
    refused("{\"version\":1,\"threshold\":\"fatal\"}", "line 1: unknown severity: `fatal`");
    refused("{\"version\":1,\"on_error\":\"reboot\"}", "line 1: unknown policy: `reboot`");
    refused("{\"version\":1,\"modules\":{\"stage2\":[]}}", "line 1: unknown key: `stage2`");
    refused("{\"version\":1,\"order\":[[\"a\"]]}", "line 1: a pair has two names");
    refused("{\"version\":1,\"order\":[[\"a\",\"b\",\"c\"]]}", "line 1: a pair has two names: `c`");
    refused("{\"version\":1,\"hold_ms\":60001}", "line 1: more than 60000 milliseconds: `hold_ms`");
    refused(
        "{\"version\":1,\"forbidden_drivers\":[\"../x\"]}",
        "line 1: no module or parameter name: `../x`",
    );
    refused(
        "{\"version\":1,\"severity\":[{\"code\":\"NVP000\",\"severity\":\"note\",\"reason\":\"r\"}]}",
        "line 1: no such code: `NVP000`",
    );
    refused(
        "{\"version\":1,\"severity\":[{\"code\":\"NVP201\",\"severity\":\"note\"}]}",
        "line 1: a severity has a code, a severity and a reason",
    );
    refused("{\"version\":1,\"version\":1}", "line 1: the key stands twice: `version`");
}

#[test]
fn broken_json_is_placed_behind_its_last_key() {
    refused("", "line 1: the file ends too early, after the key");
    refused("{\"version\":1,\n\"gpus\":", "line 2: the file ends too early, after the key: `gpus`");
    refused("{\"version\":1} x", "line 1: no valid JSON, after the key: `version`");
    refused("{\"version\":1,\"gpus\":300}", "line 1: no whole number in range, at the key: `gpus`");
    refused(
        "{\"version\":1,\"gpus\":\"1\"}",
        "line 1: a value of another type is wanted, at the key: `gpus`",
    );
}

#[test]
fn lists_and_texts_that_do_not_fit_are_refused_and_not_cut() {
    let many = vec_of(17);
    refused(
        &format!("{{\"version\":1,\"modules\":{{\"initrd\":[{many}]}}}}"),
        "line 1: the list is too long: `m`",
    );
    let long = "m".repeat(65);
    let shown = format!("line 1: the text is too long: `{}…`", "m".repeat(64));
    refused(&format!("{{\"version\":1,\"forbidden_drivers\":[\"{long}\"]}}"), &shown);
}

fn vec_of(n: usize) -> String {
    std::vec!["\"m\""; n].join(",")
}

#[test]
fn the_published_schema_and_the_reader_know_the_same_keys() {
    let schema = include_str!("../../../../docs/expectations-v1.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    for (key, of) in properties {
        let value = &of["examples"][0];
        assert!(!value.is_null(), "{key} has no example");
        let text = if key == "version" {
            "{\"version\":1}".into()
        } else {
            format!("{{\"version\":1,\"{key}\":{value}}}")
        };
        read(&text).unwrap_or_else(|e| panic!("{key}: {e}"));
    }
    let whole: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
    for key in whole.as_object().unwrap().keys() {
        assert!(properties.contains_key(key), "{key} is not in the schema");
    }
    assert_eq!(whole.as_object().unwrap().len(), properties.len());
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_taken_without_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400)
    ) {
        let _ = parse(&bytes, &mut Expectations::new());
    }

    #[test]
    fn a_damaged_file_is_refused_or_taken_without_panic(
        at in 0..WHOLE.len(),
        byte in any::<u8>(),
        keep in 0..WHOLE.len(),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = parse(&bytes, &mut Expectations::new());
        let _ = parse(&bytes[..keep], &mut Expectations::new());
    }

    #[test]
    fn any_text_in_a_string_is_refused_or_taken_without_panic(text in "\\PC{0,300}") {
        let json = serde_json::json!({"version": 1, "options": [
            {"module": "nvidia", "name": "x", "value": text}]});
        let _ = parse(json.to_string().as_bytes(), &mut Expectations::new());
    }
}

#[test]
fn a_file_is_taken_refused_or_absent_for_one_reason() {
    let said = |read: Seen<&[u8]>| {
        let mut want = Expectations::new();
        take("x.json", read, &mut want).map(|refused| refused.why.to_string())
    };
    let long = std::vec![b' '; SIZE_MAX + 1];
    assert_eq!(said(Seen::Yes(b"{\"version\": 1}")), None);
    assert_eq!(said(Seen::Yes(&long)).unwrap(), "the file is longer than 16384 bytes");
    assert_eq!(said(Seen::Absent).unwrap(), "the file does not exist");
    assert_eq!(said(Seen::Unreadable(Errno::EACCES)).unwrap(), "cannot read the file: EACCES");
    assert!(said(Seen::Yes(b"[]")).unwrap().starts_with("line 1: "));
}

#[test]
fn a_roots_file_is_looked_for_in_one_place() {
    let below = |tree: &str| {
        let mut want = Expectations::new();
        below(&Capture::new(tree.as_bytes()), &mut want).map(|refused| refused.map(|r| r.why))
    };
    assert_eq!(below("etc/nvpreflight/expect.json = {\"version\": 1}\n"), Seen::Yes(None));
    assert_eq!(below("etc/expect.json = {\"version\": 1}\n"), Seen::Absent);
    let refused = below("etc/nvpreflight/expect.json ! EACCES\n");
    assert_eq!(refused, Seen::Yes(Some("cannot read the file: EACCES".into())));
}
