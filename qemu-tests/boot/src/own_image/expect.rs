//! What a user says must come of the boot: a TOML or JSON file
//! (docs/run-expect-v1.schema.json). Unknown keys are errors, and so is a file that
//! asks for nothing.

use super::answer::Answer;
use anyhow::{Context, Result, ensure};
use nvpreflight_tool::source::report_v1::FindingV1;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of conditions has some lines.
const FILE_MAX: u64 = 64 << 10;

/// The conditions; each that is given has to hold.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Version of the format: 1.
    version: u32,
    /// The exact set of codes.
    #[serde(default)]
    findings: Option<BTreeSet<String>>,
    /// The exact set of codes that follow from no other.
    #[serde(default)]
    first: Option<BTreeSet<String>>,
    /// The verifier's verdict.
    #[serde(default)]
    verdict: Option<Verdict>,
    /// Nothing may be worse.
    #[serde(default)]
    worst: Option<Severity>,
    /// Codes that `worst` passes over.
    #[serde(default)]
    allow: BTreeSet<String>,
    /// The exact set of codes of the check of the image without a boot.
    #[serde(default)]
    check: Option<BTreeSet<String>>,
}

/// The verifier's verdict.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Ok,
    Findings,
    CouldNotCheck,
}

/// How bad a finding is, from nothing at all.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No finding.
    None,
    /// A note.
    Note,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

impl Severity {
    /// Of a report's word; what is unknown is as bad as can be.
    fn of(word: &str) -> Self {
        match word {
            "note" => Self::Note,
            "warning" => Self::Warning,
            _ => Self::Error,
        }
    }
}

impl Expect {
    /// What holds where the user gave no file: notes are no failure.
    pub fn usual() -> Self {
        Self {
            version: 1,
            findings: None,
            first: None,
            verdict: None,
            worst: Some(Severity::Note),
            allow: BTreeSet::new(),
            check: None,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A file that is not readable, not of this form, or without a condition.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let size = fs::metadata(path).with_context(|| format!("no `{shown}`"))?.len();
        ensure!(size <= FILE_MAX, "`{shown}` has more than {FILE_MAX} bytes");
        let text = fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
        Self::read(&text).with_context(|| format!("`{shown}`"))
    }

    fn read(text: &str) -> Result<Self> {
        let expect: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text)?
        } else {
            toml::from_str(text)?
        };
        ensure!(expect.version == 1, "`version` is {}, this program knows 1", expect.version);
        ensure!(
            expect.findings.is_some()
                || expect.first.is_some()
                || expect.verdict.is_some()
                || expect.worst.is_some()
                || expect.check.is_some(),
            "it asks for nothing: say `findings`, `first`, `verdict`, `worst` or `check`"
        );
        ensure!(
            expect.allow.is_empty() || expect.worst.is_some(),
            "`allow` has no effect without `worst`"
        );
        let lists = [
            expect.findings.as_ref(),
            expect.first.as_ref(),
            expect.check.as_ref(),
            Some(&expect.allow),
        ];
        for code in lists.into_iter().flatten().flatten() {
            ensure!(
                nvpreflight::rules::RULES.iter().any(|rule| rule.code.to_string() == *code),
                "`{code}` is no code of this version"
            );
        }
        Ok(expect)
    }

    /// Whether a verifier that could not check is what is wanted.
    pub fn wants_blindness(&self) -> bool {
        self.verdict == Some(Verdict::CouldNotCheck)
    }

    /// Whether the codes have to be known whole.
    pub fn wants_all_codes(&self) -> bool {
        self.findings.is_some() || !self.allow.is_empty()
    }

    /// What does not hold.
    pub fn against(&self, answer: &Answer) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(wanted) = &self.findings {
            sets("", wanted, &answer.codes(), &mut wrong);
        }
        if let Some(wanted) = &self.first {
            sets(" as a first cause", wanted, &answer.first_codes(), &mut wrong);
        }
        if let Some(wanted) = self.verdict {
            let wanted = match wanted {
                Verdict::Ok => "ok",
                Verdict::Findings => "findings",
                Verdict::CouldNotCheck => "could-not-check",
            };
            if answer.verdict != wanted {
                wrong.push(format!("verdict {wanted} expected, {} found", answer.verdict));
            }
        }
        for finding in answer.findings.iter().filter(|finding| self.too_bad(finding)) {
            wrong.push(format!("{} {}: {}", finding.severity, finding.code, finding.message));
        }
        wrong
    }

    /// What does not hold of the check without a boot. Where no codes of it are named,
    /// those that the boot may give are no surprise, and nothing else may be worse than
    /// `worst`, or a note.
    pub fn against_check(&self, answer: &Answer) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(wanted) = &self.check {
            sets(" by the check without a boot", wanted, &answer.codes(), &mut wrong);
            return wrong;
        }
        for finding in answer.findings.iter().filter(|finding| self.check_refuses(finding)) {
            wrong.push(format!("{} {}: {}", finding.severity, finding.code, finding.message));
        }
        wrong
    }

    /// Whether this finding of the check without a boot is one that must not be.
    pub fn check_refuses(&self, finding: &FindingV1) -> bool {
        let code = finding.code.as_str();
        if let Some(wanted) = &self.check {
            return !wanted.contains(code);
        }
        let known = |set: &Option<BTreeSet<String>>| set.as_ref().is_some_and(|s| s.contains(code));
        let most = self.worst.unwrap_or(Severity::Note);
        !known(&self.findings)
            && !known(&self.first)
            && !self.allow.contains(code)
            && Severity::of(&finding.severity) > most
    }

    /// Whether this finding of `answer` is one that must not be.
    pub fn refuses(&self, finding: &FindingV1, answer: &Answer) -> bool {
        let code = finding.code.as_str();
        let foreign = |wanted: &Option<BTreeSet<String>>| {
            wanted.as_ref().is_some_and(|all| !all.contains(code))
        };
        self.too_bad(finding)
            || foreign(&self.findings)
            || foreign(&self.first) && answer.first_codes().contains(code)
            || self.verdict == Some(Verdict::Ok)
                && answer.verdict != "ok"
                && Severity::of(&finding.severity) > Severity::Note
    }

    /// Whether `worst` refuses it.
    fn too_bad(&self, finding: &FindingV1) -> bool {
        self.worst.is_some_and(|worst| Severity::of(&finding.severity) > worst)
            && !self.allow.contains(&finding.code)
    }
}

