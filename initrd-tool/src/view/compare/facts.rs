//! Facts and their judgement as a side: what each section shows, and why one shows
//! nothing.

use super::findings::Findings;
use super::{NOT_RUNNING, Picture, Shown, Thing, Things, cmdline, devices, times, unseen};
use crate::base::label::Label;
use crate::view::provenance;
use nvpreflight::facts::image::Image;
use nvpreflight::facts::{Directive, Facts, STACK};
use nvpreflight::finding::{Report, Severity, Verdict};
use nvpreflight::reading::order;
use nvpreflight::seen::Seen;
use nvpreflight::text::{Name, Value};
use std::collections::BTreeMap;

impl Picture {
    /// What was seen and found.
    #[must_use]
    pub fn of(label: &Label, facts: &Facts, report: &Report) -> Self {
        let image = facts.image.yes();
        let log = facts.log.is_yes();
        Self {
            name: label.name.clone(),
            kind: label.kind.clone(),
            before_boot: facts.look.is_of_files(),
            sections: BTreeMap::from([
                ("verdict", verdict(report)),
                ("kernel", kernel(facts)),
                ("driver", driver(facts)),
                ("cmdline", cmdline_of(facts)),
                ("GPUs", devices::gpus(facts)),
                ("display", devices::display(facts)),
                ("loading", loading(facts)),
                ("lines", lines(facts)),
                ("requests", requests(facts)),
                ("firmware", firmware(image.map(|image| &**image))),
                ("loaded", loaded(facts)),
                ("modules", modules(image.map(|image| &**image))),
                ("system", Ok(system(facts))),
            ]),
            findings: Ok(Findings::of(report)),
            options: Ok(provenance::tables(facts)),
            times: if log { Ok(times::of(report)) } else { Err(unseen(facts, &facts.log)) },
        }
    }
}

fn one(shown: impl Into<String>) -> Things {
    Things::from([(String::new(), Thing::new(shown))])
}

fn verdict(report: &Report) -> Shown {
    let name = report.verdict().name();
    if report.verdict() == Verdict::CouldNotCheck {
        return Err("not everything could be checked there".to_owned());
    }
    let words = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
        let (n, word) = (report.count(severity), severity.name());
        match n {
            0 => String::new(),
            1 => format!("1 {word}"),
            n => format!("{n} {word}s"),
        }
    });
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|w| !w.is_empty()).collect();
    let shown = match words.as_slice() {
        [] => name.to_owned(),
        words => format!("{name} ({})", words.join(", ")),
    };
    Ok(Things::from([(String::new(), Thing::meaning(shown, name))]))
}

fn kernel(facts: &Facts) -> Shown {
    if let Some(release) = facts.system.release.yes().filter(|release| !release.is_empty()) {
        return Ok(one(release.as_str()));
    }
    let image = facts.image.yes();
    let tree = image.and_then(|image| image.tree.yes()).map(|tree| &tree.release);
    let release = image.and_then(|image| image.kernel.yes()).or(tree).filter(|r| !r.is_empty());
    release.map(|release| one(release.as_str())).ok_or_else(|| "it names no kernel".to_owned())
}

fn driver(facts: &Facts) -> Shown {
    let mut things = Things::new();
    if let Some(version) = facts.driver_version() {
        things.insert("version".into(), Thing::new(version));
    }
    if let Some(open) = facts.open_flavour() {
        things.insert("flavour".into(), Thing::new(if open { "open" } else { "proprietary" }));
    }
    let beside = facts.image.yes().and_then(|image| image.root.yes());
    let userspace = facts.stage2.userspace_version.yes();
    if let Some(libraries) = userspace.or_else(|| beside?.userspace_version.yes()) {
        things.insert("libraries".into(), Thing::new(libraries.as_str()));
    }
    let empty = things.is_empty();
    if empty && facts.look.is_of_files() {
        return Err("it does not contain the driver".to_owned());
    }
    for name in STACK {
        let module = facts.modules.get(name);
        let shown = |seen: Option<&Seen<Value>>| match seen {
            Some(Seen::Yes(value)) => Thing::new(value.as_str()),
            _ => Thing::untold(),
        };
        things.insert(format!("{name} version"), shown(module.map(|m| &m.version)));
        things.insert(format!("{name} srcversion"), shown(module.map(|m| &m.srcversion)));
    }
    if empty && !facts.modules.sysfs.is_yes() {
        return Err(unseen(facts, &facts.modules.sysfs));
    }
    Ok(things)
}

