//! Whole inputs in every form: nothing that a form can hold is lost, nothing hostile
//! does harm, and what is judged is what the log says.

use super::{Choice, Clock, Evidence, Record, bytes};
use crate::base::limits::Limits;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Look, Phase};
use nvpreflight::finding::{Report, Verdict};
use nvpreflight::{engine, evidence};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

const DMESG: &str = include_str!("../../../tests/logs/dmesg.txt");
const HEALTHY: &str = include_str!("../../../tests/logs/healthy.txt");
const PASTE: &str = include_str!("../../../tests/logs/paste.md");
const REPORT: &str = include_str!("../../../tests/logs/nvidia-bug-report.log");

fn read(input: impl Into<Vec<u8>>) -> Evidence {
    chosen(input, None).expect("a log")
}

pub(super) fn chosen(input: impl Into<Vec<u8>>, boot: Option<&str>) -> Result<Evidence, String> {
    let choice = Choice { boot: boot.map(str::to_owned), ..Choice::default() };
    bytes("log", &input.into(), &choice, &Limits::DEFAULT).map_err(|e| e.to_string())
}

pub(super) fn judged(log: &Evidence) -> (Verdict, Vec<String>) {
    let mut facts = Box::new(Facts { look: Look::Log, ..Facts::new(Phase::PreDisplay) });
    let want = Expectations::new();
    evidence::collect(log, &want, &mut facts);
    let mut report = Box::new(Report::new(Phase::PreDisplay));
    engine::run(&facts, &want, &mut report);
    report.shows_no_more();
    let first = report.findings.iter().filter(|finding| finding.cause.is_none());
    (report.verdict(), first.map(|finding| finding.rule.code.to_string()).collect())
}

/// A record as the forms render it.
#[derive(Clone, Debug)]
struct Said {
    us: u64,
    level: u8,
    text: String,
}