fn sets(what: &str, wanted: &BTreeSet<String>, found: &BTreeSet<&str>, wrong: &mut Vec<String>) {
    for code in wanted {
        if !found.contains(code.as_str()) {
            wrong.push(format!("{code} expected{what}, not found"));
        }
    }
    for code in found {
        if !wanted.contains(*code) {
            wrong.push(format!("{code} found{what}, not expected"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(verdict: &str, findings: &[(&str, &str)]) -> Answer {
        let finding = |(code, severity): &(&str, &str)| FindingV1 {
            code: (*code).to_owned(),
            severity: (*severity).to_owned(),
            ..FindingV1::default()
        };
        Answer {
            way: "serial-port",
            verdict: verdict.to_owned(),
            summary: String::new(),
            findings: findings.iter().map(finding).collect(),
            whole: true,
            skipped: Vec::new(),
            report: None,
        }
    }

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = Expect::read("version = 1\nfindings = [\"NVP201\"]\n").unwrap();
        let json = Expect::read("{\"version\": 1, \"findings\": [\"NVP201\"]}").unwrap();
        assert_eq!(toml, json);
    }

    #[test]
    fn a_file_that_could_not_fail_is_refused() {
        for text in [
            "version = 1",
            "version = 1\nallow = [\"NVP201\"]",
            "version = 2\nworst = \"note\"",
            "worst = \"note\"",
            "version = 1\nworst = \"note\"\ncolour = 1",
            "version = 1\nfindings = [\"NVP999\"]",
            "version = 1\nverdict = \"fine\"",
            "{",
        ] {
            assert!(Expect::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_check_without_a_boot_may_find_what_is_named_and_nothing_worse() {
        let found = answer("findings", &[("NVP201", "error"), ("NVP404", "warning")]);
        let wrong = |text: &str| Expect::read(text).unwrap().against_check(&found).join("; ");
        assert_eq!(wrong("version = 1\nfindings = [\"NVP201\"]"), "warning NVP404: ");
        assert_eq!(wrong("version = 1\nfirst = [\"NVP201\"]\nworst = \"warning\""), "");
        let allow = "version = 1\nworst = \"note\"\nallow = [\"NVP201\", \"NVP404\"]";
        assert_eq!(wrong(allow), "");
        assert_eq!(wrong("version = 1\ncheck = [\"NVP201\", \"NVP404\"]"), "");
        assert_eq!(
            wrong("version = 1\ncheck = [\"NVP201\"]"),
            "NVP404 found by the check without a boot, not expected"
        );
    }

    #[test]
    fn one_code_too_many_or_too_few_is_wrong() {
        let expect = Expect::read("version = 1\nfindings = [\"NVP201\"]").unwrap();
        assert!(expect.against(&answer("findings", &[("NVP201", "error")])).is_empty());
        let wrong = expect.against(&answer("findings", &[("NVP405", "error")]));
        assert_eq!(wrong, ["NVP201 expected, not found", "NVP405 found, not expected"]);
    }

    #[test]
    fn worst_is_a_threshold_and_allow_an_exception_to_it() {
        let expect = Expect::usual();
        assert!(expect.against(&answer("ok", &[("NVP305", "note")])).is_empty());
        assert_eq!(expect.against(&answer("ok", &[("NVP305", "warning")])).len(), 1);
        assert_eq!(expect.against(&answer("ok", &[("NVP305", "terrible")])).len(), 1);
        let expect = Expect::read("version = 1\nworst = \"note\"\nallow = [\"NVP201\"]").unwrap();
        assert!(expect.against(&answer("findings", &[("NVP201", "error")])).is_empty());
        assert_eq!(expect.against(&answer("findings", &[("NVP405", "error")])).len(), 1);
    }

    #[test]
    fn the_verdict_is_compared_as_it_is_named() {
        let expect = Expect::read("version = 1\nverdict = \"could-not-check\"").unwrap();
        assert!(expect.wants_blindness());
        assert!(expect.against(&answer("could-not-check", &[])).is_empty());
        assert_eq!(expect.against(&answer("ok", &[])).len(), 1);
    }
}
