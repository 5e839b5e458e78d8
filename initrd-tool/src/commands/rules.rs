//! `rules`: the table of rules.

use crate::error::{Error, Result};
use crate::ui::{Exit, Ui};
use nvpreflight::rules::RULES;
use std::io::Write;

/// Arguments of `rules`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  nvpreflight rules\n  nvpreflight rules --json | jq -r '.[].code'"
)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists the rules.
pub fn run(args: &Args, _: Ui) -> Result<Exit> {
    let mut out = anstream::stdout().lock();
    let written = if args.json { json(&mut out) } else { text(&mut out) };
    written.map_err(|e| Error::io("write to", "standard output".as_ref(), e))?;
    Ok(Exit::Clean)
}

fn text(out: &mut dyn Write) -> std::io::Result<()> {
    for rule in RULES {
        writeln!(out, "{}  {:<8}  {}", rule.code, rule.severity.name(), rule.title)?;
    }
    Ok(())
}

fn json(out: &mut dyn Write) -> std::io::Result<()> {
    let list: Vec<_> = RULES
        .iter()
        .map(|rule| {
            serde_json::json!({
                "code": rule.code.to_string(),
                "rule": rule.name,
                "severity": rule.severity.name(),
                "confidence": rule.confidence.name(),
                "title": rule.title,
                "images": rule.judges_images(),
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)
}
