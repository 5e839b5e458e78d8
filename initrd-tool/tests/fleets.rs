//! docs/fleets.md and its files name only metrics, labels and journal fields that the
//! programs write. Reads the files; runs `promtool` where it is here.

#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(docs(name)).expect(name)
}

/// Metrics of two images, one of them with findings.
fn metrics() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut image = common::bare();
    common::driver(&mut image, &["nvidia", "nvidia_modeset", "nvidia_drm"]);
    image.file("etc/modprobe.d/a.conf", "options nvidia_drm modeset=0\n");
    let path = folder.path().join("initrd.img");
    fs::write(&path, image.cpio()).expect("an image");
    let output = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
        .args(["check", "--format", "openmetrics", "--goal", "wayland"])
        .arg(&path)
        .output()
        .expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Each metric with its labels, from its table on the page.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = read("fleets.md");
    let rows = page.lines().filter(|line| line.starts_with("| `nvpreflight_"));
    let names = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|');
        let metric = names(cells.next().unwrap_or("")).remove(0);
        (metric, names(cells.next().unwrap_or("")).into_iter().collect())
    })
    .collect()
}

/// `nvpreflight_…` words of a text.
fn named(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !word(c)).filter(|word| word.starts_with("nvpreflight_"));
    words.map(str::to_owned).collect()
}

#[test]
fn the_page_names_each_metric_and_its_labels() {
    let written = metrics();
    let table = table();
    let families: BTreeSet<String> = written
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), families);
    let mut seen = 0;
    for line in written.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once('{').expect("labels");
        let labels = rest.split("\",").filter_map(|label| label.split('=').next());
        let labels: BTreeSet<String> = labels.map(str::to_owned).collect();
        assert_eq!(table.get(name), Some(&labels), "{line}");
        seen += 1;
    }
    assert!(seen >= 4, "{written}");
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_are_written() {
    let known: BTreeSet<String> = table().into_keys().collect();
    for name in ["fleets/alerts.yml", "fleets/alerts-test.yml", "fleets/dashboard.json"] {
        let asked = named(&read(name));
        assert!(asked.len() >= 2, "{name} asks for {asked:?}");
        assert!(asked.is_subset(&known), "{name}: {:?}", asked.difference(&known));
    }
    let board: serde_json::Value =
        serde_json::from_str(&read("fleets/dashboard.json")).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    let asked = panels.iter().filter(|panel| panel["targets"][0]["expr"].is_string()).count();
    assert_eq!(asked, panels.len(), "every panel asks for something");
}

#[test]
fn the_page_names_the_journals_fields() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/src/sink/journal.rs");
    let source = fs::read_to_string(source).expect("the journal's records");
    let fields: BTreeSet<String> = source
        .split("field(&mut out, \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.starts_with("NVPREFLIGHT_"))
        .map(str::to_owned)
        .collect();
    let page = read("fleets.md");
    let word = |c: char| c.is_ascii_uppercase() || c == '_';
    let named: BTreeSet<String> = page
        .split(|c| !word(c))
        .filter(|word| word.starts_with("NVPREFLIGHT_"))
        .map(str::to_owned)
        .collect();
    assert!(named.len() >= 8, "{named:?}");
    assert!(named.is_subset(&fields), "{:?}", named.difference(&fields));
}

#[test]
fn prometheus_takes_the_metrics_and_the_alerts() {
    let promtool = |args: &[&str], input: Option<String>| {
        let mut command = Command::new("promtool");
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.stdin(Stdio::piped()).spawn().ok()?;
        let mut pipe = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut pipe, input.unwrap_or_default().as_bytes())
            .expect("written");
        drop(pipe);
        Some(child.wait_with_output().expect("it ends"))
    };
    // Prometheus' own format has no end mark.
    let text = metrics().replace("# EOF\n", "");
    let Some(checked) = promtool(&["check", "metrics"], Some(text)) else {
        println!("SKIP - fleets: promtool is not here (Debian: prometheus)");
        return;
    };
    // 3: it has wishes for names or help texts, and could read it.
    assert!(matches!(checked.status.code(), Some(0 | 3)), "{checked:?}");
    for (kind, name) in [("check", "fleets/alerts.yml"), ("test", "fleets/alerts-test.yml")] {
        let path = docs(name);
        let args = [kind, "rules", path.to_str().expect("UTF-8")];
        let done = promtool(&args, None).expect("it ran before");
        assert!(done.status.success(), "{done:?}");
    }
}
