//! The report as JSON, format `nvpreflight-report` version 1
//! (docs/report-v1.schema.json). Fields are added, never renamed or removed.
//!
//! A writer of its own: it streams to any writer without a buffer or an
//! allocation, and escapes by RFC 8259 section 7.

use super::journal::Dashed;
use super::{text, verdict};
use crate::facts::{Facts, Place};
use crate::finding::{Clock, Finding, Report, Severity};
use core::fmt::{self, Display, Write};

/// Writes the report. `facts` gives the modules that were up, which the
/// pre-display phase compares with.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, facts: &Facts, out: &mut dyn Write) -> fmt::Result {
    let mut json = Json { out, comma: false };
    json.object(|j| {
        j.text("format", crate::parse::report_v1::FORMAT)?;
        j.number("version", 1)?;
        j.text("tool", env!("CARGO_PKG_VERSION"))?;
        j.text("phase", report.phase.name())?;
        j.text("look", report.look.name())?;
        j.text("verdict", report.verdict().name())?;
        j.number("exit", report.verdict().exit().into())?;
        j.text("summary", verdict::Line(report))?;
        j.key("counts")?.object(|j| counts(report, j))?;
        let up = facts.modules.list.iter().filter(|m| m.is_up());
        j.list("modules", up, |j, module| j.string(&module.name))?;
        j.list("findings", &report.findings, |j, f| j.object(|j| finding(report, f, j)))?;
        j.list("skipped", report.skipped(), |j, (rule, skip)| {
            j.object(|j| {
                j.text("code", rule.code)?;
                j.text("reason", report.why(rule, skip))?;
                j.truth("unreadable", skip.is_blind())
            })
        })?;
        j.list("timeline", &report.timeline, |j, event| {
            j.object(|j| {
                j.number("us", event.us)?;
                j.text("clock", clock(event.clock))?;
                j.text("step", event.step.name())?;
                j.text("lane", event.lane.name())?;
                j.text("what", &event.what)
            })
        })?;
        j.list("lost", report.lost.kinds(), |j, (what, count)| {
            j.object(|j| {
                j.text("what", what)?;
                j.number("count", *count)
            })
        })?;
        j.key("timing")?.object(|j| {
            j.number("started_us", report.timing.started_us)?;
            j.number("waited_us", report.timing.waited_us)?;
            j.number("held_us", report.timing.held_us)?;
            j.number("finished_us", report.timing.finished_us)
        })
    })?;
    out.write_str("\n")
}

fn counts(report: &Report, j: &mut Json<'_>) -> fmt::Result {
    let skipped = report.skipped().count();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        j.number(severity.name(), report.count(severity) as u64)?;
    }
    j.number("passed", report.passed() as u64)?;
    j.number("skipped", (skipped - report.blind()) as u64)?;
    j.number("unreadable", report.blind() as u64)
}

fn finding(report: &Report, f: &Finding, j: &mut Json<'_>) -> fmt::Result {
    j.text("code", f.rule.code)?;
    j.text("rule", Dashed(f.rule.name))?;
    j.text("severity", f.severity.name())?;
    j.text("confidence", f.confidence.name())?;
    j.text("title", f.rule.title)?;
    j.text("message", &f.message)?;
    j.text("module", &f.module)?;
    j.list("gpus", &f.gpus, |j, gpu| j.string(gpu))?;
    j.text("origin", &f.origin)?;
    j.key("at")?.object(|j| place(&f.origin, j))?;
    j.text("expected", &f.expected)?;
    j.text("found", &f.found)?;
    j.text("evidence", &f.evidence)?;
    j.text("fix", text::fix(report, f))?;
    if let Some(reason) = report.reason(f.rule.code) {
        j.text("reason", reason)?;
    }
    match text::cause(report, f) {
        Some(cause) => j.text("cause", cause.rule.code),
        None => j.text("cause", ""),
    }
}

/// A place by kind, beside its text in `origin`.
fn place(place: &Place, j: &mut Json<'_>) -> fmt::Result {
    j.text("kind", place.kind())?;
    if let Some(path) = place.path() {
        j.text("path", path)?;
    }
    match place {
        Place::Nowhere | Place::File(_) => Ok(()),
        Place::Line { line, .. } => j.number("line", (*line).into()),
        Place::Word(number) => j.number("word", (*number).into()),
        Place::Byte(offset) => j.number("byte", *offset),
        Place::Log { us } => j.number("us", *us),
    }
}

const fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Kernel => "kernel",
        Clock::Trace => "trace",
    }
}

/// A JSON value under construction; `comma` is due before the next member.
struct Json<'w> {
    out: &'w mut dyn Write,
    comma: bool,
}

