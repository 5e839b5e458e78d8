//! What every renderer prints, over real judgements of saved evidence.

use super::place::Sources;
use super::{Format, Judged, Label};
use nvpreflight::capture::Capture;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;
use nvpreflight::{engine, evidence};

/// A machine whose mode setting two places turn off, with hostile bytes in one.
const BROKEN: &[u8] = b"proc/modules <<EOF\n\
nvidia_drm 118784 0 - Live 0x0 (OE)\n\
nvidia_modeset 1605632 1 nvidia_drm, Live 0x0 (OE)\n\
nvidia 60620800 2 nvidia_modeset, Live 0x0 (OE)\n\
EOF\n\
proc/cmdline = root=/dev/sda1 \x1b]0;owned\x07 quiet nvidia_drm.fbdev=0\n\
proc/devices =\n\
dev/kmsg =\n\
sys/module/ ino=1\n\
sys/bus/pci/devices/ ! EIO\n\
sys/module/nvidia_drm/parameters/modeset = N\n\
etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n\
etc/modprobe.d/zz.conf <<EOF\n\
# from a forum\n\
options nvidia-drm \\\n\
\x1b[31m modeset=0 \xff\n\
softdep nvidia pre: nvidia_drm\n\
EOF\n\
usr/lib/modules/ ?\n\
lib/modules/ ?\n\
etc/modules-load.d/ ?\n";

fn rendered(format: Format, colours: bool) -> String {
    let tree = Capture::new(BROKEN);
    let want = Expectations::new();
    let mut facts = Box::new(Facts::new(Phase::Initrd));
    evidence::collect(&tree, &want, &mut facts);
    let mut report = Box::new(Report::new(Phase::Initrd));
    engine::run(&facts, &want, &mut report);
    let label = Label { name: "machine.facts".into(), kind: "saved facts".into(), root: None };
    let cmdline = facts.config.cmdline.yes().map(|cmdline| cmdline.raw.as_slice());
    let segment = |path: &str| path.starts_with("etc/").then(|| "segment 2 (zstd)".to_owned());
    let sources = Sources { tree: &tree, root: None, cmdline, segment: &segment };
    let shown = Judged::new(&label, &facts, &report, &sources).render(format, 80, colours);
    assert!(!shown.contains('\u{7}'), "a bell gets through");
    assert_eq!(shown.contains('\u{1b}'), colours, "escapes where there are colours only");
    shown
}

#[test]
fn text_points_at_the_word_and_folds_what_follows() {
    insta::assert_snapshot!(rendered(Format::Text, false));
}

#[test]
fn colours_are_drawn_when_asked_for_and_hostile_escapes_are_not() {
    let shown = rendered(Format::Text, true);
    assert!(shown.contains("\u{241b}[31m modeset=0"), "{shown}");
    assert!(!shown.contains("\u{1b}[31m modeset"), "{shown}");
    assert!(shown.contains("\u{1b}[1m"), "{shown}");
}

#[test]
fn concise_is_one_line_a_finding() {
    insta::assert_snapshot!(rendered(Format::Concise, false));
}

#[test]
fn brief_is_five_lines_about_the_first_cause() {
    let shown = rendered(Format::Brief, false);
    assert_eq!(shown.lines().count(), super::brief::MOST, "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn openmetrics_is_one_sample_a_line_between_head_and_end() {
    let shown = rendered(Format::Openmetrics, false);
    assert!(shown.ends_with("# EOF\n"), "{shown}");
    let mut samples: Vec<&str> = shown.lines().filter(|line| !line.starts_with('#')).collect();
    let all = samples.len();
    samples.sort_unstable_by_key(|line| line.rsplit_once(' ').map(|(labels, _)| labels));
    samples.dedup_by_key(|line| line.rsplit_once(' ').map(|(labels, _)| labels));
    assert_eq!(samples.len(), all, "labels stand twice: {shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn github_commands_cannot_be_forged() {
    let shown = rendered(Format::Github, false);
    assert!(shown.lines().all(|line| line.starts_with("::")), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn json_is_report_v1_with_subject_and_places() {
    let shown = rendered(Format::Json, false);
    let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(json["format"], "nvpreflight-report");
    assert_eq!(json["version"], 1);
    assert_eq!(json["subject"]["kind"], "saved facts");
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["findings"]).expect("JSON"));
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let shown = rendered(Format::Sarif, false);
    let log: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(run["tool"]["driver"]["name"].is_string());
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string());
        let level = result["level"].as_str().expect("a level");
        assert!(["none", "note", "warning", "error"].contains(&level));
        for location in result["locations"].as_array().expect("locations") {
            let region = &location["physicalLocation"]["region"];
            if region.is_object() {
                assert!(region["startLine"].as_u64().expect("a line") >= 1);
                assert!(region["startColumn"].as_u64().is_none_or(|column| column >= 1));
            }
        }
    }
    let invocation = &run["invocations"][0];
    assert!(invocation["executionSuccessful"].is_boolean());
    assert!(!invocation["toolExecutionNotifications"].as_array().expect("a list").is_empty());
    insta::assert_snapshot!(serde_json::to_string_pretty(&run["results"]).expect("JSON"));
}
