//! Cases of [`super::read`].

use super::*;

fn records(text: &str) -> Vec<Record> {
    let mut boots = Boots::default();
    read(text.lines(), &mut boots);
    let records = boots.finish().into_iter().flat_map(|boot| boot.records);
    records.filter(|record| !sender::is_mention(record)).collect()
}

fn texts(text: &str) -> Vec<String> {
    records(text).into_iter().map(|record| record.text).collect()
}

#[test]
fn a_sentence_that_xorgs_driver_broke_is_one_record() {
    let log = "[ 57.5] (EE) NVIDIA(GPU-0): The NVIDIA GPU at PCI:1:0:0 does not have the necessary\n\
               [ 57.5] (EE) NVIDIA(GPU-0):     external power cables attached; X cannot use this GPU\n\
               [ 57.5] (EE) NVIDIA(GPU-0):     until the problem is rectified.\n";
    let got = texts(log);
    assert_eq!(got.len(), 1, "{got:?}");
    assert!(got[0].ends_with(
        "necessary external power cables attached; X cannot use this GPU until \
                              the problem is rectified."
    ));
    let others = log.replacen("GPU-0", "0", 1);
    assert!(!texts(&others)[0].contains("external"), "another screen's line is no part of it");
}

#[test]
fn a_line_of_the_kernel_that_a_sentence_holds_or_that_stands_alone_is_taken() {
    let amd = "AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0013 address=0x1000]";
    assert_eq!(texts(&format!("I get\n\n{amd}\n\nall the time.\n")), [amd]);
    let split = "NVRM: The NVIDIA GPU 0000:02:00.0\nhas fallen off the bus and is not responding to \
                 commands.\n";
    assert!(texts(split)[1].starts_with("NVRM: fallen off the bus"));
    let bar = "Without it the driver fails with BAR1 is 0M @ 0x0 on every boot.\n";
    assert_eq!(texts(bar), ["NVRM: BAR1 is 0M @ 0x0 on every boot."]);
    let flip = "[nvidia-drm] Flip event timeout on head 0";
    assert_eq!(texts(&format!("The kernel logged `{flip}` — and stood still.\n")), [flip]);
    for note in [
        "It might say that BAR1 is 0M @ 0x0 there.\n",
        "Here the NVIDIA driver prints BAR1 is 0M @ 0x0 when Above 4G Decoding is off.\n",
        "- Fixed a bug that led to \"fallen off the bus and is not responding to commands\".\n",
    ] {
        assert!(texts(note).is_empty(), "{note}");
    }
}

#[test]
fn what_others_may_see_is_no_log_of_a_machine() {
    let log = "[   12.903355] NVRM: x";
    for before in [
        "The kernel log will contain something like:\n",
        "On such a board `nvidia-smi` may fail with:\n\n",
        "## Examples\n\nSome of them.\n",
    ] {
        assert!(texts(&format!("{before}```\n{log}\n```\n")).is_empty(), "{before}");
        assert_eq!(texts(&format!("{before}```\nx\n```\n## Mine\n{log}\n")).len(), 1);
    }
    assert!(texts(&format!("It may fail with:\n`{log}`\n")).is_empty());
    let mine = format!("```\n# Example: what I have\nblacklist x\n```\n{log}\n");
    assert_eq!(texts(&mine).len(), 1, "a comment is no heading");
    let glued = format!("It may fail with:\n```\n{log}```\n{log}\n");
    assert_eq!(texts(&glued).len(), 1, "the block ends behind its words");
    let mut boots = Boots::default();
    let always = format!("On every boot the log will contain:\n```\n{log}\n```\n");
    read(always.lines(), &mut boots);
    assert_eq!(boots.balance.missed(), 1, "it is said that a line was left out");
    for before in ["I may see it again:\n", "This is an example of my log:\n", "## Log\n"] {
        assert_eq!(texts(&format!("{before}```\n{log}\n```\n")).len(), 1, "{before}");
    }
}

#[test]
fn what_a_tracker_does_to_a_log_is_undone() {
    for line in [
        "> [   12.903355] NVRM: x",
        "> > [   12.903355] NVRM: x",
        "    [   12.903355] NVRM: x",
        "`[   12.903355] NVRM: x",
        "123: [   12.903355] NVRM: x",
        "   123\t[   12.903355] NVRM: x",
        "dmesg.txt:123:[   12.903355] NVRM: x",
        "&lt;4&gt;[   12.903355] NVRM: x",
        "\u{1b}[32m[   12.903355] \u{1b}[0m\u{1b}[33mNVRM: \u{1b}[0mx\r",
        "<pre>[   12.903355] NVRM: x</pre>",
        "[code][   12.903355] NVRM: x",
        "NVRM: x",
        "> NVRM: x",
    ] {
        assert_eq!(texts(&format!("Hello,\n```\n{line}\n```\nThanks")), ["NVRM: x"], "{line}");
    }
}

#[test]
fn indented_lines_go_on_the_record_before() {
    let text = "[   12.903355] NVRM: API mismatch: the client\n               \
                NVRM: has the version\nI then rebooted.\n  And again.\n[   13.000000] b";
    assert_eq!(texts(text), ["NVRM: API mismatch: the client\nNVRM: has the version", "b"]);
}

#[test]
fn each_line_of_an_indented_report_on_a_fault_is_its_own() {
    let log = "\tBUG: kernel NULL pointer dereference, address: 00000000000006a8\n\
               \tOops: 0000 [#1] PREEMPT SMP PTI\n\
               \tRIP: 0010:hci_send_sco+0x17/0xb0 [bluetooth]\n\tCall Trace:\n";
    let got = texts(log);
    assert_eq!(got.len(), 3, "{got:?}");
    assert!(got[2].starts_with("RIP: 0010:hci_send_sco+0x17/0xb0 [bluetooth]"), "{got:?}");
}