impl Json<'_> {
    fn key(&mut self, key: &str) -> Result<&mut Self, fmt::Error> {
        self.next()?;
        write!(self.out, "\"{key}\":")?;
        self.comma = false;
        Ok(self)
    }

    fn next(&mut self) -> fmt::Result {
        if self.comma { self.out.write_str(",") } else { Ok(()) }
    }

    fn object(&mut self, members: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.out.write_str("{")?;
        self.comma = false;
        members(self)?;
        self.comma = true;
        self.out.write_str("}")
    }

    fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T) -> fmt::Result,
    ) -> fmt::Result {
        self.key(key)?.out.write_str("[")?;
        for value in items {
            self.next()?;
            item(self, value)?;
            self.comma = true;
        }
        self.comma = true;
        self.out.write_str("]")
    }

    fn text(&mut self, key: &str, value: impl Display) -> fmt::Result {
        self.key(key)?.string(value)
    }

    fn string(&mut self, value: impl Display) -> fmt::Result {
        self.out.write_str("\"")?;
        write!(Escape(self.out), "{value}")?;
        self.comma = true;
        self.out.write_str("\"")
    }

    fn number(&mut self, key: &str, value: u64) -> fmt::Result {
        write!(self.key(key)?.out, "{value}")?;
        self.comma = true;
        Ok(())
    }

    fn truth(&mut self, key: &str, value: bool) -> fmt::Result {
        write!(self.key(key)?.out, "{value}")?;
        self.comma = true;
        Ok(())
    }
}

/// Escapes quotation marks, backslashes and control characters on the way.
struct Escape<'w>(&'w mut dyn Write);

impl Write for Escape<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let odd = |c: char| c == '"' || c == '\\' || c < ' ';
        let mut rest = s;
        while let Some(at) = rest.find(odd) {
            let (plain, tail) = rest.split_at(at);
            self.0.write_str(plain)?;
            let mut chars = tail.chars();
            match chars.next() {
                Some('"') => self.0.write_str("\\\"")?,
                Some('\\') => self.0.write_str("\\\\")?,
                Some('\n') => self.0.write_str("\\n")?,
                Some(c) => write!(self.0, "\\u{:04x}", u32::from(c))?,
                None => {}
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::facts::Phase;
    use crate::finding::Message;
    use proptest::prelude::*;
    use serde_json::Value;
    use std::boxed::Box;
    use std::string::String;

    fn parsed(report: &Report) -> Value {
        let mut out = String::new();
        write(report, &Box::new(Facts::new(Phase::Initrd)), &mut out).unwrap();
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
    }

    #[test]
    fn a_broken_boot_reads_back_whole() {
        let json = parsed(&sample::broken());
        assert_eq!(json["verdict"], "findings");
        assert_eq!(json["exit"], 1);
        assert_eq!(json["counts"]["error"], 1);
        assert_eq!(json["findings"][0]["code"], "NVP201");
        assert_eq!(json["findings"][0]["cause"], "");
        assert_eq!(json["findings"][1]["cause"], "NVP201");
        assert_eq!(json["findings"][0]["evidence"], "options nvidia-drm modeset=0 x=\" \\é\"");
        assert_eq!(json["findings"][0]["gpus"], serde_json::json!(["0000:01:00.0"]));
        assert_eq!(json["findings"][0]["origin"], "etc/modprobe.d/b.conf:1");
        let at = serde_json::json!({"kind": "line", "path": "etc/modprobe.d/b.conf", "line": 1});
        assert_eq!(json["findings"][0]["at"], at);
        assert_eq!(json["findings"][1]["gpus"], serde_json::json!([]));
        assert_eq!(json["findings"][1]["at"], serde_json::json!({"kind": "none"}));
        assert_eq!(json["timeline"][0]["us"], 1_234_567);
        assert_eq!(json["lost"][0]["count"], 3);
        assert_eq!(json["timing"]["waited_us"], 1500);
    }

    #[test]
    fn what_could_not_be_read_is_told_as_such() {
        let json = parsed(&sample::blind());
        assert_eq!(json["verdict"], "could-not-check");
        assert_eq!(json["counts"]["unreadable"], 2);
        assert_eq!(json["skipped"][0]["unreadable"], true);
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut report = sample::broken();
            report.findings[0].message = Message::from_bytes(&bytes);
            let json = parsed(&report);
            let kept = std::format!("{}", report.findings[0].message);
            prop_assert_eq!(json["findings"][0]["message"].as_str(), Some(kept.as_str()));
        }

        #[test]
        fn escaping_agrees_with_serde_json(text in any::<String>()) {
            let mut out = String::from("\"");
            write!(Escape(&mut out), "{text}").unwrap();
            out.push('"');
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
