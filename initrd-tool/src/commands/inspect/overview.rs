//! The first look at an image: who made it, for which kernel, what is in it, and
//! whether the NVIDIA stack is and how it gets loaded.

use super::{Given, Value, broken};
use crate::base::error::Result;
use crate::base::print::{Shown, Size};
use crate::source::image::Image;
use crate::view::inventory::modules::{ModuleFile, read};
use crate::view::inventory::options;
use crate::view::inventory::owner::Group;
use crate::view::inventory::summary::Summary;
use nvpreflight::facts::STACK;
use nvpreflight::facts::{Facts, config::Request};
use serde_json::json;
use std::io::{self, Write};

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let summary = Summary::of(given.opened)?;
    let facts = options::facts(given.opened.files().as_tree());
    let here = summary.modules.keys().any(|name| STACK.contains(&name.as_str()));
    // Without the stack there is nothing to read in another pass.
    let stack = if here {
        read(given.opened, &mut |name| STACK.contains(&name), given.ui)?
    } else {
        Vec::new()
    };
    let loading = loading(&stack, &facts);
    if given.args.json {
        return Ok(value(given, &summary, &stack, &loading));
    }
    text(given, &summary, &stack, &loading, out).map_err(broken)?;
    Ok(Value::new())
}

/// How the stack gets loaded out of this image: the policy that the image
/// follows, for people, not judged.
fn loading(stack: &[ModuleFile], facts: &Facts) -> String {
    if stack.is_empty() {
        return "not from this image: only after switch-root".to_owned();
    }
    let requests = facts.config.requests.yes().map(|r| r.as_slice()).unwrap_or_default();
    let request = requests.iter().find(|Request { module, .. }| STACK.contains(&module.as_str()));
    match request {
        Some(request) => format!("early, requested by {}", request.place),
        None => "early if udev finds the GPU; no configuration requests it".to_owned(),
    }
}

fn text(
    given: &Given<'_>,
    summary: &Summary,
    stack: &[ModuleFile],
    loading: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut row = |name: &str, text: &str| writeln!(out, "{name:<11}{text}");
    row("image", &format!("{}{}", given.name(), size(given)))?;
    if let Some(image) = given.opened.image().filter(|image| image.uki().is_some()) {
        let text = |bytes: Option<&[u8]>| Shown(bytes.unwrap_or_default().trim_ascii()).to_string();
        row("unified", &format!("kernel {}", none_or(text(image.uname()), "not told")))?;
        row("cmdline", &none_or(text(image.cmdline()), "not told"))?;
        let uki = image.uki().filter(|uki| !uki.profiles.is_empty());
        for profile in uki.iter().flat_map(|uki| &uki.profiles) {
            let taken = uki.is_some_and(|uki| uki.profile == profile.number);
            row("profile", &format!("{profile}{}", if taken { ", shown here" } else { "" }))?;
        }
    }
    if let Some(config) = given.opened.image().and_then(Image::bootconfig) {
        row(
            "bootconfig",
            &match &config.words {
                Ok(words) => none_or(Shown(words).to_string(), "no words for the command line"),
                Err(why) => format!("the kernel takes none of it: {}", Shown(why.as_bytes())),
            },
        )?;
    }
    row("kernel", &none_or(summary.releases.join(", "), "unknown: no module directory"))?;
    if !summary.system.is_empty() {
        row("system", &summary.system)?;
    }
    row("made by", &made_by(summary))?;
    if let Some(init) = &summary.init {
        row("init", &init.to_string())?;
    }
    if let Some(image) = given.opened.image() {
        let segments: Vec<String> = image
            .segments()
            .iter()
            .map(|segment| format!("{} {}", segment.form.name(), Size(segment.packed)))
            .collect();
        row("segments", &format!("{}: {}", segments.len(), segments.join(", ")))?;
    }
    let (files, bytes) = (summary.files.files, Size(summary.files.bytes));
    row("holds", &format!("{files} files, {bytes}; {} modules", summary.modules.len()))?;
    row("nvidia", &nvidia(stack))?;
    row("loaded", loading)?;
    let firmware = summary.group(Group::Firmware);
    let part = summary.parts(Group::Firmware).into_iter().find(|(name, _)| *name == "nvidia");
    let own = part.map_or(0, |(_, share)| share.bytes);
    row("firmware", &format!("{}, of it nvidia {}", Size(firmware.bytes), Size(own)))?;
    let microcode = summary.parts(Group::Microcode);
    if !microcode.is_empty() {
        let parts: Vec<String> =
            microcode.iter().map(|(name, share)| format!("{name} {}", Size(share.bytes))).collect();
        row("microcode", &parts.join(", "))?;
    }
    if let Some(seal) = &summary.injected {
        row("verifier", &format!("added by nvpreflight {}, started by {}", seal.tool, seal.init))?;
    }
    row("verdict", &format!("nvpreflight check {}", given.name()))
}

