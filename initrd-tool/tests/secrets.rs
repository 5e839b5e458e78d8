//! Forty kinds of secrets, each named in its place once and said again everywhere that
//! the program reads: none is in anything that is meant to be shown to others.

#![allow(clippy::expect_used, dead_code)] // Clippy counts helpers of tests as code.

#[path = "common/image.rs"]
mod image;

use image::Image;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Numbers that differ from seed to seed (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn of(&mut self, signs: &str, count: usize) -> String {
        let signs: Vec<char> = signs.chars().collect();
        let mut one = || {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(self.0 >> 33).expect("31 bits") % signs.len();
            *signs.get(at).expect("within")
        };
        (0..count).map(|_| one()).collect()
    }

    fn word(&mut self) -> String {
        self.of("bcdfghjklmnpqrstvwz", 4) + &self.of("aeiou", 1) + &self.of("bdgkmpt", 3)
    }

    fn pass(&mut self) -> String {
        self.of("ghkmpqrstvwzGHKMPQRSTV", 6) + &self.of("23456789", 4)
    }

    fn hex(&mut self, count: usize) -> String {
        // Never all zeros, which is what a number is made of.
        self.of("123456789abcdef", count)
    }

    fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|n| self.hex(n)).join("-")
    }

    fn mac(&mut self) -> String {
        [(); 6].map(|()| self.hex(2)).join(":")
    }

    fn serial(&mut self) -> String {
        format!("S{}Z{}", self.of("123456789", 5), self.of("GHJKLMNPR123456789", 7))
    }

    fn ip(&mut self) -> String {
        let part = |dice: &mut Self| dice.of("1", 1) + &dice.of("23456789", 2);
        [(); 4].map(|()| part(self)).join(".")
    }
}

