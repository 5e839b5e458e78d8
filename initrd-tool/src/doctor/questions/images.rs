//! "Will the next boot work?" and "What is in my initrd?": the rules over the
//! initrds that are installed, and what they hold of the stack.

use crate::base::print::Size;
use crate::doctor::answer::{Evidence, Says};
use crate::doctor::case::Case;
use nvpreflight::facts::image::{Image, Kind};
use nvpreflight::facts::{Facts, STACK};
use nvpreflight::finding::{Report, Verdict};
use nvpreflight::reading::options;

pub(super) fn next_boot(c: &Case<'_>) -> Says {
    let own = c.facts.image.is_yes().then_some((c.name, c.report));
    let looks: Vec<(&str, &Report)> =
        own.into_iter().chain(c.initrds.iter().map(|i| (i.name, i.report))).collect();
    if looks.is_empty() {
        return Says::unknown(no_initrd(c)).all(problems(c));
    }
    let judged: Vec<String> = looks
        .iter()
        .map(|(name, report)| {
            let word = match report.verdict() {
                Verdict::Ok => "ok".to_owned(),
                Verdict::Findings => codes(report),
                Verdict::CouldNotCheck => "not all of it could be checked".to_owned(),
            };
            format!("{}: {word}", short(name))
        })
        .collect();
    let text = judged.join("; ");
    let worst = |verdict| looks.iter().any(|(_, report)| report.verdict() == verdict);
    let says = match (worst(Verdict::Findings), worst(Verdict::CouldNotCheck)) {
        (true, _) => Says::bad(format!("no: {text}")),
        (false, true) => Says::careful(format!("maybe: {text}")),
        (false, false) => Says::good(format!("yes, as far as an image can show: {text}")),
    };
    let evidence = looks.iter().flat_map(|(name, report)| {
        let of = move |f: &nvpreflight::finding::Finding| Evidence {
            place: format!("{}: {}", short(name), f.rule.code),
            text: f.message.to_string(),
        };
        report.findings.iter().filter(|f| f.cause.is_none()).map(of)
    });
    says.all(evidence.collect::<Vec<_>>()).all(problems(c))
}

fn problems(c: &Case<'_>) -> Vec<Evidence> {
    let shown = |why: &String| Evidence { place: "not looked at".into(), text: why.clone() };
    c.initrd_problems.iter().map(shown).collect()
}

fn no_initrd(c: &Case<'_>) -> String {
    match c.initrd_problems.first() {
        Some(problem) => problem.clone(),
        None => "no initrd is in this input".to_owned(),
    }
}

/// Codes of the causes, the worst first.
fn codes(report: &Report) -> String {
    let mut out: Vec<String> = Vec::new();
    for finding in report.findings.iter().filter(|f| f.cause.is_none()) {
        let code = finding.rule.code.to_string();
        if !out.contains(&code) {
            out.push(code);
        }
    }
    out.join(" ")
}

fn short(name: &str) -> &str {
    name.rsplit('/').next().filter(|n| !n.is_empty() && *n != "initrd").unwrap_or(name)
}

pub(super) fn content(c: &Case<'_>) -> Says {
    let Some(facts) = c.initrd() else {
        return Says::unknown(no_initrd(c)).all(problems(c));
    };
    let Some(image) = facts.image.yes() else {
        return Says::unknown("the image was not read");
    };
    let brought: Vec<&str> = STACK.into_iter().filter(|m| image.module(m).is_some()).collect();
    let stack = match (brought.as_slice(), image.driver_version()) {
        ([], _) => "no NVIDIA modules".to_owned(),
        (modules, Some(version)) => format!("{} of {version}", modules.join(", ")),
        (modules, None) => modules.join(", "),
    };
    let options = options_in(facts).len();
    let firmware = firmware(image);
    let size = match image.kind {
        Kind::Directory => "a directory".to_owned(),
        _ => Size(image.size).to_string(),
    };
    let says = Says::plain(format!(
        "{stack}; {} of its firmware; {options} option line{}; {size}",
        Size(firmware.iter().map(|(_, size)| size).sum()),
        if options == 1 { "" } else { "s" },
    ));
    let modules = brought.iter().filter_map(|m| image.module(m)).map(|module| Evidence {
        place: module.path.to_string(),
        text: Size(module.size).to_string(),
    });
    let files = firmware
        .iter()
        .map(|(name, size)| Evidence { place: name.clone(), text: Size(*size).to_string() });
    says.all(modules.collect::<Vec<_>>()).all(files).all(options_in(facts))
}

fn firmware(image: &Image) -> Vec<(String, u64)> {
    let files = image.firmware.yes().map(Vec::as_slice).unwrap_or_default();
    let ours = files.iter().filter(|file| file.name.starts_with("nvidia/"));
    ours.map(|file| (file.name.to_string(), file.size.unwrap_or(0))).collect()
}

fn options_in(facts: &Facts) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = Vec::new();
    for module in STACK {
        for set in options::of(facts, module) {
            let line =
                Evidence { place: set.place.to_string(), text: set.line.as_options().to_string() };
            if !out.contains(&line) {
                out.push(line);
            }
        }
    }
    out
}