#[test]
fn a_line_that_somebody_broke_is_whole_again() {
    let text = "Jun 30 01:35:17 box kernel: NVRM: GPU 0000:01:00.0: Preserve module\n          \
                parameter is set.\n[   13.000000] b";
    assert_eq!(texts(text), ["NVRM: GPU 0000:01:00.0: Preserve module parameter is set.", "b"]);
}

#[test]
fn a_comment_holds_a_log_and_a_programs_source_none() {
    let line = "    # Aug 23 00:54:56 box kernel: NVRM: GPU0 x: failed";
    assert_eq!(texts(line), ["NVRM: GPU0 x: failed"]);
    assert_eq!(texts("    \"NVRM: GPU0 x: failed\","), Vec::<String>::new());
}

#[test]
fn the_drivers_lines_below_a_programs_sentence_are_their_own() {
    let text =
        "  - nvidia-smi says \"No devices were found\"\n    NVRM: numa memblock size of zero";
    assert_eq!(texts(text).last().map(String::as_str), Some("NVRM: numa memblock size of zero"));
}

#[test]
fn what_a_sentence_quotes_is_the_log_it_quotes() {
    for (line, text) in [
        (
            "Journalctl shows `nvidia_drm: unknown parameter \\`fbdev\\` ignored` when I boot",
            "nvidia_drm: unknown parameter 'fbdev' ignored",
        ),
        (
            "thanks to the message `Nvidia: disagrees about version of symbol module_layout`, I",
            "nvidia: disagrees about version of symbol module_layout",
        ),
        (
            "[COLOR=#111][FONT=Arial]nvidia: version magic '6.1' x[/FONT]",
            "nvidia: version magic '6.1' x",
        ),
    ] {
        assert_eq!(texts(line), [text], "{line}");
    }
    let harmless = "Expected harmless errors while the card is out: `NVRM: No NVIDIA GPU found`";
    assert_eq!(texts(harmless), Vec::<String>::new());
    let mut boots = Boots::default();
    read(harmless.lines(), &mut boots);
    assert_eq!(boots.balance.missed(), 1, "it is said that it was not understood");
    let but =
        "It is harmless, they say, but box kernel: NVRM: GPU 0000:01:00.0: RmInitAdapter failed!";
    assert_eq!(texts(but), ["NVRM: GPU 0000:01:00.0: RmInitAdapter failed!"]);
    for other in [
        "If it was built for another kernel, `dmesg` shows `nvidia: version magic '6.1' x`",
        "| `nvidia: version magic '6.1' x` | the kernel was updated | build again |",
        "msg: \"nvidia: version magic '6.1 ' should be '6.2 '\"",
        "My kernel says \"Linux version 6.8.0-41-generic\"",
        "- `[    0.000000] Linux version 6.8.0 (b)` is what I see",
        "I boot with \"Kernel command line: quiet nvidia-drm.modeset=0\" in the docs",
        "- Linux version 6.8.0-41-generic, Ubuntu 24.04",
        "Check that the GPU does not have the necessary power cables connected halfway",
    ] {
        assert_eq!(texts(other), Vec::<String>::new(), "{other}");
    }
    assert_eq!(texts("I set `nvidia` and `modeset=1`, \"nothing\" helps"), Vec::<String>::new());
}

#[test]
fn what_a_program_is_given_in_a_change_of_it_is_no_log() {
    let xid = "NVRM: Xid (PCI:0019:01:00): 149, NETIR Fatal";
    let fenced = |heading: &str| texts(&format!("{heading}\n```\n{xid}\n```\n[   12.903355] b"));
    assert_eq!(fenced("**kmsg input:**"), ["b"]);
    assert_eq!(fenced("Output of dmesg:"), [xid, "b"]);
    let made =
        format!("kmsg input:\n```\n{xid}\n```\n\n**After (this branch):**\n```\n{xid}\n```\n");
    assert_eq!(texts(&made), Vec::<String>::new());
    assert_eq!(texts(&format!("kmsg input:\n{xid}")), [xid], "not fenced");
}

#[test]
fn times_between_lines_add_up() {
    let got = records("[Nov22 10:00] a\n[  +0.000012] b\n[  +1.000000] c\n");
    let us = |at: usize| got[at].time.expect("a time").1;
    assert_eq!((us(1) - us(0), us(2) - us(0)), (12, 1_000_012));
}

#[test]
fn prose_is_no_log() {
    let novel = "Call me Ishmael. Some years ago - never mind how long precisely -\n\
                 having little: or no money.\n1851 was long ago: I was nvidia-free.\n";
    assert_eq!(texts(novel), Vec::<String>::new());
}

#[test]
fn an_endless_line_is_cut() {
    let line = format!("[   12.903355] {}", "x".repeat(1 << 20));
    assert!(texts(&line)[0].len() <= LINE_MAX);
}

#[test]
fn journalctl_tells_boots_apart() {
    let text = "Nov 22 10:00:00 box kernel: a\n-- Boot 0f3c --\nNov 22 10:05:00 box kernel: b\n";
    let mut boots = Boots::default();
    read(text.lines(), &mut boots);
    let ids: Vec<_> = boots.finish().into_iter().map(|boot| boot.id).collect();
    assert_eq!(ids, [None, Some("0f3c".to_owned())]);
}
