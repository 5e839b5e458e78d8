//! Judges saved evidence on a development machine: a capture, a folder of
//! command outputs, or a kernel log. Prints the report, or with `--tree` the capture.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::process::ExitCode;

use nvpreflight::expect::{Expectations, Goal};
use nvpreflight::facts::Phase;

const USAGE: &str = "\
usage: judge [--phase initrd|pre-display] [--goal GOAL]... [--tree [--trim]] PATH
PATH is a .tree capture, a folder of evidence, or any other file: a kernel log.";

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("judge: {why}");
            ExitCode::from(64)
        }
    }
}

fn run() -> Result<String, String> {
    let mut want = Expectations::new();
    let (mut phase, mut as_tree, mut trim, mut path) = (Phase::Initrd, false, false, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--tree" => as_tree = true,
            "--trim" => trim = true,
            "--phase" => {
                phase = match args.next().as_deref() {
                    Some("initrd") => Phase::Initrd,
                    Some("pre-display") => Phase::PreDisplay,
                    _ => return Err(USAGE.into()),
                };
            }
            "--goal" => {
                let goal = args.next().as_deref().and_then(Goal::named).ok_or(USAGE)?;
                want.goals.insert(goal);
            }
            _ if arg.starts_with('-') => return Err(USAGE.into()),
            _ => path = Some(PathBuf::from(arg)),
        }
    }
    let path = path.ok_or(USAGE)?;
    let loaded = common::load(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    for name in &loaded.ignored {
        eprintln!("judge: not evidence: {name}");
    }
    let tree = if trim { common::import::trimmed(&loaded.tree) } else { loaded.tree };
    if as_tree {
        return Ok(tree);
    }
    Ok(common::text(&common::judge(&tree, phase, &want)))
}