/// A form: its name, whether it keeps the time, and how it writes a record.
type Form = (&'static str, Option<Clock>, fn(usize, &Said) -> String);

fn stamp(us: u64) -> String {
    format!("{:5}.{:06}", us / 1_000_000, us % 1_000_000)
}

fn json(said: &Said) -> serde_json::Value {
    serde_json::json!({
        "__CURSOR": "s=1", "_BOOT_ID": "b", "_TRANSPORT": "kernel", "MESSAGE": said.text,
        "PRIORITY": said.level.to_string(), "_SOURCE_MONOTONIC_TIMESTAMP": said.us.to_string(),
        "__REALTIME_TIMESTAMP": "1795341600000000",
    })
}

const FORMS: [Form; 17] = [
    ("kmsg", Some(Clock::Kernel), |n, s| format!("{},{n},{},-;{}\n", s.level, s.us, s.text)),
    ("dmesg", Some(Clock::Kernel), |_, s| format!("[{}] {}\n", stamp(s.us), s.text)),
    ("dmesg -r", Some(Clock::Kernel), |_, s| {
        format!("<{}>[{}] {}\n", s.level, stamp(s.us), s.text)
    }),
    ("dmesg -x", Some(Clock::Kernel), |_, s| {
        format!("kern  :info  : [{}] {}\n", stamp(s.us), s.text)
    }),
    ("dmesg -d", Some(Clock::Kernel), |_, s| {
        format!("[{} <    0.000001>] {}\n", stamp(s.us), s.text)
    }),
    ("caller", Some(Clock::Kernel), |_, s| format!("[{}][  T150] {}\n", stamp(s.us), s.text)),
    ("colours", Some(Clock::Kernel), |_, s| {
        format!("\u{1b}[32m[{}] \u{1b}[0m\u{1b}[1m{}\u{1b}[0m\r\n", stamp(s.us), s.text)
    }),
    ("dmesg -T", None, |_, s| format!("[Sun Nov 22 10:00:00 2026] {}\n", s.text)),
    ("dmesg iso", None, |_, s| format!("2026-11-22T10:00:00,123456+00:00 {}\n", s.text)),
    ("short", None, |_, s| format!("Nov 22 10:00:00 box kernel: {}\n", s.text)),
    ("short-iso", None, |_, s| format!("2026-11-22T10:00:00+0100 box kernel: {}\n", s.text)),
    ("short-monotonic", Some(Clock::Monotonic), |_, s| {
        format!("[{}] box kernel: {}\n", stamp(s.us), s.text)
    }),
    ("rsyslog", Some(Clock::Kernel), |_, s| {
        format!("Nov 22 10:00:00 box kernel: [{}] {}\n", stamp(s.us), s.text)
    }),
    ("quoted", Some(Clock::Kernel), |_, s| format!("> > [{}] {}\n", stamp(s.us), s.text)),
    ("numbered", Some(Clock::Kernel), |n, s| format!("{n:6}\t[{}] {}\n", stamp(s.us), s.text)),
    ("export", Some(Clock::Kernel), |_, s| {
        let mut out = String::new();
        for (name, value) in json(s).as_object().expect("an object") {
            // The cursor comes first, as journalctl writes it.
            let line = format!("{name}={}\n", value.as_str().expect("text"));
            if name == "__CURSOR" { out.insert_str(0, &line) } else { out.push_str(&line) }
        }
        out + "\n"
    }),
    ("json", Some(Clock::Kernel), |_, s| format!("{}\n", json(s))),
];

fn said() -> impl Strategy<Value = Vec<Said>> {
    let start = prop::sample::select(vec![
        "NVRM: ",
        "nvidia-modeset: ",
        "[drm] ",
        "usb 1-1: ",
        "nvidia 0000:01:00.0: ",
        "nvidia-gpu 0000:01:00.3: ",
    ]);
    let text = "[a-zA-Z0-9(][a-zA-Z0-9 ._()%!+-]{0,40}[a-zA-Z0-9)]";
    prop::collection::vec((start, text, 1..5_000_000_u64, 0..8_u8), 1..20).prop_map(|lines| {
        let mut us = 0;
        lines
            .into_iter()
            .map(|(start, text, step, level)| {
                us += step;
                Said { us, level, text: format!("{start}{text}") }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_form_loses_a_line_or_a_time(said in said()) {
        for (name, clock, write) in FORMS {
            let text: String = said.iter().enumerate().map(|(n, s)| write(n, s)).collect();
            let log = read(text);
            let texts: Vec<&str> = log.records.iter().map(|r| r.text.as_str()).collect();
            let expected: Vec<&str> = said.iter().map(|s| s.text.as_str()).collect();
            prop_assert_eq!(texts, expected, "{}", name);
            prop_assert!(log.records.iter().all(|r| r.kernel), "{}", name);
            if let Some(clock) = clock {
                let times: Vec<_> = log.records.iter().map(|r| r.time).collect();
                let expected: Vec<_> = said.iter().map(|s| Some((clock, s.us))).collect();
                prop_assert_eq!(times, expected, "{}", name);
            }
        }
    }

    #[test]
    fn any_bytes_end_in_an_answer(
        head in prop::sample::select(vec![
            "", "__CURSOR=a\n", "{\"MESSAGE\":", "[", "\u{1f}", "4,1,2,-;",
            "Sun 2026-11-22 10:00:00 UTC [s=a;b=b;m=1]\n    MESSAGE=",
            "____________________________________________\nnvidia-bug-report.sh Version: 1\n*** /proc/",
            "Module                  Size  Used by\n",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..400),
        line in "\\PC{0,200}",
    ) {
        let input = [head.as_bytes(), &tail, b"\n", line.as_bytes()].concat();
        if let Ok(log) = chosen(input, None) {
            let _ = judged(&log);
        }
    }
}

#[test]
fn the_same_boot_is_judged_the_same_in_every_form() {
    let said: Vec<Record> = read(DMESG).records;
    let expected = judged(&read(DMESG));
    assert_eq!(expected.0, Verdict::Findings);
    for (name, _, write) in FORMS {
        let mut text = String::new();
        for (n, record) in said.iter().enumerate() {
            let us = record.time.map_or(0, |(_, us)| us);
            let said = match (&record.identifier, record.kernel) {
                (Some(writer), false) => format!("{writer}[1]: {}", record.text),
                _ => record.text.clone(),
            };
            let level = record.priority.unwrap_or(6);
            let _ = write!(text, "{}", write(n, &Said { us, level, text: said }));
        }
        assert_eq!(judged(&read(text)), expected, "{name}");
    }
}

#[test]
fn a_healthy_log_is_ok_and_says_what_it_cannot_show() {
    let log = read(HEALTHY);
    assert_eq!(judged(&log), (Verdict::Ok, vec![]));
    assert!(log.cannot_show.iter().any(|said| said.contains("options files")));
}

#[test]
fn a_module_list_beside_a_healthy_log_leaves_it_healthy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lsmod.txt");
    std::fs::write(&path, include_str!("../../../tests/logs/lsmod.txt")).expect("a file");
    let choice = Choice { beside: vec![path], ..Choice::default() };
    let log = bytes("log", HEALTHY.as_bytes(), &choice, &Limits::DEFAULT).expect("a log");
    assert_eq!(judged(&log), (Verdict::Ok, vec![]));
    assert!(log.cannot_show.iter().any(|said| said.contains("lsmod")), "{:?}", log.cannot_show);
}

#[test]
fn a_quoted_paste_is_judged_and_the_prose_around_it_is_not() {
    let log = read(PASTE);
    let texts: Vec<&str> = log.records.iter().map(|record| record.text.as_str()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert_eq!(judged(&log).1, ["NVP506"]);
}

#[test]
fn the_boots_own_command_line_goes_before_what_the_next_one_is_to_have() {
    let grub = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n\n";
    let log = "[    0.000000] Linux version 6.12.1 (a@b) #1\n\
               [    0.000000] Command line: BOOT_IMAGE=/vmlinuz nomodeset\n\
               [    0.100000] NVRM: x\n";
    let own = read(format!("{grub}{log}"));
    assert_eq!(own.text("proc/cmdline").as_deref(), Some("BOOT_IMAGE=/vmlinuz nomodeset"));
    let next = read(format!("{grub}[    0.100000] NVRM: x\n"));
    assert_eq!(next.text("proc/cmdline").as_deref(), Some("quiet"));
}

#[test]
fn a_gpu_that_failed_and_one_that_is_kept_silence_themselves_alone() {
    let gpu = |bus: u8, driver: &str| {
        format!(
            "{bus:02}:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA104 [GeForce RTX \
             3070] [10de:2484] (rev a1)\n\tKernel driver in use: {driver}\n"
        )
    };
    let nouveau = |log: &str, beside: &str| {
        let log = format!("[    0.000000] Linux version 6.1.0\n{log}\n\n");
        judged(&read(format!("{log}{}{beside}", gpu(2, "nouveau")))).1
    };
    let failed = "[   19.525811] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x25:0xffff:1156)";
    assert!(nouveau(failed, &gpu(1, "nvidia")).contains(&"NVP501".to_owned()));
    let other = failed.replace("01:00", "02:00");
    assert!(!nouveau(&other, "").contains(&"NVP501".to_owned()));
    let kept = |number: u8| {
        let said = format!(
            "[    6.101000] NVRM: The NVIDIA probe routine was not called for {number} device(s)."
        );
        let log = format!("[    0.000000] Linux version 6.1.0\n{said}\n\n");
        judged(&read(format!("{log}{}", gpu(1, "vfio-pci")))).1
    };
    assert!(!kept(1).contains(&"NVP501".to_owned()));
    assert!(kept(2).contains(&"NVP501".to_owned()));
}

#[test]
fn every_log_with_a_settled_cause_gives_its_headlines_here_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/tests/logs");
    let (mut seen, mut wrong) = (0, String::new());
    for entry in std::fs::read_dir(folder).expect("the logs") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a log");
        let mut expected: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# expected: ")?.split(' ').next())
            .filter(|code| *code != "none")
            .map(|code| format!("NVP{code}"))
            .collect();
        let mut got = judged(&read(text)).1;
        expected.sort();
        got.sort();
        got.dedup();
        if expected != got {
            let _ = writeln!(wrong, "{}: wanted {expected:?}, got {got:?}", path.display());
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(seen >= 40, "the logs were not found");
}

#[test]
fn a_bug_report_shows_modules_parameters_and_the_bus() {
    let log = read(REPORT);
    assert_eq!((log.kind.as_str(), log.boots, log.boot), ("NVIDIA bug report", 2, 2));
    let mut facts = Box::new(Facts::new(Phase::PreDisplay));
    evidence::collect(&log, &Expectations::new(), &mut facts);
    assert_eq!(facts.driver_version(), Some("550.163.01"));
    assert_eq!(facts.modules.total, 4);
    assert!(facts.modules.nv_params.is_yes());
    let gpus: Vec<_> = facts.nvidia_gpus().collect();
    assert_eq!(gpus.len(), 1);
    assert!(gpus[0].driven_by("nvidia"));
    assert!(judged(&log).1.contains(&"NVP506".to_owned()), "{:?}", judged(&log));
}

#[test]
fn an_earlier_boot_of_a_report_is_judged_by_its_own_lines_only() {
    let log = chosen(REPORT, Some("-1")).expect("the boot before");
    assert_eq!((log.records.len(), log.boot), (2, 1));
    assert!(log.text("proc/modules").is_none());
    assert_eq!(judged(&log), (Verdict::Ok, vec![]));
}

#[test]
fn a_packed_report_is_the_same_report() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(REPORT.as_bytes()).expect("memory");
    assert_eq!(read(packed.finish().expect("memory")), read(REPORT));
    let mut wide = vec![0xff, 0xfe];
    wide.extend(DMESG.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(wide), read(DMESG));
}

#[test]
fn a_persons_word_on_errors_beside_a_table_without_any_is_no_pass() {
    const TABLE: &str =
        "| NVIDIA-SMI 550.54.14    Driver Version: 550.54.14    CUDA Version: 12.4 |\n";
    for (said, verdict) in [
        ("", Verdict::Ok),
        ("The board has had uncorrectable ECC errors since Monday.\n", Verdict::CouldNotCheck),
        ("Every night the GSP heartbeat is lost, says the vendor.\n", Verdict::CouldNotCheck),
        ("There are no ECC errors on any board of it.\n", Verdict::Ok),
    ] {
        let log = chosen(format!("{said}{TABLE}"), None).expect("a table");
        assert_eq!(judged(&log), (verdict, vec![]), "{said}");
    }
}

#[test]
fn what_is_no_log_of_the_kernel_is_refused_with_a_reason() {
    let why = |text: &str| chosen(text, None).expect_err("no log");
    assert_eq!(
        why("Call me Ishmael. Some years ago\n"),
        "log: nothing in it is known: neither a line of a kernel log or journal nor the output \
         of a program that was looked for; send the whole kernel log of the boot (journalctl -b -k)"
    );
    assert_eq!(
        why("Nov 22 10:00:00 box sddm[812]: Greeter starting...\n"),
        "log: it holds one line of a log, which tells nothing of the driver"
    );
    assert!(why("").contains("nothing in it is known"));
}

#[test]
fn a_program_that_was_refused_the_driver_tells_enough() {
    let refused = "Nov 22 10:00:00 box gdm3[7055]: modprobe: ERROR: could not insert 'nvidia': \
        Key was rejected by service\n";
    let evidence = chosen(refused, None).expect("a log");
    assert_eq!(evidence.records.len(), 1);
    assert!(evidence.cannot_show.iter().any(|gap| gap.contains("no kernel lines")));
}

#[test]
fn of_several_boots_the_last_is_judged_unless_another_is_asked_for() {
    // The samples share lines, as no two boots do.
    let other = HEALTHY.replace("00] ", "01] ").replace("51] ", "52] ").replace("55] ", "56] ");
    let log = format!("-- Boot a --\n{DMESG}-- Boot b --\n{other}");
    let last = read(log.clone());
    assert_eq!((last.boots, last.boot), (2, 2));
    assert_eq!(judged(&last).0, Verdict::Ok);
    assert!(last.cannot_show.iter().any(|said| said.contains("2 boots")));
    let first = chosen(log, Some("1")).expect("the first");
    assert_eq!(judged(&first), judged(&read(DMESG)));
}

#[test]
fn what_stands_in_a_line_of_any_length_is_read() {
    let loads = "[    5.000000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.14\n";
    let fell = "[    9.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n";
    let usb = "[    6.000000] usb 1-1: new device\n";
    for text in [
        format!("{loads}{}{fell}", "\0".repeat(40_000)),
        format!("{loads}{}{fell}", "10%\r".repeat(6000)),
        format!("{loads}{}{fell}", usb.repeat(2000)).replace('\n', "\r"),
        format!("{loads}{}{fell}", usb.repeat(2000)).replace('\n', "\\n"),
    ] {
        let log = read(text);
        let told = |record: &Record| record.text.contains("has fallen off the bus");
        assert!(log.records.iter().any(told));
    }
    // Behind the bound of one line without any end it is at least said.
    let log = read(format!("{loads}{} {fell}", "x".repeat(20_000)));
    assert_eq!(log.balance.missed(), 1);
}

#[test]
fn of_a_folder_of_very_many_files_the_first_by_name_are_read_and_the_rest_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..300 {
        let xid = if number == 200 { ": Xid (PCI:0000:01:00): 79, GPU has fallen" } else { "" };
        let text = format!("[    5.{number:06}] NVRM{xid}: x\n");
        std::fs::write(folder.path().join(format!("{number:03}.txt")), text).expect("a file");
    }
    let log = super::open(folder.path(), &Choice::default(), &Limits::DEFAULT).expect("logs");
    assert!(log.records.iter().any(|record| record.text.contains("79, GPU has fallen")));
    let said = log.cannot_show.join("; ");
    assert!(said.contains("44 more files of the folder were not read"), "{said}");
}

#[test]
fn an_entry_of_the_journals_long_form_below_a_log_does_not_hide_the_log() {
    let fell = "[    9.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n";
    let entry = "Sun 2026-11-22 10:00:00.123456 UTC [s=a1;i=2;b=beef;m=4c4b40;t=5;x=6]\n    \
                 _TRANSPORT=kernel\n    MESSAGE=usb x\n";
    let log = read(format!("{fell}{entry}"));
    assert!(log.records.iter().any(|record| record.text.contains("79, GPU has fallen")));
    assert_eq!(read(format!("$ journalctl -o verbose\n{entry}")).kind, "journal");
}

#[test]
fn packed_logs_of_a_folder_are_read_whatever_packs_them() {
    use std::io::Write;
    let fell = "[    9.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n";
    let usb =
        |n| format!("[{:>5}.{:06}] usb 1-1: new device {}\n", n / 90, n % 90 * 11_000, n * 7919);
    let text = (90..9000).map(usb).chain([fell.to_owned()]).collect::<String>();
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bz.write_all(text.as_bytes()).expect("memory");
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(text.as_bytes()).expect("memory");
    for packed in [
        zstd::encode_all(text.as_bytes(), 3).expect("memory"),
        bz.finish().expect("memory"),
        lz4.finish().expect("memory"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.txt"), "[    5.000000] NVRM: x\n").expect("a file");
        let path = folder.path().join("kern.log.1");
        std::fs::write(&path, packed).expect("a file");
        for path in [folder.path(), &path] {
            let log = super::open(path, &Choice::default(), &Limits::DEFAULT).expect("logs");
            assert!(log.records.iter().any(|record| record.text.contains("has fallen off")));
        }
        assert!(super::looks_like_one(&path, &Limits::DEFAULT).expect("it is read"));
    }
}

#[test]
fn a_log_below_an_excerpt_of_the_drivers_readme_is_read() {
    let readme = "This section provides solutions to common problems associated with the NVIDIA \
                  Linux x86_64 Driver.\nNVRM: RmInitAdapter failed!\n";
    let fell = "[    9.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n";
    let log = read(format!("{readme}{fell}"));
    assert!(log.records.iter().any(|record| record.text.contains("has fallen off")));
    assert!(!log.records.iter().any(|record| record.text.contains("RmInitAdapter")));
}
