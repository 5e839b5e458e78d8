//! `check` over many subjects: each judged as alone, several at a time, printed in the
//! order in which they were named. One that cannot be opened is told and hides no other.

use super::{Print, exit};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::facts::look::Look;
use crate::render::findings::openmetrics::Metrics;
use crate::render::findings::{Format, verdict};
use crate::source::subject::SubjectArgs;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Images unpacked at the same time: each can take some hundred MB.
const AT_ONCE: usize = 4;

/// What one subject came to.
struct Row {
    name: String,
    exit: Exit,
    said: String,
    text: String,
    metrics: Metrics,
}

/// Judges every subject and prints them together.
pub(super) fn run(subjects: &[PathBuf], args: &SubjectArgs, print: &Print, ui: Ui) -> Result<Exit> {
    // Progress of several at a time would overwrite itself.
    let quiet = Ui { quiet: true, ..ui };
    let next = AtomicUsize::new(0);
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(AT_ONCE));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(subjects.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = subjects.get(at) else { break };
                    let row = row(path, args, print, quiet);
                    // Only a panic poisons it, and rows are whole or not there.
                    rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    rows.sort_by_key(|(at, _)| *at);
    let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    let exit = worst(&rows);
    let text = match print.format() {
        Format::Text => table(&rows),
        Format::Openmetrics => metrics(rows),
        Format::Sarif => sarif(&rows, ui),
        Format::Concise | Format::Brief | Format::Json | Format::Github => together(&rows, ui),
    };
    print.put(&text)?;
    Ok(exit)
}

fn row(path: &Path, args: &SubjectArgs, print: &Print, ui: Ui) -> Row {
    let args = SubjectArgs { subject: Some(path.to_owned()), ..args.clone() };
    let name = clean::path(path);
    let mut look = match Look::at(&args, None, ui) {
        Ok(look) => look,
        Err(error) => {
            let said = clean::line(error.to_string().as_bytes());
            let (text, metrics) = (String::new(), Metrics::default());
            return Row { name, exit: Exit::CouldNot, said, text, metrics };
        }
    };
    let report = print.judged(&mut look);
    let mut metrics = Metrics::default();
    let said = look.judged(&report, |judged| {
        metrics.add(judged);
        clean::line(verdict(judged).as_bytes())
    });
    let text = match print.format() {
        Format::Json => one_line(&look.show(&report, Format::Json, ui.columns(), false)),
        Format::Text | Format::Openmetrics => String::new(),
        format => look.show(&report, format, ui.columns(), false),
    };
    Row { name, exit: exit(&report), said, text, metrics }
}

/// Worst of all: what could not be checked may hide anything.
fn worst(rows: &[Row]) -> Exit {
    let all = [Exit::CouldNot, Exit::Findings];
    all.into_iter().find(|exit| rows.iter().any(|row| row.exit == *exit)).unwrap_or(Exit::Clean)
}

const fn word(exit: Exit) -> &'static str {
    match exit {
        Exit::Clean => "ok",
        Exit::Findings => "findings",
        Exit::CouldNot | Exit::Usage => "unknown",
    }
}

/// For people: a line a subject, then how many came to what.
fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        let said = row.said.strip_prefix("ok: ").unwrap_or(&row.said);
        let _ = writeln!(out, "{:width$}  {:8}  {said}", row.name, word(row.exit));
    }
    let count = |exit| rows.iter().filter(|row| row.exit == exit).count();
    let (ok, found, not) = (count(Exit::Clean), count(Exit::Findings), count(Exit::CouldNot));
    let _ = writeln!(out, "{} subjects: {ok} ok, {found} findings, {not} unknown", rows.len());
    out
}

fn metrics(rows: Vec<Row>) -> String {
    let mut all = Metrics::default();
    for row in rows {
        match row.metrics.is_empty() {
            true => all.unknown(&row.name),
            false => all.merge(&row.metrics),
        }
    }
    all.finish()
}

/// One log with a run a subject, as SARIF has it.
fn sarif(rows: &[Row], ui: Ui) -> String {
    let mut logs = rows.iter().filter_map(|row| {
        let log = serde_json::from_str::<Value>(&row.text).ok();
        if log.is_none() {
            ui.fail(&Error::new(format!("{}: {}", row.name, row.said)));
        }
        log
    });
    let Some(mut log) = logs.next() else { return String::new() };
    for mut more in logs {
        let runs = more.get_mut("runs").and_then(Value::as_array_mut).map(std::mem::take);
        if let Some(all) = log.get_mut("runs").and_then(Value::as_array_mut) {
            all.extend(runs.unwrap_or_default());
        }
    }
    format!("{log:#}\n")
}

/// One text behind the other; of JSON a report a line.
fn together(rows: &[Row], ui: Ui) -> String {
    for row in rows.iter().filter(|row| row.text.is_empty()) {
        ui.fail(&Error::new(format!("{}: {}", row.name, row.said)));
    }
    rows.iter().map(|row| row.text.as_str()).collect()
}

/// The same JSON without line breaks: none of its texts holds one unescaped.
fn one_line(json: &str) -> String {
    serde_json::from_str::<Value>(json).map(|value| format!("{value}\n")).unwrap_or_default()
}
