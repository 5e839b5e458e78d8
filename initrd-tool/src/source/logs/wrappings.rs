//! The short logs of settled causes as people and programs hand logs on: quoted, listed,
//! behind other outputs, under somebody else's stamps. Each keeps its headline.

use super::tests::{chosen, judged};
use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A way to hand a log on.
type Wrapping = (&'static str, fn(&str) -> String);

fn each(text: &str, line: impl Fn(usize, &str) -> String) -> String {
    text.lines().enumerate().map(|(n, l)| line(n, l) + "\n").collect()
}

const OS_RELEASE: &str = "PRETTY_NAME=\"Fedora Linux 43\"\nNAME=\"Fedora Linux\"\nVERSION=\"43\"\n\
    ID=fedora\nVERSION_ID=43\n";
const LSPCI: &str = "00:02.0 VGA compatible controller [0300]: Intel Corporation Device [8086:4680]\n\
    \tSubsystem: ASUSTeK Computer Inc. Device [1043:8882]\n\tKernel driver in use: i915\n";
const LSMOD: &str = "Module                  Size  Used by\nsnd_hda_intel          65536  4\n\
    i915                 4640768  12\n";

const WRAPPINGS: &[Wrapping] = &[
    ("unchanged", str::to_owned),
    ("DOS line ends", |t| t.replace('\n', "\r\n")),
    ("indented", |t| each(t, |_, l| format!("    {l}"))),
    ("indented by a tab", |t| each(t, |_, l| format!("\t{l}"))),
    ("fenced", |t| format!("My screen is black:\n\n```\n{t}```\nthanks\n")),
    ("fenced in a fold", |t| {
        format!("<details><summary>dmesg</summary>\n\n```text\n{t}```\n\n</details>\n")
    }),
    ("HTML", |t| format!("<pre>{}</pre>", t.replace('&', "&amp;").replace('<', "&lt;"))),
    ("BBCode", |t| format!("[code]\n{t}[/code]\n")),
    ("quoted", |t| each(t, |_, l| format!("> {l}"))),
    ("quoted twice", |t| each(t, |_, l| format!("> > {l}"))),
    ("numbered", |t| each(t, |n, l| format!("{:5}\t{l}", n + 1))),
    ("grep -n", |t| each(t, |n, l| format!("{}:{l}", n + 1))),
    ("grep of a file", |t| each(t, |n, l| format!("dmesg.txt:{}:{l}", n + 1))),
    ("added by a diff", |t| each(t, |_, l| format!("+{l}"))),
    ("a list", |t| each(t, |_, l| format!("- {l}"))),
    ("a starred list", |t| each(t, |_, l| format!("* {l}"))),
    ("a numbered list", |t| each(t, |n, l| format!("{}) {l}", n + 1))),
    ("bullets", |t| each(t, |_, l| format!("\u{2022} {l}"))),
    ("a table", |t| each(t, |_, l| format!("| {l}"))),
    ("a build service", |t| each(t, |_, l| format!("2026-11-22T10:00:00.1234567Z {l}"))),
    ("the NixOS test driver", |t| each(t, |_, l| format!("machine # {l}"))),
    ("a serial console", |t| format!("box login: {t}")),
    ("a console server", |t| each(t, |_, l| format!("[2026-11-22 10:00:00] {l}"))),
    ("kubectl", |t| each(t, |_, l| format!("[pod/driver-x7k2p/driver] {l}"))),
    ("docker compose", |t| each(t, |_, l| format!("driver-1  | {l}"))),
    ("colours", |t| each(t, |_, l| format!("\u{1b}[33m{l}\u{1b}[0m"))),
    ("a byte order mark", |t| format!("\u{feff}{t}")),
    ("behind os-release", |t| format!("{OS_RELEASE}\n{t}")),
    ("behind lspci -nnk", |t| format!("{LSPCI}\n{t}")),
    ("behind lsmod", |t| format!("{LSMOD}\n{t}")),
    ("behind prompts", |t| {
        format!(
            "me@box:~$ uname -r\n6.12.1\nme@box:~$ cat /etc/os-release\n{OS_RELEASE}\
                 me@box:~$ sudo dmesg\n{t}me@box:~$\n"
        )
    }),
    ("before prose", |t| format!("{t}\nAny idea? I use GNOME on Wayland.\n")),
];

#[test]
fn every_short_log_keeps_its_headlines_in_every_wrapping() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/tests/logs");
    let mut tried = 0;
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).expect("the logs") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a log");
        // The heading with the right answer is no part of the log.
        let body: String =
            text.lines().filter(|line| !line.starts_with("# ")).map(|l| format!("{l}\n")).collect();
        let said = |text: String| match chosen(text, None) {
            Ok(log) => judged(&log).1.join(" "),
            Err(why) => why,
        };
        let plain = said(body.clone());
        for (name, wrap) in WRAPPINGS {
            // The list shows that nvidia is not loaded, which that log's fault needs.
            if *name == "behind lsmod" && path.ends_with("persistenced-skipped.log") {
                continue;
            }
            tried += 1;
            let got = said(wrap(&body));
            if got != plain {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let _ = writeln!(wrong, "{name}: {file}: `{plain}` became `{got}`");
            }
        }
    }
    assert!(tried > 1_200, "the logs were not found");
    assert!(wrong.is_empty(), "{} of {tried}:\n{wrong}", wrong.lines().count());
}

