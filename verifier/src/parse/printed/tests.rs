//! Every form of a printed line.

use super::*;
use proptest::prelude::*;

fn text(printed: &str) -> (bool, &str) {
    let line = line(printed).expect(printed);
    (line.kernel, line.text)
}

/// Every form that a kernel's line is printed in, all of one text.
pub(in crate::parse) const FORMS: [&str; 25] = [
    "<4>[   12.903355] NVRM: x",
    "[   12.903355] NVRM: x",
    "[   12.903355][  T150] NVRM: x",
    "kern  :warn  : [   12.903355] NVRM: x",
    "[Sun Nov 22 10:00:00 2026] NVRM: x",
    "2026-11-22T10:00:00,123456+00:00 NVRM: x",
    "[   12.903355] box kernel: NVRM: x",
    "Nov 22 10:00:00 box kernel: NVRM: x",
    "Nov 22 10:00:00 box kernel: [   12.903355] NVRM: x",
    "2026-11-22T10:00:00+0100 box kernel: NVRM: x",
    "2026-11-22T10:00:00.123456+01:00 box kernel: [   12.903355] NVRM: x",
    "Sun 2026-11-22 10:00:00 CET box kernel: NVRM: x",
    "1795341600.123456 box kernel: NVRM: x",
    "[  +0.000012] NVRM: x",
    "<4>NVRM: x",
    "kern  :warn  : NVRM: x",
    "kernel: NVRM: x",
    "box kernel: NVRM: x",
    "[   12.903355] [  T1343] NVRM: x",
    "[   12.903355] kernel: NVRM: x",
    "Nov 22 10:00:00 kernel: NVRM: x",
    "nov. 22 10:00:00 box kernel: NVRM: x",
    "ноя 22 10:00:00 box kernel: NVRM: x",
    "11月 22 10:00:00 box kernel: NVRM: x",
    "[dim. nov. 22 10:00:00 2026] NVRM: x",
];

#[test]
fn every_form_of_a_kernel_line_gives_the_same_text() {
    for line in FORMS {
        assert_eq!(text(line), (true, "NVRM: x"), "{line}");
    }
}

#[test]
fn rsyslog_keeps_the_kernels_own_time() {
    let time = |printed: &str| line(printed).unwrap().time;
    let us = 12_903_355;
    let kept = time("Nov 22 10:00:00 box kernel: [   12.903355] NVRM: x");
    assert_eq!(kept, Some(Time::Kernel(us)));
    assert_eq!(time("[   12.903355] box kernel: NVRM: x"), Some(Time::Monotonic(us)));
}

#[test]
fn user_space_is_told_from_the_kernel() {
    for printed in [
        "[   12.903355] systemd[1]: Switching root.",
        "<30>[   12.903355] systemd[1]: Switching root.",
        "daemon:info  : [   12.903355] systemd[1]: Switching root.",
        "[   12.903355] box systemd[1]: Switching root.",
        "Nov 22 10:00:00 box systemd[1]: Switching root.",
        "Nov 22 10:00:00 systemd[1]: Switching root.",
    ] {
        let line = line(printed).unwrap();
        assert!(!line.kernel, "{printed}");
        assert_eq!(line.writer, Some(("systemd", Some(1))), "{printed}");
        assert_eq!(line.text, "Switching root.", "{printed}");
        assert_eq!(line.spoken, "systemd[1]: Switching root.", "{printed}");
    }
}

#[test]
fn a_drivers_prefix_is_no_writer() {
    assert_eq!(text("[    9.100000] x"), (true, "x"));
    assert!(text("[   15.814797] Xorg[812]: segfault at 0 ip 0 sp 0 error 4").0);
    assert!(!text("[   15.814797] nvidia-persistenced[812]: NVRM: quoted").0);
    let said = "nvidia 0000:01:00.0: vgaarb: changed";
    assert_eq!(text("[   15.814797] nvidia 0000:01:00.0: vgaarb: changed"), (true, said));
    let said = "[drm] Initialized nvidia-drm";
    assert_eq!(text("[   15.814797] [drm] Initialized nvidia-drm"), (true, said));
}

#[test]
fn what_is_no_log_is_none() {
    for printed in [
        "",
        "It was the best of times, it was the worst of times",
        "Date: Sun, 22 Nov 2026 10:00:00 +0000",
        "[    12.345] (EE) NVIDIA(0): Failed to initialize the GLX module",
        "<b>bold</b>",
        "Mon Nov 22",
        "On Nov 22 10:00:00 we met",
        "Chapter 22 10:00:00 of: the book",
        "2026-11-22",
        "[drm] Initialized nvidia-drm",
    ] {
        assert_eq!(line(printed), None, "{printed}");
    }
}

proptest! {
    #[test]
    fn any_text_ends_in_an_answer(text in "\\PC{0,200}|[\\[\\]<>:.+0-9TZ \\-a-z]{0,80}") {
        if let Some(printed) = line(&text) {
            prop_assert!(text.trim_end().ends_with(printed.spoken.trim_end()));
            prop_assert!(printed.spoken.trim_end().ends_with(printed.text.trim_end()));
        }
    }
}
