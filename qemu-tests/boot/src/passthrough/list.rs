//! The list of NVIDIA GPUs for a person and for programs.

use super::card::Card;
use super::function::Function;
use super::host::Host;
use super::judge::Verdict;
use super::survey::{Judged, Survey};
use anyhow::Result;
use nvpreflight_tool::base::clean;
use serde::Serialize;
use std::fmt::Write;

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    root: String,
    guest_memory_mib: u64,
    #[serde(flatten)]
    survey: &'a Survey,
}

/// JSON, version 1.
///
/// # Errors
/// None that happen; serde_json's signature has one.
pub fn json(host: &Host, survey: &Survey, guest_memory_mib: u64) -> Result<String> {
    let document = Document {
        format: "nvpreflight-passthrough",
        version: 1,
        root: host.root().display().to_string(),
        guest_memory_mib,
        survey,
    };
    Ok(serde_json::to_string_pretty(&document)?)
}

/// Text, a paragraph a GPU.
#[must_use]
pub fn text(survey: &Survey, memory_mib: u64) -> String {
    let mut out = String::new();
    if survey.gpus.is_empty() {
        out.push_str("no NVIDIA GPU here\n");
    }
    // What a card's own paragraph says is not said again.
    let told = |why: &String| survey.gpus.iter().any(|judged| judged.card.unclear.contains(why));
    for why in survey.machine.unclear.iter().filter(|why| !told(why)) {
        let _ = writeln!(out, "could not look: {why}");
    }
    for (number, judged) in survey.gpus.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        paragraph(&mut out, judged, memory_mib);
    }
    out.lines().map(|line| clean::line(line.as_bytes()) + "\n").collect()
}

fn paragraph(out: &mut String, judged: &Judged, memory_mib: u64) {
    let Judged { card, verdict, reasons } = judged;
    let _ = writeln!(out, "{}: {}", card.gpu, verdict.words());
    for reason in reasons {
        let mark = match reason.allows {
            Verdict::No => "no",
            Verdict::OnlyIfYouInsist => "insist",
            Verdict::Yes => "note",
        };
        let _ = writeln!(out, "  {mark}: {}", reason.text);
    }
    for function in &card.functions {
        let _ = writeln!(out, "  {}", one(function));
    }
    if let Some(group) = card.gpu().and_then(|gpu| gpu.group) {
        let others: Vec<String> = card
            .others
            .iter()
            .map(|other| format!("{} ({})", other.address, other.kind()))
            .collect();
        let others = if others.is_empty() { "nothing else".to_owned() } else { others.join(", ") };
        let _ = writeln!(out, "  IOMMU group {group}: beside the card {others}");
    }
    let _ = writeln!(out, "  display: {}", display(card));
    let _ = writeln!(out, "  memory: a guest of {memory_mib} MiB pins that much");
}

fn one(function: &Function) -> String {
    let mut text = format!(
        "{} {:04x}:{:04x} {}, {}",
        function.address,
        function.vendor,
        function.device,
        function.kind(),
        function
            .driver
            .as_ref()
            .map_or_else(|| "no driver".to_owned(), |name| format!("driver {name}"))
    );
    if !function.reset.is_empty() {
        let _ = write!(text, ", reset by {}", function.reset.join(" "));
    }
    text
}

fn display(card: &Card) -> String {
    let display = &card.display;
    let mut words: Vec<String> = Vec::new();
    if display.boot_vga {
        words.push("boot VGA".to_owned());
    }
    words.extend(display.framebuffers.iter().cloned());
    words.extend(display.monitors.iter().map(|monitor| {
        format!("{} {}", monitor.connector, if monitor.lit { "lit" } else { "dark" })
    }));
    if words.is_empty() {
        words.push("none".to_owned());
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passthrough::fake::Fake;
    use crate::passthrough::survey::survey;

    #[test]
    fn the_list_says_what_there_is_and_why_not() {
        let fake = Fake::driven();
        fake.process(77, "X\u{1b}[31m", &["/dev/dri/card1"], "");
        let survey = survey(&fake.host(), 1024).unwrap();
        assert_eq!(
            text(&survey, 1024),
            "0000:01:00.0: no\n  \
             no: X\u{241b}[31m (process 77) has /dev/dri/card1 open: end it; the driver would wait for it for ever\n  \
             insist: nvidia_drm, nvidia_modeset have to be unloaded and loaded again\n  \
             note: not checked: root's rights and the limit of locked memory, since these are the files of a machine and not the machine\n  \
             0000:01:00.0 10de:2206 VGA, driver nvidia, reset by bus\n  \
             0000:01:00.1 10de:1aef audio, driver snd_hda_intel, reset by bus\n  \
             0000:01:00.2 10de:1ada USB, driver xhci_hcd, reset by bus\n  \
             IOMMU group 1: beside the card 0000:00:01.0 (bridge)\n  \
             display: none\n  \
             memory: a guest of 1024 MiB pins that much\n"
        );
    }

    #[test]
    fn the_document_has_a_format_and_a_version() {
        let fake = Fake::idle();
        let survey = survey(&fake.host(), 1024).unwrap();
        let document: serde_json::Value =
            serde_json::from_str(&json(&fake.host(), &survey, 1024).unwrap()).unwrap();
        assert_eq!(document["format"], "nvpreflight-passthrough");
        assert_eq!(document["version"], 1);
        assert_eq!(document["gpus"][0]["gpu"], "0000:01:00.0");
        assert_eq!(document["gpus"][0]["verdict"], "yes");
        assert_eq!(document["gpus"][0]["functions"][2]["vendor"], "0x10de");
        assert_eq!(document["gpus"][0]["functions"][2]["class"], "0x0c0330");
    }

    #[test]
    fn a_machine_without_pci_could_not_be_looked_at() {
        let empty = tempfile::tempdir().unwrap();
        assert!(survey(&Host::at(empty.path()), 1024).is_err());
    }
}
