//! Modules with what they say of themselves.

use super::{Given, Value, broken};
use crate::base::error::{Error, Result};
use crate::base::print::Size;
use crate::view::inventory::modules::{Info, ModuleFile, read};
use nvpreflight::facts::module::WATCHED;
use nvpreflight::text::same_name;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let names = &given.args.names;
    let wants = &mut |name: &str| {
        if !names.is_empty() {
            return names.iter().any(|wanted| same_name(wanted, name));
        }
        given.args.all || WATCHED.contains(&name)
    };
    let modules = read(given.opened, wants, given.ui)?;
    for wanted in names {
        if !modules.iter().any(|module| same_name(&module.name, wanted)) {
            return Err(Error::new(format!("no module {wanted} in {}", given.name())));
        }
    }
    if given.args.json {
        let mut value = Value::new();
        value.insert("modules".into(), modules.iter().map(value_of).collect());
        return Ok(value);
    }
    let written = if names.is_empty() { table(&modules, out) } else { full(&modules, out) };
    written.map_err(broken)?;
    Ok(Value::new())
}

fn table(modules: &[ModuleFile], out: &mut dyn Write) -> io::Result<()> {
    if modules.is_empty() {
        return writeln!(
            out,
            "no module of the graphics stack is in this image (--all for others)"
        );
    }
    let width = modules.iter().map(|module| module.name.len()).max().unwrap_or(0);
    for module in modules {
        write!(out, "{:<width$}  {:>10}  ", module.name, Size(module.size))?;
        match &module.info {
            Ok(info) => {
                let release = info.get("vermagic").split(' ').next().unwrap_or_default();
                writeln!(out, "{}for {release}{}", version(info), traits(info))?;
            }
            Err(why) => writeln!(out, "damaged module: {why}")?,
        }
    }
    Ok(())
}

fn version(info: &Info) -> String {
    let version = info.get("version");
    if version.is_empty() { String::new() } else { format!("{version} ") }
}

fn traits(info: &Info) -> String {
    let mut words = Vec::new();
    if !info.packing.is_empty() {
        words.push(info.packing.to_owned());
    }
    words.push(match info.signer.as_deref() {
        None => "not signed".to_owned(),
        Some("") => "signed".to_owned(),
        Some(signer) => format!("signed by {signer}"),
    });
    format!(", {}", words.join(", "))
}

/// Every field, one a line, in the manner of modinfo(8).
fn full(modules: &[ModuleFile], out: &mut dyn Write) -> io::Result<()> {
    for module in modules {
        writeln!(out, "{:<16}{}", "path:", module.path)?;
        writeln!(out, "{:<16}{}", "size:", Size(module.size))?;
        match &module.info {
            Ok(info) => {
                for (key, value) in &info.fields {
                    writeln!(out, "{:<16}{value}", format!("{key}:"))?;
                }
                if let Some(signer) = &info.signer {
                    let signer = if signer.is_empty() { "(not told)" } else { signer };
                    writeln!(out, "{:<16}{signer}", "signer:")?;
                }
            }
            Err(why) => writeln!(out, "{:<16}{why}", "damage:")?,
        }
    }
    Ok(())
}

fn value_of(module: &ModuleFile) -> serde_json::Value {
    let (info, damage) = match &module.info {
        Ok(info) => (Some(info), None),
        Err(why) => (None, Some(why)),
    };
    let fields: Vec<_> =
        info.iter().flat_map(|info| &info.fields).map(|(k, v)| json!([k, v])).collect();
    json!({
        "name": module.name, "path": module.path, "size": module.size,
        "version": info.map(|info| info.get("version")),
        "vermagic": info.map(|info| info.get("vermagic")),
        "packing": info.map(|info| info.packing),
        "signed": info.map(|info| info.signer.is_some()),
        "signer": info.and_then(|info| info.signer.as_deref()),
        "modinfo": fields, "damage": damage,
    })
}
