//! Findings that came and went. One that is missing on a side counts as gone only
//! where that side's rule looked.

use super::{Change, Compared, NotCompared, both};
use nvpreflight::finding::Report;
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one side, and the rules that did not judge there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// Code to severity and sentence, in the order of the report.
    pub found: BTreeMap<String, Vec<(String, String)>>,
    /// Code to the reason why it did not judge.
    pub skipped: BTreeMap<String, String>,
}

impl Findings {
    /// Those of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut out = Self::default();
        for finding in &report.findings {
            out.add(finding.rule.code, finding.severity.name(), &finding.message);
        }
        for (rule, skip) in report.skipped() {
            out.skipped.insert(rule.code.to_string(), skip.to_string());
        }
        out
    }

    /// Adds one.
    pub fn add(&mut self, code: impl ToString, severity: &str, message: &str) {
        let found = self.found.entry(code.to_string()).or_default();
        found.push((severity.to_owned(), message.to_owned()));
    }
}

pub(super) fn compare(
    old: &Result<Findings, String>,
    new: &Result<Findings, String>,
    out: &mut Compared,
) {
    let Some((old, new)) = both("findings", old, new, out) else { return };
    let codes: BTreeSet<&String> = old.found.keys().chain(new.found.keys()).collect();
    for code in codes {
        let none = Vec::new();
        let of = |side: &Findings| side.found.get(code).unwrap_or(&none).clone();
        let (before, after) = (of(old), of(new));
        let blind = |side: &Findings, found: &[_]| {
            side.skipped.get(code).filter(|_| found.is_empty()).cloned()
        };
        let lacking = blind(old, &before).map(|why| (false, why));
        if let Some((new_lacks, why)) = lacking.or(blind(new, &after).map(|why| (true, why))) {
            let name = code.clone();
            out.not_compared.push(NotCompared { section: "findings", name, new_lacks, why });
            continue;
        }
        let meaning = |found: &[(String, String)]| -> BTreeSet<String> {
            found.iter().map(|(_, message)| gist(message)).collect()
        };
        if meaning(&before) == meaning(&after) {
            continue;
        }
        let shown = |found: &[(String, String)]| {
            let (severity, message) = found.first()?;
            let more = match found.len() {
                1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            Some(format!("{severity}: {message}{more}"))
        };
        out.changes.push(Change {
            section: "findings",
            name: code.clone(),
            old: shown(&before),
            new: shown(&after),
        });
    }
}

/// A sentence without what differs between looks at one state: its times ("12.903 s" is
/// "# s"), and the name behind a GPU's address, which not every source tells.
fn gist(message: &str) -> String {
    let mut out = Vec::new();
    let mut rest = message;
    let mut text = String::new();
    while let Some((before, name)) = rest.split_once(" (NVIDIA ") {
        text.push_str(before);
        rest = name.split_once(')').map_or("", |(_, behind)| behind);
    }
    text.push_str(rest);
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let unit = words.peek().map(|next| next.trim_end_matches([',', '.', ';', ':', ')']));
        let number = !word.is_empty()
            && word.trim_start_matches('(').bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match number && matches!(unit, Some("s" | "ms")) {
            true => out.push("#"),
            false => out.push(word),
        }
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_names_are_no_difference_and_values_are() {
        let at = |s: &str| gist(&format!("nvidia_drm was ready {s} after the greeter"));
        assert_eq!(at("1.903 s"), at("2.1 s"));
        assert_ne!(gist("found 1, wanted 2"), gist("found 2, wanted 2"));
        assert_eq!(gist("GPU 01:00.0 (NVIDIA RTX) fell"), gist("GPU 01:00.0 fell"));
    }

    #[test]
    fn a_finding_is_gone_only_where_its_rule_looked() {
        let mut old = Findings::default();
        old.add("NVP201", "error", "x");
        old.add("NVP405", "error", "y");
        let mut new = Findings::default();
        new.skipped.insert("NVP405".into(), "the kernel log was not checked".into());
        let mut out = Compared::default();
        compare(&Ok(old), &Ok(new), &mut out);
        let gone: Vec<_> = out.changes.iter().map(|c| (&*c.name, c.new.is_some())).collect();
        assert_eq!(gone, [("NVP201", false)]);
        assert_eq!(out.not_compared.len(), 1);
        assert_eq!(out.not_compared[0].name, "NVP405");
    }
}
