//! `options`: where every option of the stack comes from.

use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::source::subject::SubjectArgs;
use crate::view::provenance::{self, Provenance};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Arguments of `options`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Exit status: 0 shown, 2 could not read. `check` reports wrong values.

Examples:
  nvpreflight options /                            this machine now
  nvpreflight options initrd.img --root / --cmdline @/proc/cmdline
  nvpreflight options machine.facts --only modeset")]
pub struct Args {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Only parameters whose name contains this; repeatable
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows the tables; without a subject those of the running system.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let mut subject = args.subject.clone();
    subject.subject.get_or_insert_with(|| Path::new("/").to_owned());
    let look = Look::at(&subject, None, ui)?;
    let mut tables = provenance::tables(&look.facts);
    let wanted = |table: &Provenance| {
        let name = format!("{}.{}", table.module, table.parameter).to_ascii_lowercase();
        args.only.iter().any(|text| name.contains(&text.replace('-', "_").to_ascii_lowercase()))
    };
    tables.retain(|table| args.only.is_empty() || wanted(table));
    let text = if args.json {
        let value = json!({
            "format": "nvpreflight-options", "version": 1,
            "subject": { "name": look.label.name, "kind": look.label.kind },
            "driver": look.facts.driver_version(),
            "options": tables,
        });
        format!("{value:#}\n")
    } else if tables.is_empty() {
        "no option of the graphics stack is set here, and no driver was found\n".to_owned()
    } else {
        provenance::render(&tables)
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?;
    Ok(Exit::Clean)
}
