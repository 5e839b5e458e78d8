//! `rules`: the table of rules.

use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use nvpreflight::rule::Rule;
use nvpreflight::rules::RULES;
use std::io::Write;

/// Arguments of `rules`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight rules --family 4
  nvpreflight rules --images --json | jq -r '.rules[].code'")]
pub struct Args {
    /// Only the rules of a family: the first digit of the code, 4 of NVP405
    #[arg(long, value_name = "DIGIT", value_parser = clap::value_parser!(u16).range(1..=9))]
    family: Option<u16>,
    /// Only rules that can check an image before boot
    #[arg(long)]
    images: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists the rules.
pub fn run(args: &Args, _: Ui) -> Result<Exit> {
    let wanted = |rule: &&&'static Rule| {
        args.family.is_none_or(|family| rule.code.0 / 100 == family)
            && (!args.images || rule.judges_images())
    };
    let rules: Vec<&Rule> = RULES.iter().filter(wanted).copied().collect();
    let mut out = anstream::stdout().lock();
    let written = if args.json { json(&rules, &mut out) } else { text(&rules, &mut out) };
    written.map_err(Error::stdout)?;
    Ok(Exit::Clean)
}

fn text(rules: &[&Rule], out: &mut dyn Write) -> std::io::Result<()> {
    for rule in rules {
        writeln!(out, "{}  {:<8}  {}", rule.code, rule.severity.name(), rule.title)?;
    }
    Ok(())
}

fn json(rules: &[&Rule], out: &mut dyn Write) -> std::io::Result<()> {
    let list: Vec<_> = rules
        .iter()
        .map(|rule| {
            serde_json::json!({
                "code": rule.code.to_string(),
                "rule": rule.name.replace('_', "-"),
                "severity": rule.severity.name(),
                "confidence": rule.confidence.name(),
                "title": rule.title,
                "images": rule.judges_images(),
            })
        })
        .collect();
    let whole = serde_json::json!({ "format": "nvpreflight-rules", "version": 1, "rules": list });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}
