//! Firmware: which module asks for which file, what is asked for and not there,
//! and what is there and nobody in the image asks for.

use super::{Given, Value, broken};
use crate::base::error::Result;
use crate::base::print::Size;
use crate::view::inventory::modules::read;
use crate::view::inventory::owner::{Group, Owner};
use crate::view::inventory::summary::Summary;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Who asks for what.
struct Asked {
    /// Firmware in the image: size, and the modules that name it.
    here: BTreeMap<String, (u64, BTreeSet<String>)>,
    /// Named by modules of the image, and not in it.
    missing: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let summary = Summary::of(given.opened)?;
    let mut asked = Asked {
        here: summary.firmware.into_iter().map(|(k, size)| (k, (size, BTreeSet::new()))).collect(),
        missing: BTreeMap::new(),
    };
    for module in read(given.opened, &mut |_| true, given.ui)? {
        let Ok(info) = &module.info else { continue };
        for name in info.all("firmware") {
            let who = match asked.here.get_mut(name) {
                Some((_, who)) => who,
                None => asked.missing.entry(name.to_owned()).or_default(),
            };
            who.insert(module.name.clone());
        }
    }
    if given.args.json {
        return Ok(value(&asked));
    }
    text(&asked, given.args.all, out).map_err(broken)?;
    Ok(Value::new())
}

fn text(asked: &Asked, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let total: u64 = asked.here.values().map(|(size, _)| size).sum();
    writeln!(out, "{:>10}  {} firmware files", Size(total), asked.here.len())?;
    if all {
        for (name, (size, who)) in &asked.here {
            writeln!(out, "{:>10}  {name}{}", Size(*size), by(who))?;
        }
    } else {
        by_driver(asked, out)?;
    }
    let unasked = asked.here.values().filter(|(_, who)| who.is_empty());
    let (count, bytes) = unasked.fold((0u64, 0u64), |(n, sum), (size, _)| (n + 1, sum + size));
    if count > 0 {
        writeln!(
            out,
            "{:>10}  in {count} of them that no module in the image requests",
            Size(bytes)
        )?;
    }
    if !asked.missing.is_empty() {
        let missing = asked.missing.len();
        writeln!(out, "missing: {missing} files that modules in the image request")?;
        let stack = |who: &BTreeSet<String>| who.iter().any(|name| name.starts_with("nvidia"));
        for (name, who) in asked.missing.iter().filter(|(_, who)| all || stack(who)) {
            writeln!(out, "            {name}{}", by(who))?;
        }
    }
    Ok(())
}

fn by_driver(asked: &Asked, out: &mut dyn Write) -> io::Result<()> {
    let mut drivers: BTreeMap<String, (u64, u64, BTreeSet<String>)> = BTreeMap::new();
    for (name, (size, who)) in &asked.here {
        let owner = Owner::of(format!("lib/firmware/{name}").as_bytes());
        debug_assert_eq!(owner.group, Group::Firmware);
        let driver = drivers.entry(owner.part).or_default();
        driver.0 += size;
        driver.1 += 1;
        driver.2.extend(who.iter().cloned());
    }
    let mut drivers: Vec<_> = drivers.into_iter().collect();
    drivers.sort_by_key(|(_, (size, _, _))| std::cmp::Reverse(*size));
    for (name, (size, count, who)) in drivers {
        let files = if count == 1 { "file" } else { "files" };
        writeln!(out, "{:>10}  {name}, {count} {files}{}", Size(size), by(&who))?;
    }
    Ok(())
}

/// The modules that ask, a few of them by name.
fn by(who: &BTreeSet<String>) -> String {
    const NAMED: usize = 3;
    if who.is_empty() {
        return ", requested by no module here".to_owned();
    }
    let names: Vec<&str> = who.iter().take(NAMED).map(String::as_str).collect();
    let more = match who.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(", requested by {}{more}", names.join(", "))
}

fn value(asked: &Asked) -> Value {
    let here: Vec<_> = asked
        .here
        .iter()
        .map(|(name, (size, who))| json!({ "name": name, "size": size, "named_by": who }))
        .collect();
    let missing: Vec<_> =
        asked.missing.iter().map(|(name, who)| json!({ "name": name, "named_by": who })).collect();
    let mut value = Value::new();
    value.insert("firmware".into(), here.into());
    value.insert("missing".into(), missing.into());
    value
}
