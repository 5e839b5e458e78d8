//! Stories of boots made by hand, on which the rest of the tests lean.

use super::*;
use nvpreflight::facts::Phase;
use proptest::prelude::*;

pub(crate) fn kernel(us: u64, text: &str) -> Record {
    Record { time: Some((Clock::Kernel, us)), kernel: true, text: text.into(), ..Record::default() }
}

pub(crate) fn systemd(us: u64, text: &str) -> Record {
    Record {
        time: Some((Clock::Monotonic, us)),
        identifier: Some("systemd".into()),
        text: text.into(),
        ..Record::default()
    }
}

fn story(records: &[Record]) -> Story {
    Story::of(&Facts::new(Phase::PreDisplay), records)
}

fn shown(story: &Story) -> Vec<String> {
    let track = story.tracks.first().expect("a track");
    let line =
        |m: &Moment| format!("{} {}: {}", stamp(m.time.expect("a time")), m.lane.name(), m.what);
    track.moments.iter().map(line).collect()
}

fn spans(story: &Story) -> Vec<&str> {
    story.spans.iter().map(|span| span.says.as_str()).collect()
}

const CARD: &str = "[drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 1";

#[test]
fn a_boot_reads_from_the_firmware_to_the_greeter() {
    let story = story(&[
        kernel(500_000, "efifb: framebuffer at 0x80000000, using 3072k, total 3072k"),
        kernel(900_000, "[drm] Initialized simpledrm 1.0.0 for simple-framebuffer.0 on minor 0"),
        kernel(
            2_100_000,
            "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  595.45.04  Release Build  (x)",
        ),
        kernel(3_000_000, CARD),
        kernel(3_100_000, "Console: switching to colour dummy device 80x25"),
        systemd(5_000_000, "Switching root."),
        systemd(9_000_000, "Starting gdm.service - GNOME Display Manager..."),
    ]);
    insta::assert_snapshot!(shown(&story).join("\n"), @r"
    0.500 screen: firmware framebuffer: efifb
    0.900 screen: simpledrm owns the firmware framebuffer
    2.100 nvidia: driver is in: Open Kernel Module for x86_64 595.45.04
    3.000 nvidia_drm: DRM card 0000:01:00.0 on minor 1
    3.100 screen: old framebuffer evicted
    5.000 user space: switch-root
    9.000 user space: gdm.service: starting
    ");
    insta::assert_snapshot!(spans(&story).join("\n"), @r"
    nvidia's DRM card existed 6.0 s before the display manager started
    nvidia's card existed 2.0 s before switch-root: loaded in the initrd
    from nvidia's first line to its DRM card: 900 ms
    the firmware framebuffer was active for 2.6 s
    longest gap: 4.0 s, between “switch-root” and “gdm.service: starting”
    ");
}

#[test]
fn a_driver_that_is_late_is_told_with_its_delay() {
    let late = story(&[
        systemd(9_000_000, "Starting sddm.service - Simple Desktop Display Manager..."),
        kernel(10_900_000, CARD),
    ]);
    assert_eq!(
        spans(&late),
        ["nvidia's DRM card appeared 1.9 s after the display manager started"]
    );
    assert_eq!(late.spans[0].tone, Tone::Bad);
    let rule = late.spans[0].rule.expect("a rule").replace('-', "_");
    assert!(nvpreflight::rules::RULES.iter().any(|known| known.name == rule));
}

#[test]
fn what_is_nearer_than_the_clocks_are_good_is_not_ordered() {
    let near = story(&[
        systemd(9_000_000, "Starting sddm.service - Simple Desktop Display Manager..."),
        kernel(9_100_000, CARD),
    ]);
    assert!(spans(&near)[0].contains("cannot show which was first"));
    assert!(near.tracks[0].is_vague(0) && near.tracks[0].is_vague(1));
    assert_eq!(near.clocks.len(), 1);
}

#[test]
fn wall_clock_and_boot_time_are_never_compared() {
    let mut manager = systemd(1, "Starting gdm.service - GNOME Display Manager...");
    manager.time = Some((Clock::Wall, 1_763_800_000_000_000));
    let apart = story(&[manager, kernel(9_100_000, CARD)]);
    let axes: Vec<Axis> = apart.tracks.iter().map(|track| track.axis).collect();
    assert_eq!(axes, [Axis::Boot, Axis::Wall]);
    assert_eq!(spans(&apart), [""; 0]);
    assert_eq!(apart.clocks, ["Wall clock times cannot be compared with times since boot."]);
}

#[test]
fn whole_seconds_of_a_wall_clock_order_nothing_within_a_second() {
    let at = |us, text| Record { time: Some((Clock::Wall, us)), ..kernel(0, text) };
    let manager = |us| Record {
        time: Some((Clock::Wall, us)),
        ..systemd(0, "Starting gdm.service - GNOME Display Manager...")
    };
    let same = story(&[manager(9_000_000), at(9_000_000, CARD)]);
    assert!(spans(&same)[0].contains("within 1.0 s"), "{:?}", spans(&same));
    let later = story(&[manager(9_000_000), at(12_000_000, CARD)]);
    assert!(spans(&later)[0].contains("3.0 s after"), "{:?}", spans(&later));
}

#[test]
fn a_step_that_was_not_seen_is_said_to_be_so() {
    let only_kernel = story(&[kernel(0, "Linux version 6.12"), kernel(9_100_000, CARD)]);
    let why = |name: &str| {
        let of = |u: &&Unseen| u.step == name;
        only_kernel.unseen.iter().find(of).map(|u| u.why.as_str())
    };
    assert_eq!(
        why("display manager"),
        Some("not in this input: programs write to the journal, which is not in this input")
    );
    assert_eq!(why("nvidia loaded"), Some("not in the kernel log"));
    assert_eq!(why("seat graphical"), Some("logind does not log when a seat becomes graphical"));
    assert_eq!(why("nvidia_drm loaded"), None);
    assert_eq!(why("DRM card of nvidia"), None);
}

#[test]
fn a_flood_is_counted_and_hostile_text_is_harmless() {
    let flood: Vec<Record> = (0..2000)
        .map(|n| kernel(n + 1, &format!("NVRM: Xid (PCI:0000:01:00): {n}, \x1b[2J\u{202e}")))
        .collect();
    let told = story(&flood);
    assert_eq!(told.tracks[0].moments.len() + told.left_out, 2000);
    assert_eq!(told.tracks[0].moments.len(), MOMENT_MAX);
    assert!(!told.tracks[0].moments[0].source.text.contains(['\x1b', '\u{202e}']));
    let same =
        story(&vec![kernel(5, "NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus."); 9]);
    assert_eq!(same.tracks[0].moments[0].times, 9);
}

#[test]
fn the_time_a_modules_init_took_is_told_where_the_kernel_says_it() {
    let told = story(&[
        kernel(1_000_000, "calling  nvidia_init_module+0x0/0xff0 [nvidia] @ 151"),
        kernel(
            1_842_000,
            "initcall nvidia_init_module+0x0/0xff0 [nvidia] returned 0 after 842113 usecs",
        ),
    ]);
    assert_eq!(
        shown(&told),
        ["1.000 nvidia: init begins", "1.842 nvidia: init returned 0 after 842 ms"]
    );
    assert_eq!(told.tracks[0].moments[1].took_us, Some(842_113));
}

fn bars(story: &Story) -> Vec<Option<(u64, u64)>> {
    let track = story.tracks.first().expect("a track");
    let bar = |at| bars::ending(track, at).map(|bar| (bar.from, bar.us));
    (0..track.moments.len()).map(bar).collect()
}

#[test]
fn a_step_has_a_bar_from_what_began_it_or_as_long_as_its_line_says() {
    let calls = story(&[
        kernel(1_000_000, "calling  nvidia_init_module+0x0/0xff0 [nvidia] @ 151"),
        kernel(
            1_842_000,
            "initcall nvidia_init_module+0x0/0xff0 [nvidia] returned 0 after 842113 usecs",
        ),
    ]);
    assert_eq!(bars(&calls), [None, Some((999_887, 842_113))]);
    let screen = story(&[
        kernel(500_000, "efifb: framebuffer at 0x80000000, using 3072k, total 3072k"),
        kernel(3_100_000, "Console: switching to colour dummy device 80x25"),
    ]);
    assert_eq!(bars(&screen), [None, Some((500_000, 2_600_000))]);
}

#[test]
fn a_second_load_does_not_begin_where_the_first_did() {
    let begins = "nvidia-nvlink: Nvlink Core is being initialized, major device number 235";
    let loads = |version: &str| {
        format!("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  {version}  (buildbrain)")
    };
    // The same line again is the same moment.
    let twice = story(&[
        kernel(1_000_000, begins),
        kernel(2_000_000, &loads("570.86.10")),
        kernel(8_000_000, begins),
        kernel(8_500_000, &loads("580.95.05")),
    ]);
    assert_eq!(bars(&twice), [None, Some((1_000_000, 1_000_000)), None]);
}

#[test]
fn an_image_has_no_story() {
    let none = Story::of(&Facts::new(Phase::Image), &[]);
    assert!(none.is_empty() && none.unseen.is_empty());
}

#[test]
fn durations_read_as_people_say_them() {
    let shown = [5, 42_000, 140_000, 1_900_000].map(seconds);
    assert_eq!(shown, ["5 µs", "42 ms", "140 ms", "1.9 s"]);
    assert_eq!(stamp((Clock::Wall, 1_763_800_000_000_000)), "08:26:40.000");
}

/// Lines of which some are steps, in any order and any state of disrepair.
fn any_text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        CARD,
        "NVRM: loading NVIDIA UNIX",
        "[drm] Initialized ",
        "initcall x [nvidia] returned ",
        "calling [nvidia] ",
        "systemd[1]: Starting gdm.service",
        "NVRM: GPU 0000:01:00.0: RmInitAdapter failed!",
        "fb0: switching to  from ",
        "Inserted module '",
    ]);
    (known, ".{0,40}", any::<bool>()).prop_map(|(known, odd, first)| match first {
        true => format!("{odd}{known}"),
        false => format!("{known}{odd}"),
    })
}

proptest! {
    #[test]
    fn any_log_makes_a_story_in_order(
        lines in prop::collection::vec((any_text(), any::<u64>(), 0_u8..4, any::<bool>()), 0..60)
    ) {
        let clocks = [Clock::Kernel, Clock::Trace, Clock::Monotonic, Clock::Wall];
        let records: Vec<Record> = lines
            .into_iter()
            .map(|(text, us, clock, kernel)| Record {
                time: Some((clocks[usize::from(clock)], us)),
                kernel,
                text,
                ..Record::default()
            })
            .collect();
        let told = story(&records);
        for track in &told.tracks {
            prop_assert!(track.moments.iter().all(|m| m.at().is_some_and(|(a, _)| a == track.axis)));
            prop_assert!(track.moments.is_sorted_by_key(|m| m.at()));
        }
        prop_assert!(told.moments().count() <= MOMENT_MAX);
        prop_assert!(told.moments().all(|m| !m.what.contains(char::is_control)));
    }
}