/// Lines that look as if they were of interest and show nothing: 10,000 of them, all
/// different, under the stamp of the line before which they stand.
fn noise(stamp: &str) -> String {
    (0..10_000).fold(String::new(), |mut out, n| {
        let _ = match n % 4 {
            0 => writeln!(out, "{stamp}thunderbolt 0000:00:0d.2: {n}: port config reg 0x{n:x}"),
            1 => writeln!(
                out,
                "{stamp}audit: type=1400 audit(1.0:{n}): apparmor=\"DENIED\" name=\"/proc/driver/nvidia/params\""
            ),
            2 => writeln!(out, "{stamp}input: HDA NVidia HDMI/DP,pcm={n} as /devices/sound/input{n}"),
            _ => writeln!(out, "{stamp}usb {n}-1: Product: nvidia SHIELD {n}"),
        };
        out
    })
}

/// The log with that noise before its first line behind the beginning of the boot;
/// `None` of one without stamps.
fn noisy(text: &str) -> Option<String> {
    let begins = |line: &str| ["Linux version", "ommand line: "].iter().any(|b| line.contains(b));
    let at = text.lines().position(|line| !begins(line))?;
    let line = text.lines().nth(at)?;
    let end = ["kernel: ", "] "].iter().find_map(|mark| Some(line.find(mark)? + mark.len()))?;
    let stamp = line.get(..end)?;
    let mut out: String = text.lines().take(at).map(|l| format!("{l}\n")).collect();
    out.push_str(&noise(stamp));
    text.lines().skip(at).for_each(|l| {
        out.push_str(l);
        out.push('\n');
    });
    Some(out)
}

#[test]
fn ten_thousand_lines_of_noise_before_a_short_log_leave_its_headlines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/tests/logs");
    let files: Vec<_> = std::fs::read_dir(folder)
        .expect("the logs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new((0, String::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some((plain, got)) = plain_and_noisy(file) else { continue };
                    let mut found = found.lock().expect("no thread panicked");
                    found.0 += 1;
                    if got != plain {
                        let _ = writeln!(found.1, "{}: {plain:?} became {got:?}", file.display());
                    }
                }
            });
        }
    });
    let (tried, wrong) = found.into_inner().expect("no thread panicked");
    assert!(tried > 40, "{tried} logs were tried");
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What is said of a short log, and of it behind the noise.
fn plain_and_noisy(file: &Path) -> Option<(Vec<String>, Vec<String>)> {
    let text = std::fs::read_to_string(file).expect("a log");
    let body: String =
        text.lines().filter(|line| !line.starts_with("# ")).map(|l| format!("{l}\n")).collect();
    let noisy = noisy(&body)?;
    // What was lost is counted, which is a note of its own.
    let said = |text: String| match chosen(text, None) {
        Ok(log) => judged(&log).1.into_iter().filter(|code| code != "NVP901").collect(),
        Err(why) => vec![why],
    };
    Some((said(body), said(noisy)))
}
