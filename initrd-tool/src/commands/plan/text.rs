//! The plan for people.

use super::{Asked, Plan, advise};
use crate::kmod::names::printable;
use crate::kmod::resolve::{Action, Probe, Step, Via, Why};
use std::io::{Result, Write};

pub fn write(plan: &Plan, named: bool, columns: usize, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}, as kmod 34 resolves it", plan.folder)?;
    for asked in &plan.asked {
        writeln!(out)?;
        one(asked, named, out)?;
    }
    if !plan.notes.is_empty() {
        writeln!(out, "\nwithout effect:")?;
        for note in &plan.notes {
            // Of a file there is no line to show.
            let line = Some(&note.line).filter(|line| !note.place.ends_with(line.as_str()));
            let line = line.map(|line| format!(": {line}")).unwrap_or_default();
            writeln!(out, "  {}{line}", note.place)?;
            let by = note.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
            writeln!(out, "      {}{by}", note.why)?;
        }
    }
    if let Some(advice) = &plan.advice {
        writeln!(out)?;
        advise::text(advice, columns, out)?;
    }
    Ok(())
}

fn one(asked: &Asked, named: bool, out: &mut dyn Write) -> Result<()> {
    let outcome = &asked.outcome;
    write!(out, "{}", printable(&outcome.asked))?;
    if !named {
        write!(out, "  <- {}", asked.by)?;
    }
    writeln!(out)?;
    match &outcome.via {
        Via::Nowhere => writeln!(out, "  no module and no alias of that name: nothing is loaded")?,
        Via::ConfigAlias(places) => {
            let places: Vec<_> = places.iter().map(ToString::to_string).collect();
            writeln!(out, "  by alias of {}", places.join(", "))?;
        }
        Via::Command(place) => writeln!(out, "  by line {place}")?,
        Via::Alias | Via::BuiltinAlias | Via::Symbol if !outcome.probes.is_empty() => {
            let modules: Vec<_> = outcome.probes.iter().map(|p| printable(&p.module)).collect();
            writeln!(out, "  an alias of {}", modules.join(", "))?;
        }
        _ => {}
    }
    for message in &outcome.messages {
        writeln!(out, "  ! {message}")?;
    }
    let mut number = 0;
    for probe in &outcome.probes {
        sequence(probe, &mut number, out)?;
    }
    Ok(())
}

fn sequence(probe: &Probe, number: &mut u32, out: &mut dyn Write) -> Result<()> {
    if let Some(place) = &probe.blocked {
        return writeln!(out, "  {} is blocked by {place}", printable(&probe.module));
    }
    if probe.builtin {
        return writeln!(
            out,
            "  {} is built into the kernel: nothing to load",
            printable(&probe.module)
        );
    }
    for step in &probe.steps {
        *number += 1;
        let options = !step.options.is_empty() && !step.again;
        writeln!(out, "  {number:>2}  {:<22} {}", printable(&step.module), describe(step))?;
        if options {
            for setting in &step.options {
                let text = printable(&setting.text);
                writeln!(out, "        {:<20} {}", text.trim_end(), setting.place)?;
            }
        }
    }
    if probe.cut {
        writeln!(out, "  ! softdeps are nested too deeply: the list is incomplete")?;
    }
    Ok(())
}

fn describe(step: &Step) -> String {
    let why = match &step.why {
        Why::Asked => String::new(),
        Why::NeededBy(module) => format!(", needed by {}", printable(module)),
        Why::Pre(module, place) => format!(", before {}: {place}", printable(module)),
        Why::Post(module, place) => format!(", after {}: {place}", printable(module)),
    };
    let file = |path: &[u8]| printable(path.rsplit(|b| *b == b'/').next().unwrap_or(path));
    let what = match &step.action {
        _ if step.again => "again: already loaded".to_owned(),
        Action::Insert(path) => file(path),
        Action::Missing(path) => format!("FAILS: {} is missing", printable(path)),
        Action::Run(line) => {
            format!("runs `{}` instead ({})", printable(&line.text), line.place)
        }
        Action::Builtin => "part of the kernel".to_owned(),
        Action::NoFile => "nothing: no such module".to_owned(),
    };
    format!("{what}{why}")
}