fn cmdline_of(facts: &Facts) -> Shown {
    match &facts.config.cmdline {
        Seen::Yes(line) => Ok(cmdline::words(&line.raw)),
        Seen::Unreadable(e) => Err(format!("it could not be read: {e}")),
        _ => Err("it does not carry its command line".to_owned()),
    }
}

/// In which stage each module came, and in which order as far as that is known.
fn loading(facts: &Facts) -> Shown {
    if facts.look.is_of_files() {
        return Err(NOT_RUNNING.to_owned());
    }
    let mut things = Things::new();
    if let Some(initrd) = facts.initrd.yes() {
        for module in STACK.iter().filter(|module| facts.modules.up(module).is_some()) {
            let early = initrd.modules.iter().any(|m| m == module);
            let stage = if early { "in the initrd" } else { "on the real root" };
            things.insert((*module).to_owned(), Thing::new(stage));
        }
    }
    for (first, second) in order::FORCED {
        if let Some(observed) = order::of(facts, first, second).filter(|o| o.by.is_exact()) {
            let shown = if observed.kept { "in order" } else { "the other way round" };
            things.insert(format!("{first} before {second}"), Thing::new(shown));
        }
    }
    match things.is_empty() && facts.modules.up("nvidia").is_some() {
        true => Err("the stage and order are unknown".to_owned()),
        false => Ok(things),
    }
}

/// Lines that decide about loading; their places may change freely.
fn lines(facts: &Facts) -> Shown {
    if !facts.config.files.is_yes() && !facts.config.files.is_absent() {
        return Err("its modprobe.d was not seen".to_owned());
    }
    let kinds = [Directive::Blacklist, Directive::Softdep, Directive::Install];
    let mut things = Things::new();
    for kind in kinds {
        for line in facts.config.of(kind) {
            let text = format!("{} {} {}", kind.word(), &*line.module, &*line.rest);
            things.insert(text.trim_end().to_owned(), Thing::new(""));
        }
    }
    Ok(things)
}

fn requests(facts: &Facts) -> Shown {
    let Some(requests) = facts.config.requests.yes() else {
        return if facts.config.requests.is_absent() {
            Ok(Things::new())
        } else {
            Err("its modules-load.d was not seen".to_owned())
        };
    };
    Ok(requests.iter().map(|r| (r.module.to_string(), Thing::new(""))).collect())
}

fn firmware(image: Option<&Image>) -> Shown {
    let Some(image) = image else {
        return Err("firmware files of a running system are not listed".to_owned());
    };
    let files = image.firmware.yes().map(Vec::as_slice).unwrap_or_default();
    Ok(files.iter().map(|file| (file.name.to_string(), Thing::new(""))).collect())
}

fn loaded(facts: &Facts) -> Shown {
    if facts.look.is_of_files() {
        return Err(NOT_RUNNING.to_owned());
    }
    if !facts.modules.proc.is_yes() && !facts.modules.sysfs.is_yes() {
        return Err(unseen(facts, &facts.modules.proc));
    }
    let up = facts.modules.list.iter().filter(|module| module.is_up());
    Ok(up.map(|module| (module.name.to_string(), Thing::meaning("", "loaded"))).collect())
}

fn modules(image: Option<&Image>) -> Shown {
    let Some(image) = image else {
        return Err("the module files of a running system are not listed".to_owned());
    };
    let modules = image.tree.yes().map(|tree| tree.modules.as_slice()).unwrap_or_default();
    Ok(modules.iter().map(|module| (module.name.to_string(), Thing::new(""))).collect())
}

fn system(facts: &Facts) -> Things {
    let system = &facts.system;
    let mut things = Things::new();
    let mut put = |name: &str, value: Seen<String>| {
        let thing = match value {
            Seen::Yes(value) => Thing::new(value),
            Seen::Absent => return,
            Seen::NotLooked | Seen::Unreadable(_) => Thing::untold(),
        };
        things.insert(name.to_owned(), thing);
    };
    let text = |seen: &Seen<Value>| seen.clone().map(|value| value.to_string());
    let name = |seen: &Seen<Name>| seen.clone().map(|name| name.to_string());
    let yes_no = |seen: &Seen<bool>| seen.map(|is| if is { "yes" } else { "no" }.to_owned());
    put("distribution", name(&system.os_id));
    put("lockdown", text(&system.lockdown));
    put("signatures enforced", yes_no(&system.sig_enforce));
    put("module loading off", yes_no(&system.modules_disabled));
    put("sleep states", text(&system.mem_sleep));
    put("display manager", name(&facts.stage2.display_manager));
    put("suspend units enabled", yes_no(&facts.stage2.suspend_units));
    put("newest generation booted", yes_no(&facts.stage2.newest_generation));
    things
}
