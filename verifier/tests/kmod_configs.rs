//! Premise: modprobe.d means to us what it means to kmod. Random folders, full of
//! odd lines, with what kmod 30 itself made of them.

use nvpreflight::capture::Capture;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{ConfLine, Directive, Facts, Phase};
use nvpreflight::reading::softdeps::{self, Side};

const CASES: &str = include_str!("kmod/random-configs.txt");

/// The order in which `modprobe -c` prints the kinds of lines.
const PRINTED: [Directive; 6] = [
    Directive::Blacklist,
    Directive::Install,
    Directive::Remove,
    Directive::Alias,
    Directive::Options,
    Directive::Softdep,
];

/// Dashes become underscores outside brackets (shared/util.c `underscores`).
fn underscores(name: &str) -> String {
    let mut set = false;
    let plain = |c: char| {
        set = c == '[' || set && c != ']';
        if c == '-' && !set { '_' } else { c }
    };
    name.chars().map(plain).collect()
}

fn printed(line: &ConfLine) -> String {
    let name = underscores(&line.module);
    let text = match line.directive {
        Directive::Blacklist => format!("blacklist {name}"),
        Directive::Install => format!("install {name} {}", line.rest),
        Directive::Remove => format!("remove {name} {}", line.rest),
        Directive::Options => format!("options {name} {}", line.rest),
        Directive::Alias => {
            let target = line.rest.split_ascii_whitespace().next().unwrap_or("");
            format!("alias {name} {}", underscores(target))
        }
        Directive::Softdep => {
            let side = |side, word: &str| {
                let names: Vec<_> =
                    softdeps::targets(line).filter(|(s, _)| *s == side).map(|(_, n)| n).collect();
                if names.is_empty() { String::new() } else { format!("{word} {}", names.join(" ")) }
            };
            format!("softdep {name} {} {}", side(Side::Pre, "pre:"), side(Side::Post, "post:"))
        }
        Directive::Weakdep | Directive::Unknown => String::new(),
    };
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn ours(capture: &str) -> Vec<String> {
    let mut facts = Box::new(Facts::new(Phase::Initrd));
    evidence::collect(&Capture::new(capture.as_bytes()), &Expectations::new(), &mut facts);
    let lines = PRINTED.iter().flat_map(|kind| facts.config.of(*kind).map(printed));
    // kmod was asked for lines that name the driver only.
    lines.filter(|line| line.contains("nvidia")).collect()
}

#[test]
fn random_folders_read_as_kmod_reads_them() {
    let mut count = 0;
    for case in CASES.split("=====\n").skip(1) {
        let (capture, kmods) = case.split_once("-----\n").expect("a capture and kmod's lines");
        let kmods: Vec<&str> = kmods.lines().filter(|l| !l.is_empty()).collect();
        assert_eq!(ours(capture), kmods, "{capture}");
        count += 1;
    }
    assert_eq!(count, 40);
}