fn size(given: &Given<'_>) -> String {
    given.opened.image().map_or(String::new(), |image| format!(", {}", Size(image.size())))
}

fn none_or(text: String, none: &str) -> String {
    if text.is_empty() { none.to_owned() } else { text }
}

fn made_by(summary: &Summary) -> String {
    match &summary.generator {
        Some(made) if made.version.is_empty() => format!("{} ({})", made.name, made.evidence),
        Some(made) => format!("{} {} ({})", made.name, made.version, made.evidence),
        None => "unknown".to_owned(),
    }
}

/// "595.45.04 (open): nvidia, nvidia_modeset, …; no nvidia_uvm".
fn nvidia(stack: &[ModuleFile]) -> String {
    if stack.is_empty() {
        return "no NVIDIA module in this image".to_owned();
    }
    let mut kinds: Vec<String> = Vec::new();
    for info in stack.iter().filter_map(|module| module.info.as_ref().ok()) {
        let version = none_or(info.get("version").to_owned(), "no version");
        if !kinds.iter().any(|kind| kind.starts_with(&version)) {
            let flavour = info.flavour();
            kinds.push(if flavour.is_empty() { version } else { format!("{version} ({flavour})") });
        }
    }
    let names: Vec<&str> = stack.iter().map(|module| module.name.as_str()).collect();
    let missing: Vec<&str> = STACK.iter().copied().filter(|name| !names.contains(name)).collect();
    let missing =
        if missing.is_empty() { String::new() } else { format!("; no {}", missing.join(", ")) };
    format!("{}: {}{missing}", none_or(kinds.join(" and "), "unreadable"), names.join(", "))
}

fn value(given: &Given<'_>, summary: &Summary, stack: &[ModuleFile], loading: &str) -> Value {
    let mut value = given.opened.image().map(super::segments::value).unwrap_or_default();
    let stack: Vec<_> = stack
        .iter()
        .map(|module| {
            let info = module.info.as_ref().ok();
            json!({
                "name": module.name, "path": module.path, "size": module.size,
                "version": info.map(|info| info.get("version")),
                "vermagic": info.map(|info| info.get("vermagic")),
                "flavour": info.map(|info| info.flavour()),
            })
        })
        .collect();
    let generator = summary.generator.as_ref().map(
        |made| json!({ "name": made.name, "version": made.version, "evidence": made.evidence }),
    );
    value.insert("releases".into(), summary.releases.clone().into());
    value.insert("system".into(), summary.system.clone().into());
    value.insert("generator".into(), generator.into());
    value.insert("init".into(), summary.init.as_ref().map(ToString::to_string).into());
    value.insert("modules".into(), summary.modules.len().into());
    value.insert("stack".into(), stack.into());
    value.insert("loading".into(), loading.into());
    value.insert("verifier".into(), serde_json::to_value(&summary.injected).unwrap_or_default());
    value.extend(super::size::value(summary));
    value
}
