//! Whatever bytes a machine holds, the whole way from capture to report ends
//! in order.

mod common;

use nvpreflight::capture::Capture;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::Phase;
use nvpreflight::finding::Report;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use proptest::prelude::*;

/// A capture in which one file is replaced by arbitrary bytes. A capture alone
/// could not hold them: its text has line feeds and marks of its own.
struct Poisoned<'a> {
    rest: Capture<'a>,
    path: &'a str,
    bytes: &'a [u8],
}

impl Tree for Poisoned<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        if path != self.path {
            return self.rest.read(path, buf);
        }
        let len = self.bytes.len().min(buf.len());
        buf.iter_mut().zip(self.bytes).for_each(|(to, from)| *to = *from);
        Seen::Yes(Read { len, cut: len < self.bytes.len() })
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        if path != self.path {
            return self.rest.lines(path, f);
        }
        for line in self.bytes.split(|b| *b == b'\n') {
            if f(line) == Flow::Enough {
                break;
            }
        }
        Seen::Yes(Dropped { cut: 1, overwritten: u64::MAX })
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.rest.list(path, f)
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.rest.link(path, buf)
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.rest.stat(path)
    }
}

/// The files that a collector parses.
const FILES: &[&str] = &[
    "dev/kmsg",
    "dmesg",
    "proc/modules",
    "proc/cmdline",
    "proc/devices",
    "proc/uptime",
    "proc/driver/nvidia/params",
    "proc/driver/nvidia/version",
    "proc/driver/nvidia/gpus/0000:00:01.0/information",
    "etc/modprobe.d/any.conf",
    "etc/modules-load.d/any.conf",
    "etc/os-release",
    "lib/modules/6.12.107+deb13-amd64/modules.dep",
    "lib/modules/6.12.107+deb13-amd64/modules.builtin",
    "lib/modules/6.12.107+deb13-amd64/modules.softdep",
    "run/nvpreflight/initrd.json",
    "sys/kernel/tracing/trace",
    "sys/devices/pci0000:00/0000:00:01.0/class",
    "sys/devices/pci0000:00/0000:00:01.0/resource",
    "sys/module/nvidia_drm/parameters/modeset",
];

/// A boot of the real modules, with an entry for every file above.
fn boot() -> String {
    let mut tree = include_str!("trees/vfu-595-default.tree").to_owned();
    for path in FILES {
        if !tree.lines().any(|line| line.split(' ').next() == Some(path)) {
            tree.push_str(&format!("{path} =\n"));
        }
    }
    tree
}

fn judge(tree: &dyn Tree, phase: Phase) -> Box<Report> {
    common::judge_tree(tree, phase, &Expectations::new())
}

/// Bytes near to what a file holds: words of every format, and raw bytes.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "nvidia",
        "nvidia_drm",
        "NVRM: ",
        "options ",
        "softdep ",
        "pre: ",
        "post: ",
        "alias ",
        "\\\n",
        "\n",
        "\n ",
        "<6>[    1.000000] ",
        "4,1,5,-;",
        "\\x0a",
        "=",
        ":",
        "/",
        "\"",
        "0x",
        "(PCI:0000:01:00): ",
        "Xid ",
        "RmInitAdapter failed! (",
        "0x61:0x56:1",
        ")",
        "Unknown symbol ",
        " (err -2)",
        "18446744073709551615",
        "99999999999999999999",
        " Live 0x0 (OE)",
        "module_load: ",
        "[000] .....    12.8: ",
        "NVreg_",
        "modeset=",
        "API mismatch: the client has the version ",
        "version magic '",
        "' should be '",
        "{\"",
        "\u{fffd}",
        "µ",
    ]);
    let piece = prop_oneof![
        4 => words.prop_map(|w| w.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..24),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_in_any_file_stop_the_verifier(
        at in 0..FILES.len(),
        bytes in bytes(),
        late in any::<bool>(),
    ) {
        let rest = boot();
        let phase = if late { Phase::PreDisplay } else { Phase::Initrd };
        let tree = Poisoned { rest: Capture::new(rest.as_bytes()), path: FILES[at], bytes: &bytes };
        let report = judge(&tree, phase);
        prop_assert_eq!(report.outcomes.len(), nvpreflight::rules::RULES.len());
        let escapes = common::text(&report).bytes().any(|b| b == 0x1b);
        prop_assert!(!escapes);
    }

    #[test]
    fn no_bytes_as_a_capture_stop_the_verifier(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let report = judge(&Capture::new(&bytes), Phase::PreDisplay);
        prop_assert_eq!(report.outcomes.len(), nvpreflight::rules::RULES.len());
    }
}

/// A machine that refuses everything.
struct Refusing;

impl Tree for Refusing {
    fn read(&self, _: &str, _: &mut [u8]) -> Seen<Read> {
        Seen::Unreadable(Errno::EIO)
    }
    fn lines(&self, _: &str, _: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        Seen::Unreadable(Errno::EIO)
    }
    fn list(&self, _: &str, _: &mut dyn FnMut(&[u8])) -> Seen<()> {
        Seen::Unreadable(Errno::EIO)
    }
    fn link(&self, _: &str, _: &mut [u8]) -> Seen<Read> {
        Seen::Unreadable(Errno::EIO)
    }
    fn stat(&self, _: &str) -> Seen<Stat> {
        Seen::Unreadable(Errno::EIO)
    }
}

#[test]
fn a_machine_that_refuses_everything_is_never_called_well() {
    for phase in [Phase::Initrd, Phase::PreDisplay] {
        let report = judge(&Refusing, phase);
        assert_eq!(report.verdict().name(), "could-not-check", "{}", common::text(&report));
    }
}