/// A secret where the command line or the kernel log shows what it is.
type Kind = (fn(&mut Dice) -> String, &'static str);

/// Words of the kernel command line.
const WORDS: [Kind; 20] = [
    (Dice::pass, "wifi.psk=@"),
    (Dice::pass, "pass=@"),
    (Dice::pass, "inst.passwd=@"),
    (Dice::pass, "rd.luks.password=@"),
    (Dice::pass, "luks.passphrase=@"),
    (Dice::pass, "vault.secret=@"),
    (Dice::pass, "apikey=@"),
    (Dice::pass, "access_token=@"),
    (Dice::pass, "rd.luks.key=@.key"),
    (Dice::pass, "systemd.set_credential=who:@"),
    (Dice::pass, "systemd.set_credential_binary=who:@"),
    (Dice::pass, "\"rd.pass=@ @\""),
    (Dice::word, "systemd.hostname=@"),
    (Dice::uuid, "root=UUID=@"),
    (Dice::uuid, "rd.luks.uuid=luks-@"),
    (Dice::word, "rd.luks.name=00000000-0000-0000-0000-000000000001=@"),
    (Dice::word, "rd.lvm.lv=@/root"),
    (Dice::word, "resume=LABEL=@"),
    (Dice::pass, "netroot=iscsi:admin:@@192.168.1.1::3260"),
    (Dice::word, "nfsroot=@.example.org:/srv"),
];

/// Records of the kernel log.
const RECORDS: [Kind; 22] = [
    (Dice::word, "Linux version 6.12.74 (@@builder) #1 SMP"),
    (Dice::word, "systemd[1]: Hostname set to <@>."),
    (Dice::word, "systemd[1]: Started User Manager for UID 1000 (@)."),
    (Dice::word, "systemd-logind[9]: New session 3 of user @."),
    (Dice::word, "audit: cwd=/home/@/src"),
    (Dice::word, "Loaded X.509 cert '@ Secure Boot Module Signature key: 00'"),
    (Dice::word, "NetworkManager[7]: wlan0: SSID '@'"),
    (Dice::word, "systemd[1]: Starting Cryptography Setup for @..."),
    (Dice::word, "EXT4-fs: /dev/mapper/@ mounted"),
    (Dice::word, "mount: //@/share on /mnt type cifs"),
    (Dice::word, "nfs: server @:/export not responding"),
    (Dice::word, "git: https://@:hunter2@example.org/a"),
    (Dice::serial, "usb 1-1: SerialNumber: @"),
    (Dice::serial, "nvme nvme0: Samsung SSD 990 PRO 2TB @ "),
    (Dice::serial, "/dev/disk/by-id/nvme-Samsung_SSD_@-part2"),
    (Dice::mac, "e1000e 0000:00:1f.6 eth0: (PCI Express:2.5GT/s:Width x1) @"),
    (Dice::uuid, "NVRM: GPU at PCI:0000:01:00: GPU-@"),
    (Dice::uuid, "dev-disk-by\\x2duuid-@.device: found"),
    (|dice| dice.hex(32), "systemd[1]: machine id @"),
    (|dice| dice.hex(16), "scsi 0:0:0:0: wwn-0x@"),
    (Dice::ip, "IN=eth0 SRC=@ DST=192.0.2.1"),
    (Dice::word, "mail to @@example.org"),
];

struct Planted {
    secrets: Vec<String>,
    cmdline: String,
    log: String,
    config: String,
}

fn plant(seed: u64) -> Planted {
    let dice = &mut Dice(seed);
    let (mut secrets, mut cmdline, mut records) = (Vec::new(), String::from("quiet"), Vec::new());
    for (make, place) in WORDS {
        let secret = make(dice);
        cmdline += &format!(" {}", at(place, &secret));
        secrets.push(secret);
    }
    for (make, place) in RECORDS {
        let secret = make(dice);
        records.push(at(place, &secret));
        secrets.push(secret);
    }
    // Accounts and the host's name are in files that only names are taken of.
    secrets.extend([dice.word(), dice.word()]);
    // Again, where nothing around tells what it is.
    let mut config = String::new();
    for secret in &secrets {
        records.push(format!("NVRM: Xid (PCI:0000:01:00): 79, {secret}"));
        config += &format!("# {secret}\noptions nvidia NVreg_Of=a-{secret}\n");
        config += &format!("options nvidia-drm modeset=0 {}\n", secret.to_uppercase());
    }
    let number = |(at, text): (usize, &String)| format!("[{:5}.000000] {text}\n", at + 1);
    let log = records.iter().enumerate().map(number).collect();
    Planted { secrets, cmdline, log, config }
}

/// The secret in its place: the first `@`, and a second one behind a blank; another
/// `@` belongs to the text.
fn at(place: &str, secret: &str) -> String {
    place.replacen('@', secret, 1).replace(" @\"", &format!(" {secret}\""))
}

fn kmsg(log: &str) -> String {
    let record = |(at, line): (usize, &str)| {
        let text = line.split_once("] ").map_or(line, |(_, text)| text);
        format!("6,{at},{}000000,-;{text}\n", at + 1)
    };
    log.lines().enumerate().map(record).collect()
}

/// Everything that can be looked at, with what was planted: saved facts of a machine,
/// a folder of logs, a root, an image.
fn subjects(planted: &Planted, folder: &Path) -> Vec<Vec<String>> {
    let path = |name: &str| folder.join(name);
    let [.., user, host] = planted.secrets.as_slice() else { unreachable!("two were put there") };
    let tree = format!(
        "proc/cmdline = {}\netc/modprobe.d/a.conf <<EOF\n{}EOF\ndev/kmsg <<EOF\n{}EOF\n\
         etc/hostname = {host}\netc/passwd = {user}:x:1000:1000::/home/{user}:/bin/sh\n\
         proc/sys/kernel/osrelease = 6.12.74\n\
         sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n\
         sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de\n\
         sys/bus/pci/devices/0000:01:00.0/device = 0x2206\n",
        planted.cmdline,
        planted.config,
        kmsg(&planted.log)
    );
    let facts = serde_json::json!({
        "format": "nvpreflight-facts", "version": 1, "tool": "0.1.0", "phase": "pre-display",
        "subject": { "name": format!("/home/{user}/{host}"), "kind": "running system" }, "tree": tree,
    });
    fs::write(path("machine.facts"), facts.to_string()).expect("written");
    let logs = path("logs");
    fs::create_dir_all(logs.join("modprobe.d")).expect("a folder");
    fs::write(logs.join("dmesg.txt"), &planted.log).expect("written");
    fs::write(logs.join("cmdline"), &planted.cmdline).expect("written");
    fs::write(logs.join("modprobe.d/a.conf"), &planted.config).expect("written");
    fs::write(logs.join("passwd"), "").expect("written");
    let root = path("root");
    for below in ["etc/modprobe.d", "proc"] {
        fs::create_dir_all(root.join(below)).expect("a folder");
    }
    fs::write(root.join("etc/modprobe.d/a.conf"), &planted.config).expect("written");
    fs::write(root.join("etc/hostname"), host).expect("written");
    let passwd = format!("{user}:x:1000:1000:A Person,,,:/home/{user}:/bin/sh\n");
    fs::write(root.join("etc/passwd"), passwd).expect("written");
    fs::write(root.join("proc/cmdline"), &planted.cmdline).expect("written");
    fs::write(path("cmdline"), &planted.cmdline).expect("written");
    let mut image = Image::default();
    image.file("init", "x");
    image.file("etc/modprobe.d/a.conf", planted.config.clone());
    image.file(&format!("etc/modprobe.d/{user}.conf"), planted.config.clone());
    image.file(&format!("lib/modules/6.12.74/extra/{host}/nvidia.ko"), "x");
    fs::write(path("initrd.img"), image.cpio()).expect("written");
    let of = |name: &str| folder.join(name).display().to_string();
    let root = format!("--root={}", path("root").display());
    let cmdline = format!("--cmdline=@{}", path("cmdline").display());
    vec![
        vec![of("machine.facts")],
        vec![of("logs")],
        vec![of("root"), cmdline.clone()],
        vec![of("initrd.img"), root, cmdline],
    ]
}

fn output(args: &[String]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_nvpreflight")).args(args).output().expect("it runs");
    assert!(matches!(out.status.code(), Some(0..=2)), "{args:?}: {out:?}");
    // Not the last words about the file it wrote, but what it wrote.
    String::from_utf8(out.stdout).expect("UTF-8")
}

#[test]
fn forty_kinds_of_secrets_are_in_nothing_that_is_shown_to_others() {
    assert!(WORDS.len() + RECORDS.len() >= 40);
    for seed in [1, 0xdead_beef, 20_261_129] {
        let planted = plant(seed);
        let folder = tempfile::tempdir().expect("a folder");
        for (at, subject) in subjects(&planted, folder.path()).into_iter().enumerate() {
            let with = |first: &[&str], last: &[&str]| -> Vec<String> {
                let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
                let (first, last): (Vec<_>, Vec<_>) = (words(first), words(last));
                first.into_iter().chain(subject.iter().cloned()).chain(last).collect()
            };
            let visit = folder.path().join("visit.json").display().to_string();
            let mut shown = vec![("facts save", output(&with(&["--quiet", "facts", "save"], &[])))];
            output(&with(&["--quiet", "doctor"], &["--save", &visit]));
            shown.push(("doctor --save", fs::read_to_string(&visit).expect("a visit")));
            fs::remove_file(&visit).expect("there");
            for format in ["text", "json", "html", "markdown", "svg"] {
                let page = output(&with(&["--quiet", "report"], &["--format", format]));
                shown.push((format, page));
            }
            let kept = output(&with(&["--quiet", "facts", "save"], &["--no-redact"]));
            assert!(
                planted.secrets.first().is_some_and(|secret| kept.contains(secret)),
                "subject {at} was not looked at"
            );
            for (what, text) in shown {
                let text = text.to_lowercase();
                assert!(text.len() > 200, "{what}: {text}");
                for (secret, kind) in planted
                    .secrets
                    .iter()
                    .zip(WORDS.iter().chain(&RECORDS).map(|kind| kind.1).chain(["user", "host"]))
                {
                    let lower = secret.to_lowercase();
                    let bare = lower.replace(['-', ':'], "");
                    // A log names no accounts, and a root and an image hold no log.
                    let account = matches!(kind, "user" | "host");
                    let logged = RECORDS.iter().any(|record| record.1 == kind);
                    if at == 1 && account || at >= 2 && logged {
                        continue;
                    }
                    for form in [&lower, &bare] {
                        let around = text.find(form.as_str()).map(|at| {
                            text.chars()
                                .skip(text[..at].chars().count().saturating_sub(60))
                                .take(140)
                                .collect::<String>()
                        });
                        assert!(
                            around.is_none(),
                            "{what} of subject {at} has {secret} of `{kind}`: {around:?}"
                        );
                    }
                }
            }
        }
    }
}
