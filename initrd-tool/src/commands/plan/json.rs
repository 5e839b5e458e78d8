//! The plan as JSON, `nvpreflight-plan` version 1.

use super::{Asked, Plan};
use crate::base::clean::line as printable;
use crate::kmod::resolve::{Action, Probe, Step, Via, Way, Why};
use serde_json::{Value, json};
use std::io::Write;

pub fn write(plan: &Plan, out: &mut dyn Write) -> std::io::Result<()> {
    let whole = json!({
        "format": "nvpreflight-plan",
        "version": 1,
        "kmod": "34",
        "modules": plan.folder,
        "asked": plan.asked.iter().map(asked).collect::<Vec<_>>(),
        "without_effect": plan.notes.iter().map(|n| json!({
            "kind": n.kind, "line": n.line, "place": n.place, "why": n.why, "by": n.by,
        })).collect::<Vec<_>>(),
        "advice": plan.advice,
        "could_not_check": plan.unread,
    });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn asked(asked: &Asked) -> Value {
    let outcome = &asked.outcome;
    let (via, places) = match &outcome.via {
        Via::ConfigAlias(places) => ("modprobe.d alias", places.clone()),
        Via::Name => ("modules.dep", Vec::new()),
        Via::Symbol => ("modules.symbols", Vec::new()),
        Via::Command(place) => ("install or remove line", vec![place.clone()]),
        Via::Alias => ("modules.alias", Vec::new()),
        Via::Builtin => ("modules.builtin", Vec::new()),
        Via::BuiltinAlias => ("modules.builtin.alias", Vec::new()),
        Via::Nowhere => ("nothing", Vec::new()),
    };
    json!({
        "name": printable(&outcome.asked),
        "by": asked.by,
        "blacklist": match asked.way { Way::Modprobe => "aliases", Way::Blacklist => "all" },
        "found_in": via,
        "found_at": places.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "modules": outcome.probes.iter().map(probe).collect::<Vec<_>>(),
        "messages": outcome.messages,
    })
}

fn probe(probe: &Probe) -> Value {
    json!({
        "module": printable(&probe.module),
        "alias": probe.alias.as_deref().map(printable),
        "blocked_by": probe.blocked.as_ref().map(ToString::to_string),
        "builtin": probe.builtin,
        "cut": probe.cut,
        "steps": probe.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    let (action, what) = match &step.action {
        Action::Insert(path) => ("insert", Some(printable(path))),
        Action::Missing(path) => ("missing", Some(printable(path))),
        Action::Run(line) => ("run", Some(printable(&line.text))),
        Action::Builtin => ("builtin", None),
        Action::NoFile => ("no-file", None),
    };
    let (why, of, place) = match &step.why {
        Why::Asked => ("asked", None, None),
        Why::NeededBy(module) => ("needed", Some(module), None),
        Why::Pre(module, place) => ("softdep-pre", Some(module), Some(place)),
        Why::Post(module, place) => ("softdep-post", Some(module), Some(place)),
    };
    json!({
        "module": printable(&step.module),
        "action": action,
        "what": what,
        "arguments": printable(&step.arguments()),
        "options": step.options.iter().map(|o| json!({
            "text": printable(&o.text), "place": o.place.to_string(),
        })).collect::<Vec<_>>(),
        "why": why,
        "of": of.map(|m| printable(m)),
        "place": place.map(ToString::to_string),
        "required": step.required,
        "again": step.again,
    })
}
