//! The command line, parsed by hand: eight options do not pay for a crate.

use super::sys;
use nvpreflight::facts::Phase;

/// Longest wait that may be asked for, in milliseconds.
const WAIT_MAX_MS: u32 = 60_000;

/// The text of --help.
pub const HELP: &str = "\
Checks that the NVIDIA kernel modules loaded correctly.

Usage: nvpreflight-verifier [OPTIONS]

Options:
  --phase PHASE      initrd or pre-display (default: initrd where
                     /etc/initrd-release exists)
  --root DIR         judge the system below DIR instead of /; such a
                     check writes nothing to this machine's logs and leaves a report
                     only where --run-dir says so
  --expect FILE      expectations (default: /etc/nvpreflight/expect.json)
  --run-dir DIR      leave the report in this folder (default: /run/nvpreflight
                     with --phase or --as-unit; without them none, so that a
                     check by hand never replaces the boot's own report)
  --deadline-ms N    wait this long for the modules and the DRM device, at most
                     60000 (default: from the expectations, 2000 in the initrd)
  --json             print the report as JSON
  --ktap             print the report as KTAP
  --quiet            print nothing
  --as-unit          exit 0 unless the expectations say on_error = fail-unit
  --help, --version

Exit status: 0 clean, 1 findings, 2 could not check, 64 wrong usage.

Examples:
  nvpreflight-verifier                        judge this machine now
  nvpreflight-verifier --json | less          the same, for machines
  nvpreflight-verifier --root /mnt --phase initrd
  nvpreflight-verifier --as-unit --deadline-ms 5000
";

/// What is printed on standard output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// Version 1 JSON.
    Json,
    /// KTAP.
    Ktap,
    /// Nothing.
    Quiet,
}

/// The options of one run.
#[derive(Clone, Copy)]
pub struct Options {
    /// The phase asked for.
    pub phase: Option<Phase>,
    /// The root to look at.
    pub root: &'static str,
    /// The expectations file; `None` means the usual one, below the root.
    pub expect: Option<&'static str>,
    /// The folder of the reports; `None` means the usual one.
    pub run_dir: Option<&'static str>,
    /// The wait asked for, in milliseconds.
    pub deadline_ms: Option<u32>,
    /// What to print.
    pub format: Format,
    /// Whether the exit status follows the policy.
    pub as_unit: bool,
}

/// What the command line asks for.
pub enum Asked {
    /// A run.
    Run(Options),
    /// The text of --help.
    Help,
    /// The version.
    Version,
    /// Something wrong: what, and the argument.
    Wrong(&'static str, &'static [u8]),
}

/// Parses the arguments after the program's name.
pub fn parse(mut args: sys::Args) -> Asked {
    let mut options = Options {
        phase: None,
        root: "/",
        expect: None,
        run_dir: None,
        deadline_ms: None,
        format: Format::Text,
        as_unit: false,
    };
    while let Some(arg) = args.next() {
        // `--name value` and `--name=value` are the same.
        let equals = arg.iter().position(|b| *b == b'=').filter(|_| arg.starts_with(b"--"));
        let (name, inline) = match equals {
            Some(at) => (arg.get(..at).unwrap_or(arg), arg.get(at + 1..)),
            None => (arg, None),
        };
        let flag = match name {
            b"--help" | b"-h" => return Asked::Help,
            b"--version" | b"-V" => return Asked::Version,
            b"--json" => Some(Format::Json),
            b"--ktap" => Some(Format::Ktap),
            b"--quiet" | b"-q" => Some(Format::Quiet),
            _ => None,
        };
        if flag.is_some() || name == b"--as-unit" {
            if inline.is_some() {
                return Asked::Wrong("takes no value", arg);
            }
            options.format = flag.unwrap_or(options.format);
            options.as_unit |= flag.is_none();
            continue;
        }
        if !matches!(name, b"--phase" | b"--root" | b"--expect" | b"--run-dir" | b"--deadline-ms") {
            return Asked::Wrong("is not an option", arg);
        }
        let Some(value) = inline.or_else(|| args.next()) else {
            return Asked::Wrong("needs a value", arg);
        };
        if let Err(why) = set(&mut options, name, value) {
            return Asked::Wrong(why, value);
        }
    }
    Asked::Run(options)
}

fn set(options: &mut Options, name: &[u8], value: &'static [u8]) -> Result<(), &'static str> {
    let text = core::str::from_utf8(value).map_err(|_| "is not UTF-8")?;
    if text.is_empty() {
        return Err("is empty");
    }
    match name {
        b"--phase" => {
            options.phase =
                [Phase::Initrd, Phase::PreDisplay].into_iter().find(|p| p.name() == text);
            options.phase.map(|_| ()).ok_or("is not a phase: initrd or pre-display")
        }
        b"--root" => {
            options.root = text;
            Ok(())
        }
        b"--expect" => {
            options.expect = Some(text);
            Ok(())
        }
        b"--run-dir" => {
            options.run_dir = Some(text);
            Ok(())
        }
        _ => {
            let ms = nvpreflight::text::decimal(value).and_then(|n| u32::try_from(n).ok());
            options.deadline_ms = ms.filter(|ms| *ms <= WAIT_MAX_MS);
            options.deadline_ms.map(|_| ()).ok_or("must be from 0 to 60000")
        }
    }
}
