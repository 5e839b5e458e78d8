//! What was measured before, kept in the tree: the ratios that later runs are held
//! against, and the section of docs/performance.md that shows them. Ratios only are
//! compared: seconds depend on the machine and on what else it does.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The ratios of the last run that was kept.
const BASELINE: &str = "qemu-tests/bench-tool.json";
/// The page that shows that run, and where in it.
const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench-tool --keep -->\n";
const END: &str = "<!-- end -->\n";
/// A ratio above its baseline by this factor is told: two runs on a busy machine
/// differ by less.
const SLOWER: f64 = 1.25;

/// One program over one subject.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Row {
    /// What ran.
    pub name: String,
    /// User and system time in seconds, the median.
    pub cpu: f64,
    /// Seconds on the clock, the median.
    pub wall: f64,
    /// Peak resident memory in KiB, the largest.
    pub peak_kib: i64,
    /// CPU time beside the first row's.
    pub ratio: f64,
}

/// All programs over one subject; the first is the measure of the others.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Table {
    /// The subject.
    pub title: String,
    /// In the order in which they ran.
    pub rows: Vec<Row>,
}

impl Table {
    /// The table for people.
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} | CPU s | ratio | on the clock s | peak KiB |\n", self.title);
        text.push_str("|---|---|---|---|---|\n");
        for Row { name, cpu, wall, peak_kib, ratio } in &self.rows {
            let _ = writeln!(text, "| {name} | {cpu:.4} | {ratio:.2} | {wall:.3} | {peak_kib} |");
        }
        text
    }
}

/// What became slower since the baseline, a line each. Without a baseline nothing is
/// held against anything, which is said.
pub fn slower(workspace: &Path, now: &[Table]) -> Result<Vec<String>> {
    let path = workspace.join(BASELINE);
    if !path.exists() {
        eprintln!("there is no baseline yet ({BASELINE}): --keep makes one");
        return Ok(Vec::new());
    }
    let before: Vec<Table> = serde_json::from_slice(&fs::read(&path)?)
        .with_context(|| format!("`{}` is no baseline", path.display()))?;
    Ok(compare(&before, now))
}

fn compare(before: &[Table], now: &[Table]) -> Vec<String> {
    let mut lines = Vec::new();
    for table in now {
        let Some(old) = before.iter().find(|old| old.title == table.title) else { continue };
        for row in table.rows.iter().filter(|row| row.name.starts_with("ours")) {
            let Some(old) = old.rows.iter().find(|old| old.name == row.name) else { continue };
            if row.ratio > old.ratio * SLOWER {
                let (title, name) = (&table.title, &row.name);
                lines.push(format!("{title}: {name}: {:.2}, was {:.2}", row.ratio, old.ratio));
            }
        }
    }
    lines
}

/// Makes this run the baseline, and shows it in the page.
pub fn keep(workspace: &Path, tables: &[Table]) -> Result<()> {
    let json = serde_json::to_string_pretty(tables)?;
    fs::write(workspace.join(BASELINE), json + "\n")?;
    let page = workspace.join(PAGE);
    let text = fs::read_to_string(&page)?;
    let new = replaced(&text, &section(tables, &surroundings()))
        .with_context(|| format!("{PAGE} has no section between {BEGIN:?} and {END:?}"))?;
    fs::write(page, new)?;
    Ok(())
}

fn section(tables: &[Table], surroundings: &str) -> String {
    let mut text = format!("Taken {surroundings}.\n");
    for table in tables {
        let _ = write!(text, "\n{}", table.markdown());
    }
    text
}

/// The page with another section.
fn replaced(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{section}{END}{after}"))
}

/// The machine and what else it does, as far as Linux shows it.
fn surroundings() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown model", |(_, model)| model.trim());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!("on {processors} processors ({model}) under a load of {load}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ratio: f64) -> Vec<Table> {
        let row = |name: &str, ratio| Row {
            name: name.to_owned(),
            cpu: ratio,
            wall: 1.0,
            peak_kib: 1,
            ratio,
        };
        vec![Table { title: "a".into(), rows: vec![row("limit", 1.0), row("ours, list", ratio)] }]
    }

    #[test]
    fn only_what_became_clearly_slower_is_told() {
        assert_eq!(compare(&table(1.0), &table(1.2)), Vec::<String>::new());
        assert_eq!(compare(&table(1.0), &table(0.2)), Vec::<String>::new());
        assert_eq!(compare(&table(1.0), &table(1.5)), ["a: ours, list: 1.50, was 1.00"]);
        assert_eq!(compare(&[], &table(1.5)), Vec::<String>::new());
    }

    #[test]
    fn only_the_section_of_the_page_changes() {
        let page = format!("top\n{BEGIN}old\n{END}end\n");
        let new = replaced(&page, &section(&table(1.5), "here")).unwrap();
        assert!(new.starts_with(&format!("top\n{BEGIN}Taken here.\n")), "{new}");
        assert!(new.contains("| ours, list | 1.5000 | 1.50 | 1.000 | 1 |\n"), "{new}");
        assert!(new.ends_with(&format!("{END}end\n")) && !new.contains("old"), "{new}");
        assert_eq!(replaced("no section", "x"), None);
    }
}
