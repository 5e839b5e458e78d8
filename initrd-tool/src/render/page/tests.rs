//! Pages of three boots in every form, and of a boot whose log wants to be markup.

#[path = "../../../../verifier/tests/cli/schema.rs"]
#[allow(dead_code, clippy::panic, clippy::unwrap_used, missing_docs)]
mod schema;

use super::*;
use crate::base::label::Label;
use crate::render::findings::Judged;
use crate::render::findings::place::Sources;
use crate::source::logs::{Clock, Record};
use crate::view::timeline::{Tone, Track};
use nvpreflight::capture::Capture;
use nvpreflight::expect::{Expectations, Goal};
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;
use nvpreflight::{engine, evidence};

/// A desktop in which all is well, from the verifier's own tests.
const HEALTHY: &str = include_str!("../../../../verifier/tests/machines/desktop-initrd.tree");

/// The kernel lines of one whose initrd has no GSP firmware.
const NO_FIRMWARE: &str = "dmesg <<EOF
<6>[    0.512400] [drm] Initialized simpledrm 1.0.0 for simple-framebuffer.0 on minor 0
<6>[    2.301000] nvidia-nvlink: Nvlink Core is being initialized, major device number 511
<4>[    2.350000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (mockbuild@)  Tue Sep 23 10:11:16 UTC 2025
<6>[    2.400000] nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  580.95.05  Release Build  (mockbuild@)  Tue Sep 23 10:02:03 UTC 2025
<6>[    2.410000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver
<4>[    2.421000] nvidia 0000:01:00.0: Direct firmware load for nvidia/580.95.05/gsp_ga10x.bin failed with error -2
<4>[    2.422000] NVRM: RmFetchGspRmImages: No firmware image found
<4>[    2.424000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x61:0x56:1705)
<4>[    2.425000] NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0
<3>[    2.436000] [drm:nv_drm_dev_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] Failed to allocate NvKmsKapiDevice
EOF
";

/// The kernel lines of one whose driver comes from the root, after the greeter.
const LATE: &str = "dmesg <<EOF
<6>[    0.512400] [drm] Initialized simpledrm 1.0.0 for simple-framebuffer.0 on minor 0
<6>[    5.201000] nvidia-nvlink: Nvlink Core is being initialized, major device number 511
<4>[    5.350000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (mockbuild@)  Tue Sep 23 10:11:16 UTC 2025
<6>[    7.400000] nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  580.95.05  Release Build  (mockbuild@)  Tue Sep 23 10:02:03 UTC 2025
<6>[    7.910000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver
<6>[    8.600000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 1
<6>[    8.601000] Console: switching to colour dummy device 80x25
<6>[    8.650000] nvidia 0000:01:00.0: [drm] fb0: nvidia-drmdrmfb frame buffer device
EOF
";

fn systemd(us: u64, text: &str) -> Record {
    Record {
        time: Some((Clock::Monotonic, us)),
        identifier: Some("systemd".into()),
        text: text.into(),
        ..Record::default()
    }
}

fn judged(capture: &str, records: &[Record]) -> Page {
    let tree = Capture::new(capture.as_bytes());
    assert_eq!(tree.first_odd_line(), None);
    let mut want = Expectations::new();
    want.goals.insert(Goal::Wayland);
    let mut facts = Box::new(Facts::new(Phase::Initrd));
    evidence::collect(&tree, &want, &mut facts);
    let mut report = Box::new(Report::new(Phase::Initrd));
    engine::run(&facts, &want, &mut report);
    let label = Label { name: "boot.facts".into(), kind: "running system".into(), root: None };
    let segment = |_: &str| None;
    let sources = Sources { tree: &tree, root: None, cmdline: None, segment: &segment };
    let judged = Judged::new(&label, &facts, &report, &sources);
    Page::of(&judged, records, 80, false)
}

fn healthy() -> Page {
    let manager = "Starting gdm.service - GNOME Display Manager...";
    judged(HEALTHY, &[systemd(5_000_000, "Switching root."), systemd(8_200_000, manager)])
}

fn without_firmware(records: &[Record]) -> Page {
    let cards = ["sys/class/drm/card1", "sys/class/drm/render", "sys/class/graphics/fb0"];
    let rest = HEALTHY.lines().filter(|line| !cards.iter().any(|card| line.starts_with(card)));
    // A GPU that was never initialised shows no version of its video BIOS.
    let unread = |line: &str| match line.starts_with("Video BIOS") {
        true => "Video BIOS: \t ??.??.??.??.??".to_owned(),
        false => line.to_owned(),
    };
    let rest: Vec<String> = rest.map(unread).collect();
    judged(&format!("{NO_FIRMWARE}{}\n", rest.join("\n")), records)
}

fn late() -> Page {
    let manager = "Starting sddm.service - Simple Desktop Display Manager...";
    let told = [systemd(4_100_000, "Switching root."), systemd(6_700_000, manager)];
    judged(&format!("{LATE}{HEALTHY}"), &told)
}

/// Without numbers and lists that change with every new rule.
fn stable(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.contains(": skipped NVP")).map(|line| {
        match line.split_once(" checks ") {
            Some((before, after)) => {
                let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
                format!("{before}N checks {after}")
            }
            None => line.to_owned(),
        }
    });
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_healthy_boot_as_text() {
    insta::assert_snapshot!("healthy.txt", stable(&healthy().render(Format::Text, 80)));
}

#[test]
fn missing_firmware_as_text_and_markdown() {
    let page = without_firmware(&[]);
    insta::assert_snapshot!("no-firmware.txt", stable(&page.render(Format::Text, 80)));
    insta::assert_snapshot!("no-firmware.md", stable(&page.render(Format::Markdown, 80)));
}

#[test]
fn a_late_driver_as_text_markdown_and_picture() {
    let page = late();
    insta::assert_snapshot!("late.txt", stable(&page.render(Format::Text, 80)));
    insta::assert_snapshot!("late.md", stable(&page.render(Format::Markdown, 80)));
    insta::assert_snapshot!("late.svg", stable(&page.render(Format::Svg, 80)));
}

#[test]
fn text_fits_eighty_columns_except_for_what_is_quoted() {
    for page in [healthy(), late(), without_firmware(&[])] {
        let own = page.render(Format::Text, 80);
        let check: Vec<&str> = page.check.lines().collect();
        // Lines to paste and tables of places are not broken: they would not work.
        let quoted = |line: &&str| line.starts_with("  to do: ") || line.contains("modprobe.d/");
        let long = own.lines().filter(|l| l.chars().count() > 80 && !check.contains(l));
        let long: Vec<&str> = long.filter(|line| !quoted(line)).collect();
        assert_eq!(long, [""; 0]);
    }
}

#[test]
fn the_page_needs_nothing_but_itself() {
    for page in [healthy(), late(), without_firmware(&[])] {
        let html = page.render(Format::Html, 80);
        for outside in ["http://", "https://", "<script", " src=", "@import", "url(", "<iframe"] {
            let own = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
            assert!(!own.contains(outside), "{outside}");
        }
        assert!(html.contains("default-src 'none'"));
        assert!(html.contains("<html lang=\"en\">"));
    }
}

#[test]
fn a_note_is_no_cause() {
    let mut page = judged(HEALTHY, &[]);
    page.findings = without_firmware(&[]).findings;
    page.findings[0].brief.severity = "note";
    assert!(page.cause().is_none());
    assert_eq!(page.others().len(), page.findings.len());
    assert_eq!(page.headline(), "nothing is wrong");
}

#[test]
fn the_cause_and_the_lines_to_paste_come_before_everything_else() {
    let html = without_firmware(&[]).render(Format::Html, 80);
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("NVP405") < at("What to do") && at("What to do") < at("<nav"));
    assert!(at("<nav") < at("id=\"timeline\"") && at("id=\"timeline\"") < at("id=\"log\""));
}

#[test]
fn a_log_that_wants_to_be_markup_stays_text() {
    let evil = "NVRM: Xid </style></pre><script>alert(1)</script><img src=x onerror=y> \
                \"'&lt; ]]> --> \u{202e}\x1b[31m\0";
    let record = Record {
        time: Some((Clock::Kernel, 5)),
        kernel: true,
        text: evil.into(),
        ..Record::default()
    };
    let tree =
        format!("etc/modprobe.d/x.conf = options nvidia x=<script>alert(2)</script>\n{HEALTHY}");
    let page = judged(&tree, &[record]);
    for format in [Format::Html, Format::Svg] {
        let out = page.render(format, 80);
        assert!(!out.contains("<script"), "{out}");
        assert!(!out.contains("<img"));
        assert_eq!(out.matches("</style>").count(), out.matches("<style>").count());
        assert!(!out.contains(['\u{202e}', '\x1b', '\0']));
    }
    let text = page.render(Format::Text, 80) + &page.render(Format::Markdown, 80);
    assert!(!text.contains(['\u{202e}', '\x1b', '\0']));
}

#[test]
fn a_flood_of_records_makes_a_page_of_bounded_size() {
    let long = "x".repeat(1000);
    let flood: Vec<Record> = (0..2_000)
        .map(|n| Record {
            time: Some((Clock::Kernel, n + 1)),
            kernel: true,
            text: format!("NVRM: Xid {n} {long}"),
            ..Record::default()
        })
        .collect();
    let page = without_firmware(&flood);
    for format in [Format::Html, Format::Svg, Format::Markdown, Format::Text, Format::Json] {
        let size = page.render(format, 80).len();
        assert!(size < 600_000, "{format:?}: {size} bytes");
    }
}

#[test]
fn the_picture_says_what_the_list_says() {
    let page = late();
    let svg = page.render(Format::Svg, 80);
    let moments: usize = page.story.tracks.iter().map(|t: &Track| t.moments.len()).sum();
    assert_eq!(svg.matches("class=\"mark\"").count(), moments);
    assert!(
        page.story
            .spans
            .iter()
            .any(|s| s.tone == Tone::Bad && s.says.contains("after the display"))
    );
}

#[test]
fn the_json_form_keeps_to_its_schema() {
    let text = include_str!("../../../../docs/story-v1.schema.json");
    for page in [healthy(), late(), without_firmware(&[])] {
        let mut json: serde_json::Value =
            serde_json::from_str(&page.render(Format::Json, 80)).expect("JSON");
        // The report has a schema of its own, which the verifier's tests hold it to.
        json["report"] = serde_json::json!({});
        assert_eq!(schema::violation_of(text, &json), None);
        json["timeline"]["tracks"][0]["axis"] = "sundial".into();
        assert!(schema::violation_of(text, &json).is_some());
    }
}
