//! Premise: `plan`'s model says what Debian's modprobe says, of random module trees,
//! modprobe.d folders and command lines. `NVPREFLIGHT_KMOD_CASES=5000` tries more, and
//! `NVPREFLIGHT_KMOD_SEED=N` others: it begins there. What could not be asked is a line
//! `SKIP - `, which `./qemu-tests/run test` counts.

// Clippy counts helpers of tests as code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "kmod/elf.rs"]
mod elf;
#[path = "kmod/world.rs"]
mod world;

use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::kmod::Kmod;
use nvpreflight_tool::kmod::resolve::{Resolver, Via, Way};
use nvpreflight_tool::source::dir::DirFiles;
use std::fs;
use std::path::Path;
use std::process::Command;
use world::{DIRECTORIES, Dice, RELEASE};

/// What modprobe answers, one block a question: exit status, then lines.
const ASK: &str = r#"
if [ -n "$CMDLINE" ]; then mount --bind "$CMDLINE" /proc/cmdline || exit 99; fi
while IFS= read -r flag && IFS= read -r name; do
    printf '\n=\n'
    modprobe --show-depends $flag -d "$ROOT" -S "$RELEASE" $CONFIG -- "$name" 2>>"$ROOT/stderr"
    printf '\n?%s' "$?"
done
"#;

struct Answer {
    status: i32,
    lines: Vec<String>,
}

/// Lines as words, for kmod leaves blanks where it joins.
fn folded(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn modprobe(root: &Path, cmdline: Option<&Path>, questions: &[(Way, String)]) -> Vec<Answer> {
    let config: Vec<_> = DIRECTORIES.iter().map(|d| format!("-C {}/{d}", root.display())).collect();
    let mut command = match cmdline {
        Some(_) => {
            let mut command = Command::new("unshare");
            command.args(["-m", "sh", "-c", ASK]);
            command
        }
        None => {
            let mut command = Command::new("sh");
            command.args(["-c", ASK]);
            command
        }
    };
    let flag = |way| if way == Way::Blacklist { "-b" } else { "" };
    let asked: String = questions.iter().map(|(w, n)| format!("{}\n{n}\n", flag(*w))).collect();
    let input = root.join("questions");
    fs::write(&input, asked).unwrap();
    let output = command
        .env("ROOT", root)
        .env("RELEASE", RELEASE)
        .env("CONFIG", config.join(" "))
        .env("CMDLINE", cmdline.map_or("".as_ref(), Path::as_os_str))
        .env("LC_ALL", "C")
        .env_remove("MODPROBE_OPTIONS")
        .stdin(fs::File::open(&input).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split("\n=\n")
        .skip(1)
        .map(|block| {
            let (lines, status) = block.rsplit_once("\n?").unwrap();
            let lines = lines.lines().map(|l| folded(l.as_bytes())).filter(|l| !l.is_empty());
            Answer { status: status.trim().parse().unwrap(), lines: lines.collect() }
        })
        .collect()
}

fn case(seed: u64, own_cmdline: bool) -> usize {
    let dice = &mut Dice::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    world::make(dice, root);
    let cmdline =
        if own_cmdline { dice.cmdline() } else { fs::read_to_string("/proc/cmdline").unwrap() };
    fs::write(root.join("cmdline"), &cmdline).unwrap();
    let ways = [Way::Modprobe, Way::Blacklist];
    let names = dice.questions(8);
    let questions: Vec<_> =
        ways.iter().flat_map(|w| names.iter().map(|n| (*w, n.clone()))).collect();
    let path = root.join("cmdline");
    let answers = modprobe(root, own_cmdline.then_some(&*path), &questions);
    assert_eq!(answers.len(), questions.len());

    let files = DirFiles::open(root, &Limits::DEFAULT).unwrap();
    let folder = format!("lib/modules/{RELEASE}");
    let kmod = Kmod::new(&files, folder.as_bytes(), cmdline.as_bytes());
    for ((way, name), kmods) in questions.iter().zip(&answers) {
        let ours = Resolver::new(&kmod).ask(name.as_bytes(), *way);
        let lines: Vec<_> =
            ours.show_depends(&root.display().to_string()).iter().map(|l| folded(l)).collect();
        let shown = || {
            let conf =
                Command::new("grep").args(["-rn", ""]).args(DIRECTORIES).current_dir(root).output();
            let said = fs::read_to_string(root.join("stderr")).unwrap_or_default();
            let conf = String::from_utf8_lossy(&conf.unwrap().stdout).into_owned();
            format!("seed {seed}, {way:?} {name:?}, {cmdline:?}\n{conf}\n{ours:?}\n{said}")
        };
        assert_eq!(lines, kmods.lines, "{}", shown());
        // Nothing is known under the name exactly where modprobe fails.
        assert_eq!(
            ours.via == Via::Nowhere,
            kmods.status != 0,
            "status {}, {}",
            kmods.status,
            shown()
        );
    }
    questions.len()
}

/// Why the oracle cannot be asked here, or `None`.
fn unavailable() -> Option<String> {
    ["modprobe", "depmod"].into_iter().find_map(|tool| {
        let ran = Command::new(tool).arg("--version").output();
        ran.err().map(|e| format!("{tool} of kmod is not installed: {e}"))
    })
}

/// True when a command line of ours can stand in place of the machine's.
fn may_mount() -> bool {
    let probe = "mount --bind /dev/null /proc/cmdline";
    let ran = Command::new("unshare").args(["-m", "sh", "-c", probe]).output();
    ran.is_ok_and(|o| o.status.success())
}

#[test]
fn modprobe_does_what_we_say_it_will() {
    if let Some(reason) = unavailable() {
        // A run without the oracle shows nothing, and says so unless it was meant.
        let meant = std::env::var_os("NVPREFLIGHT_WITHOUT_KMOD").is_some();
        assert!(meant, "{reason}; NVPREFLIGHT_WITHOUT_KMOD=1 leaves this test out");
        println!("SKIP - plan against modprobe: {reason}");
        return;
    }
    let own = may_mount();
    if !own {
        println!("SKIP - plan with random command lines: mounting in a namespace is not allowed");
    }
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let first = number("NVPREFLIGHT_KMOD_SEED").unwrap_or(0);
    let cases = number("NVPREFLIGHT_KMOD_CASES").unwrap_or(40);
    let asked: usize = (0..cases).map(|n| case(first.wrapping_add(n), own)).sum();
    println!("{cases} roots, {asked} questions, the same answers");
    assert!(asked > 0);
}
