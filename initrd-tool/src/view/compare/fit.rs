//! Which change fits a finding best: the one about the line, the parameter or the
//! module that the finding names, then the one in a section that its family of rules
//! judges. A guess from what changed, said as such; it never makes a finding.

use super::Change;
use nvpreflight::finding::Finding;
use nvpreflight::text::same_name;

/// The sections that decide about a family of rules (the hundreds of a code), the
/// likeliest first.
const fn sections(code: u16) -> &'static [&'static str] {
    match code / 100 {
        1 => &["loading", "requests", "lines", "times", "driver", "kernel", "loaded"],
        2 => &["options", "cmdline", "driver", "display", "kernel", "loading", "GPUs"],
        3 => &["options", "lines", "cmdline", "requests", "driver"],
        4 => &["firmware", "driver", "kernel", "modules", "requests", "loading", "options"],
        5 => &["GPUs", "driver", "kernel", "firmware", "cmdline", "lines", "loaded", "options"],
        6 => &["options", "driver", "system", "cmdline", "lines"],
        7 => &["cmdline", "system", "kernel", "lines", "driver"],
        _ => &[],
    }
}

/// How well a change fits a finding; 0: not at all.
#[must_use]
pub fn weight(change: &Change, finding: &Finding) -> usize {
    let code = finding.rule.code.0;
    let list = sections(code);
    let Some(at) = list.iter().position(|section| *section == change.section) else { return 0 };
    let origin = finding.origin.to_string();
    // What the finding is about, by its slots and the evidence that it quotes; never by
    // its sentence.
    let slots = [&*finding.parameter, &*finding.module, &*finding.found, &*finding.expected];
    let says = |word: &str| {
        word.len() > 2
            && (slots.iter().any(|slot| same_name(slot, word))
                || [&*origin, &*finding.evidence].iter().any(|text| text.contains(word)))
    };
    let values = || change.old.iter().chain(&change.new);
    // The place of the finding in brackets behind a value, as options are shown.
    let place =
        finding.origin.is_shown() && values().any(|value| value.contains(&format!("({origin})")));
    let (module, parameter) = match change.name.split_once('.') {
        Some((module, parameter)) => (module, parameter),
        None => (change.name.as_str(), change.name.as_str()),
    };
    let named = says(parameter) || says(&change.name);
    let of_module = !finding.module.is_empty() && module == &*finding.module;
    // A driver or kernel of another version can be behind anything of its family.
    let version = matches!(change.section, "driver" | "kernel")
        && matches!(change.name.as_str(), "" | "version" | "flavour");
    let near = list.len() - at;
    // A GPU is first initialised, and its firmware asked for, where nvidia_drm loads
    // with mode setting (docs/rules/NVP405.md): both decide whether that is met.
    let initialises = matches!(code / 100, 4 | 5)
        && (change.section == "loading"
            || change.section == "options"
                && (parameter == "modeset" || parameter.starts_with("NVreg_EnableGpuFirmware")));
    match (place, named, of_module, version || initialises) {
        (true, ..) => 300 + near,
        (_, true, ..) => 200 + near,
        (_, _, true, _) => 150 + near,
        (.., true) => 100 + near,
        _ => 0,
    }
}

/// False for the verdict and the findings themselves, which explain nothing.
#[must_use]
pub fn is_told(change: &Change) -> bool {
    !matches!(change.section, "verdict" | "findings")
}

/// The changes that fit the finding, the best first, and the others in their order.
#[must_use]
pub fn split<'a>(changes: &'a [Change], finding: &Finding) -> (Vec<&'a Change>, Vec<&'a Change>) {
    let (mut fitting, others): (Vec<_>, Vec<_>) = changes
        .iter()
        .filter(|change| is_told(change))
        .partition(|change| weight(change, finding) > 0);
    fitting.sort_by_key(|change| std::cmp::Reverse(weight(change, finding)));
    (fitting, others)
}
