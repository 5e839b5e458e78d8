//! The program as a user meets it: streams that are closed or full, wrong flags,
//! paths that are no images, names that are no text.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Clippy counts helpers of tests as code.

mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.current_dir(folder).args(args).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program(folder, args).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn wrong_usage_is_64_and_speaks_on_standard_error_only() {
    let folder = common::fixtures();
    for args in [
        &["--no-such-flag"][..],
        &["no-such-command"],
        &[],
        &["check", "good.img", "--goal", "fame"],
        &["check", "good.img", "--threshold", "huge"],
        &["check", "good.img", "--format", "yaml"],
        &["check", "/", "--root", "broken"],
        &["explain"],
        &["explain", "NVP999"],
        &["rules", "--family", "0"],
        &["facts", "replay"],
    ] {
        let out = run(folder.path(), args);
        assert_eq!(out.status.code(), Some(64), "{args:?}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty(), "{args:?}");
        assert!(!out.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = common::fixtures();
    for args in [&["--help"][..], &["check", "--help"], &["--version"], &["help", "facts"]] {
        let out = run(folder.path(), args);
        assert_eq!(out.status.code(), Some(0), "{args:?}");
        assert!(!out.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn what_is_no_image_is_refused_with_what_it_is() {
    let folder = common::fixtures();
    fs::write(folder.path().join("empty.img"), b"").expect("a file");
    fs::write(folder.path().join("old.json"), b"{\"format\":\"x\"}").expect("a file");
    for (name, why) in [
        ("squash.img", "squashfs"),
        ("readme.txt", "nothing in it is known"),
        ("empty.img", "it is empty"),
        ("missing.img", "No such file"),
        ("/dev/null", "neither a file nor a directory"),
        ("old.json", "no saved facts"),
    ] {
        let out = run(folder.path(), &["check", name]);
        assert_eq!(out.status.code(), Some(2), "{name}");
        assert!(text(&out.stderr).contains(why), "{name}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty(), "{name}");
    }
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_that_left_is_none() {
    let folder = common::fixtures();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").expect("/dev/full"));
    for args in [&["rules"][..], &["explain", "NVP201"], &["check", "good.img", "--json"]] {
        let status = program(folder.path(), args).stdout(full()).stderr(Stdio::null()).status();
        assert_eq!(status.expect("it runs").code(), Some(2), "{args:?}");
        let bin = env!("CARGO_BIN_EXE_nvpreflight");
        let script = format!("\"{bin}\" {} | head -n 1 >/dev/null; echo done", args.join(" "));
        let out = Command::new("sh")
            .args(["-c", &script])
            .current_dir(folder.path())
            .output()
            .expect("sh runs");
        assert_eq!((text(&out.stdout), text(&out.stderr)), ("done\n".into(), String::new()));
    }
}

#[test]
fn closed_streams_end_in_a_status_and_no_panic() {
    let folder = common::fixtures();
    let bin = env!("CARGO_BIN_EXE_nvpreflight");
    for redirect in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let script = format!("\"{bin}\" check broken.img {redirect}");
        let out = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output();
        let out = out.expect("sh runs");
        let status = out.status.code().expect("no signal");
        assert!(matches!(status, 0..=2), "{redirect}: {status}: {}", text(&out.stderr));
        assert!(!text(&out.stderr).contains("panicked"), "{redirect}: {}", text(&out.stderr));
    }
}

#[test]
fn a_name_that_is_no_text_is_looked_at_and_shown_harmless() {
    let folder = common::fixtures();
    let name = OsStr::from_bytes(b"\xff\x1b[31m.img");
    fs::copy(folder.path().join("good.img"), folder.path().join(name)).expect("a copy");
    let out = program(folder.path(), &["check", "--format", "concise"]).arg(name).output();
    let out = out.expect("it runs");
    assert!(out.status.code().is_some_and(|code| code <= 2));
    let shown = text(&out.stdout);
    assert!(shown.contains("\u{fffd}\u{241b}[31m.img: "), "{shown}");
    assert!(!shown.contains('\u{1b}') && !text(&out.stderr).contains('\u{1b}'));
}

#[test]
fn a_file_that_may_not_be_read_is_an_error_with_its_name() {
    let folder = common::fixtures();
    let link = folder.path().join("loop");
    std::os::unix::fs::symlink("loop", &link).expect("a link");
    let out = run(folder.path(), &["check", "loop"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).starts_with("nvpreflight: cannot read loop: "));
}

#[test]
fn a_directory_and_its_image_give_the_same_findings() {
    let folder = common::fixtures();
    let codes = |name: &str| {
        let out = run(folder.path(), &["check", name, "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("findings").clone();
        findings.iter().map(|f| (f["code"].clone(), f["message"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(codes("broken"), codes("broken.img"));
}

#[test]
fn saved_facts_replay_to_the_same_report() {
    let folder = common::fixtures();
    for (i, args) in [
        &["broken.img"][..],
        &["broken.img", "--root", "broken", "--cmdline", "nvidia_drm.modeset=0 x"],
        &["broken"],
        &["/"],
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{i}.facts");
        let saved = run(folder.path(), &[&["facts", "save", "-o", &name], args].concat());
        assert_eq!(saved.status.code(), Some(0), "{args:?}: {}", text(&saved.stderr));
        let direct = run(folder.path(), &[&["check"], args, &["--json"]].concat());
        let again = run(folder.path(), &["facts", "replay", &name, "--json"]);
        assert_eq!(direct.status.code(), again.status.code(), "{args:?}");
        let report = |out: &Output| {
            let mut json: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
            json.as_object_mut().expect("an object").remove("subject");
            for finding in json["findings"].as_array_mut().expect("findings") {
                if let Some(place) = finding["place"].as_object_mut() {
                    place.remove("segment");
                }
            }
            json
        };
        // The running system goes on between two looks: its log and clock do.
        if args != ["/"] {
            assert_eq!(report(&direct), report(&again), "{args:?}");
        }
    }
}

#[test]
fn completions_and_manual_pages_cover_every_command() {
    let folder = common::fixtures();
    for shell in ["bash", "zsh", "fish"] {
        let out = run(folder.path(), &["completions", shell]);
        assert_eq!(out.status.code(), Some(0), "{shell}");
        assert!(text(&out.stdout).contains("explain"), "{shell}");
    }
    assert_eq!(run(folder.path(), &["man", "man1"]).status.code(), Some(0));
    for page in ["nvpreflight.1", "nvpreflight-check.1", "nvpreflight-facts-save.1"] {
        assert!(folder.path().join("man1").join(page).exists(), "{page}");
    }
    assert!(text(&run(folder.path(), &["man"]).stdout).contains(".TH"));
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let folder = common::fixtures();
    let plain = run(folder.path(), &["check", "good.img"]);
    assert!(!text(&plain.stdout).contains('\u{1b}'));
    let asked = run(folder.path(), &["check", "good.img", "--color", "always"]);
    assert!(text(&asked.stdout).contains('\u{1b}'));
}

/// A folder with a `journalctl` that knows one past boot and one journal file.
fn journal() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = common::fixtures();
    let lines = fs::read_to_string(folder.path().join("dmesg.txt")).expect("a sample");
    let entry = |(n, line): (usize, &str)| {
        let (_, said) = line.split_once("] ").expect("a stamp");
        format!("__CURSOR=s={n}\n_BOOT_ID=b\n_TRANSPORT=kernel\nMESSAGE={said}\n\n")
    };
    let export: String = lines.lines().enumerate().map(entry).collect();
    fs::write(folder.path().join("boot.export"), export).expect("a file");
    fs::write(folder.path().join("system.journal"), b"LPKSHHRH and more").expect("a file");
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let script = "#!/bin/sh\ncase \"$*\" in\n\
        *--output=export*--file=system.journal*--boot=0*|*--output=export*--boot=-1*) cat boot.export;;\n\
        *) printf 'No such boot \\033[31min journal\\n' >&2; exit 1;;\nesac\n";
    fs::write(bin.join("journalctl"), script).expect("a script");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(bin.join("journalctl"), mode).expect("a mode");
    folder
}

#[test]
fn a_past_boot_and_a_journal_file_come_through_journalctl() {
    let folder = journal();
    let path = format!("{}:/usr/bin:/bin", folder.path().join("bin").display());
    let judged = |args: &[&str]| {
        let out = program(folder.path(), args).env("PATH", &path).output().expect("it runs");
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    for args in [&["check", "--boot", "-1"][..], &["check", "system.journal"]] {
        let (status, out, err) = judged(args);
        assert_eq!(status, Some(1), "{args:?}: {err}");
        assert!(out.contains("error[NVP506]"), "{args:?}: {out}");
    }
    let (status, _, err) = judged(&["check", "--boot", "-2"]);
    assert_eq!(status, Some(2));
    assert_eq!(err, "nvpreflight: journalctl: No such boot \u{241b}[31min journal\n");
    let (status, _, err) = judged(&["check", "--boot", "--file=x"]);
    assert_eq!(status, Some(64), "{err}");
    let (status, _, err) = judged(&["check", "good.img", "--boot", "0"]);
    assert_eq!((status, err.contains("--boot only works with a log")), (Some(64), true), "{err}");
}

#[test]
fn without_journalctl_the_error_says_what_to_do_instead() {
    let folder = journal();
    let nowhere = folder.path().join("nowhere");
    let out = program(folder.path(), &["check", "system.journal"]).env("PATH", &nowhere).output();
    let out = out.expect("it runs");
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("journalctl is not installed here"));
}

#[test]
fn saved_facts_of_a_log_are_judged_as_the_log_was() {
    let folder = common::fixtures();
    for name in ["dmesg.txt", "healthy.txt", "nvidia-bug-report.log"] {
        let save = run(folder.path(), &["facts", "save", name, "-o", "log.facts"]);
        assert_eq!(save.status.code(), Some(0), "{}", text(&save.stderr));
        let first = run(folder.path(), &["check", name]);
        let again = run(folder.path(), &["check", "log.facts"]);
        assert_eq!(text(&again.stdout), text(&first.stdout));
        assert_eq!(again.status.code(), first.status.code());
    }
}

#[test]
fn a_fault_that_only_an_earlier_boot_shows_is_said_with_the_option_that_judges_it() {
    let folder = tempfile::tempdir().expect("a folder");
    // No two boots have a line at the same microsecond.
    let boot = |us: u32, last: &str| {
        format!(
            "[    0.000000] Linux version 6.12.1 (a@b) #1 SMP\n\
             [    4.{us}] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.14\n{last}\n"
        )
    };
    let failed = boot(
        100_000,
        "[    6.310000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:751)",
    );
    let good = boot(
        120_031,
        "[    6.400000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 1",
    );
    let check = |content: String, more: &[&str]| {
        fs::write(folder.path().join("dmesg.txt"), content).expect("a log");
        text(&run(folder.path(), &[&["check", "dmesg.txt"], more].concat()).stdout)
    };
    // Lines are wrapped for people.
    let words = |page: String| page.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "an earlier boot of it does show a fault (--boot -1): NVP506: GPU 0000:01:00.0";
    let page = words(check(format!("{failed}{good}"), &[]));
    assert!(page.contains(told), "{page}");
    let page = words(check(format!("{good}{failed}"), &[]));
    assert!(!page.contains("an earlier boot of it"), "{page}");
    let page = words(check(format!("{failed}{good}"), &["--boot", "0"]));
    assert!(!page.contains("an earlier boot of it"), "{page}");
    // A warning of an earlier boot counts where the last one has none of its kind.
    let xid =
        boot(90_000, "[   60.310000] NVRM: Xid (PCI:0000:01:00): 56, CMDre 00000000 00002888");
    let page = words(check(format!("{xid}{good}"), &[]));
    assert!(page.contains("an earlier boot of it does show a fault (--boot -1): NVP524"), "{page}");
    let last =
        boot(130_031, "[   61.310000] NVRM: Xid (PCI:0000:01:00): 56, CMDre 00000000 00002888");
    let page = words(check(format!("{xid}{last}"), &[]));
    assert!(!page.contains("an earlier boot of it"), "{page}");
}

#[test]
fn the_journal_catalog_is_the_one_among_the_rules_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = run(folder.path(), &["explain", "--journal-catalog"]);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules/nvpreflight.catalog");
    assert_eq!(text(&out.stdout), fs::read_to_string(page).expect("the catalog"));
}

#[test]
fn an_output_never_replaces_what_is_looked_at() {
    let folder = common::fixtures();
    let log = folder.path().join("dmesg.txt");
    let before = fs::read(&log).expect("the log");
    for args in [
        ["facts", "save", "dmesg.txt", "-o", "./dmesg.txt"],
        ["report", "dmesg.txt", "--quiet", "-o", "dmesg.txt"],
        ["doctor", "dmesg.txt", "--quiet", "--save", "dmesg.txt"],
    ] {
        let out = run(folder.path(), &args);
        assert_eq!(out.status.code(), Some(64), "{args:?}: {}", text(&out.stderr));
        assert_eq!(fs::read(&log).expect("the log"), before, "{args:?}");
    }
}

#[test]
fn a_report_is_never_written_in_another_format_than_its_name_says() {
    let folder = common::fixtures();
    let at = |name: &str| folder.path().join(name);
    let report = |args: &[&str]| run(folder.path(), &[&["report", "dmesg.txt"], args].concat());
    let refused = report(&["-o", "page.pdf"]);
    assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("not in .pdf"), "{}", text(&refused.stderr));
    assert!(!at("page.pdf").exists());
    for args in [&["-o", "page.pdf", "--format", "html"][..], &["-o", "PAGE.HTML"]] {
        assert_ne!(report(args).status.code(), Some(64), "{args:?}");
        let page = fs::read_to_string(at(args[1])).expect("a page");
        assert!(page.starts_with("<!DOCTYPE html>") || page.contains("<html"), "{args:?}");
    }
}
