//! `remember`: keeps the look at this boot, so that `why` can tell later what changed
//! since the last good one. Meant for a unit after the display manager's start.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::source::bundle::{Boot, Saved};
use crate::source::history::{self, Keep, Store, Verdict};
use crate::view::compare::source::running;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments of `remember`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Exit status: 0 kept, or nothing to keep since the verdict was neither good
nor bad; 2 could not, which a unit should ignore.

Examples:
  nvpreflight remember              what nvpreflight-remember.service runs
  nvpreflight remember --list")]
pub struct Args {
    /// List recorded boots
    #[arg(long)]
    list: bool,
    /// Print JSON
    #[arg(long, requires = "list")]
    json: bool,
    /// The report that contains the verdict
    #[arg(long, value_name = "FILE", default_value = "/run/nvpreflight/pre-display.json")]
    report: PathBuf,
    /// Directory of recorded boots
    #[arg(long, value_name = "DIR", default_value = history::FOLDER)]
    boots: PathBuf,
    /// Number of good boots to keep
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    good: u8,
    /// Number of bad boots to keep
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=100))]
    bad: u8,
    /// Saved facts to record instead of the running system
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
}

/// Keeps it, or lists what is kept.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let store = Store::at(&args.boots);
    if args.list {
        return list(&store, args.json, ui);
    }
    let verdict = Verdict::read(&args.report)?;
    if !matches!(verdict.name.as_str(), "ok" | "findings") {
        ui.say(format_args!("not recorded: the verdict is {}, neither good nor bad", verdict.name));
        return Ok(Exit::Clean);
    }
    let mut saved = match &args.facts {
        Some(path) => Saved::read(path)?,
        None => running(ui)?,
    };
    saved.boot = Some(match args.facts {
        Some(_) => of_file(&saved, verdict),
        None => of_machine(verdict)?,
    });
    let keep = Keep { good: args.good.into(), bad: args.bad.into() };
    let path = store.add(&saved, keep)?;
    ui.say(format_args!("kept {}", clean::path(&path)));
    Ok(Exit::Clean)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

fn of_machine(verdict: Verdict) -> Result<Boot> {
    let root = Path::new("/");
    Ok(Boot {
        id: history::boot_id(root)?,
        remembered: now(),
        verdict: verdict.name,
        codes: verdict.codes,
        generation: history::generation(root),
    })
}

/// Facts of a file: the boot they name, or one named by their content.
fn of_file(saved: &Saved, verdict: Verdict) -> Boot {
    use sha2::{Digest, Sha256};
    let known = saved.boot.as_ref().map(|boot| (boot.id.clone(), boot.generation));
    let (id, generation) = known.unwrap_or_else(|| {
        let digest = Sha256::digest(saved.tree.as_bytes());
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        (hex, None)
    });
    let (verdict, codes) = (verdict.name, verdict.codes);
    Boot { id, remembered: now(), verdict, codes, generation }
}

fn list(store: &Store, as_json: bool, ui: Ui) -> Result<Exit> {
    let listed = store.list()?;
    for line in &listed.passed_over {
        ui.say(format_args!("skipped: {line}"));
    }
    let mut boots = Vec::new();
    for entry in &listed.boots {
        match entry.read() {
            Ok(saved) => boots.extend(saved.boot.clone().map(|boot| (entry, saved, boot))),
            Err(e) => ui.say(format_args!("skipped: {e}")),
        }
    }
    let mut out = String::new();
    if as_json {
        let list: Vec<_> = boots
            .iter()
            .map(|(entry, saved, boot)| {
                json!({ "boot": boot, "kernel": saved.kernel, "bytes": entry.size,
                        "file": clean::path(&entry.path) })
            })
            .collect();
        let value = json!({ "format": "nvpreflight-remembered", "version": 1, "boots": list });
        out = format!("{value:#}\n");
    } else if boots.is_empty() {
        out.push_str("no boot is recorded yet\n");
    }
    for (_, saved, boot) in boots.iter().filter(|_| !as_json) {
        let kernel = saved.kernel.as_deref().unwrap_or("unknown kernel");
        let generation = boot.generation.map_or_else(String::new, |n| format!("  generation {n}"));
        let verdict = if boot.is_good() { "good".to_owned() } else { boot.codes.join(" ") };
        let line = format!("{}  {}  {kernel}{generation}  {verdict}", boot.short_id(), boot.when());
        out.push_str(&clean::line(line.as_bytes()));
        out.push('\n');
    }
    std::io::stdout().write_all(out.as_bytes()).map_err(Error::stdout)?;
    Ok(Exit::Clean)
}
