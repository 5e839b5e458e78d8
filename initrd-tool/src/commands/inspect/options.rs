//! The module options in force and the line that set each.

use super::{Given, Value, broken};
use crate::base::error::{Error, Result};
use crate::view::inventory::options::{self, Options};
use nvpreflight::seen::Seen;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let facts = options::facts(given.opened.files().as_tree());
    let options = match options::of(&facts) {
        Seen::Yes(options) => options,
        Seen::Absent | Seen::NotLooked => Options::new(),
        Seen::Unreadable(e) => {
            return Err(Error::new(format!("cannot read modprobe.d of {}: {e}", given.name())));
        }
    };
    if given.args.json {
        return Ok(value(&options));
    }
    text(&options, out).map_err(broken)?;
    Ok(Value::new())
}

fn text(options: &Options, out: &mut dyn Write) -> io::Result<()> {
    if options.is_empty() {
        return writeln!(out, "no options of the graphics stack are set in this image");
    }
    for ((module, name), setting) in options {
        writeln!(out, "{module}.{name}={}  ({})", setting.value, setting.place)?;
        for (value, place) in &setting.beaten {
            writeln!(out, "  beats {value} ({place})")?;
        }
    }
    Ok(())
}

fn value(options: &Options) -> Value {
    let list: Vec<_> = options
        .iter()
        .map(|((module, name), setting)| {
            let beaten: Vec<_> = setting
                .beaten
                .iter()
                .map(|(value, place)| json!({ "value": value, "place": place }))
                .collect();
            json!({
                "module": module, "name": name, "value": setting.value, "place": setting.place,
                "cmdline": setting.cmdline, "beats": beaten,
            })
        })
        .collect();
    let mut value = Value::new();
    value.insert("options".into(), list.into());
    value
}
