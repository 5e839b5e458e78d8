//! The way of the metrics on a machine of a fleet: `check` writes the file, node_exporter
//! reads it, Prometheus scrapes that and answers a query with every number of the file.
//! Debian's programs, on ports of this machine; without them it is a skip.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Clippy counts helpers of tests as code.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Until the numbers must be there: both start within seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is ended with this value.
struct Server(Child);

impl Server {
    fn start(program: &str, args: &[String], folder: &Path) -> Option<Self> {
        let said = fs::File::create(folder.join(format!("{program}.said"))).expect("a log");
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        command.spawn().ok().map(Self)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nobody listens on now.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}

/// The body of an answer, where there is one yet.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

/// What Prometheus answers to a query: its series, or its own error.
fn ask(port: u16, query: &str) -> Option<Result<Vec<serde_json::Value>, String>> {
    let safe = |b: u8| b.is_ascii_alphanumeric();
    let coded: String = query
        .bytes()
        .map(|b| if safe(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let answer: serde_json::Value =
        serde_json::from_str(&get(port, &format!("/api/v1/query?query={coded}"))?).ok()?;
    if answer["status"] != "success" {
        return Some(Err(answer["error"].to_string()));
    }
    Some(Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default()))
}

/// `NAME VALUE` of each series that Prometheus has.
fn scraped(port: u16) -> Vec<String> {
    let Some(Ok(results)) = ask(port, "{__name__=~\"nvpreflight_.+\"}") else {
        return Vec::new();
    };
    let text = |one: &serde_json::Value, at: &str| {
        one.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let mut series: Vec<String> = results
        .iter()
        .map(|one| format!("{} {}", text(one, "/metric/__name__"), text(one, "/value/1")))
        .collect();
    series.sort();
    series
}

/// The queries of the dashboard's panels by title, with every machine chosen.
fn panels() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/fleets/dashboard.json");
    let text = fs::read_to_string(file).expect("the dashboard");
    let board: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut queries = Vec::new();
    for panel in board["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let query = target["expr"].as_str().expect("a query");
            let title = panel["title"].as_str().expect("a title").to_owned();
            queries.push((title, query.replace("$instance", ".*")));
        }
    }
    queries
}

#[test]
fn prometheus_answers_with_every_number_and_every_panel_shows_some() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nvpreflight.prom");
    let image = folder.path().join("initrd.img");
    let mut content = common::bare();
    common::driver(&mut content, &["nvidia", "nvidia_modeset", "nvidia_drm"]);
    content.file("etc/modprobe.d/a.conf", "options nvidia_drm modeset=0\n");
    fs::write(&image, content.cpio()).expect("an image");
    let args = ["check", "--format", "openmetrics", "--goal", "wayland", "--output"];
    let mut check = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    check.args(args).arg(&file).arg(&image).output().expect("it runs");
    let written = fs::read_to_string(&file).expect("the file");
    let mut wanted: Vec<String> = written
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, _) = line.split_once('{').expect("labels");
            let (_, value) = line.rsplit_once(' ').expect("a value");
            format!("{name} {value}")
        })
        .collect();
    wanted.sort();
    let names: BTreeSet<&str> = wanted.iter().filter_map(|one| one.split(' ').next()).collect();
    assert!(names.contains("nvpreflight_verdict"), "{written}");
    assert!(names.contains("nvpreflight_findings"), "{written}");

    let (exporter, prometheus) = (port(), port());
    let config = folder.path().join("prometheus.yml");
    let text = format!(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: fleet\n    \
         static_configs:\n      - targets: ['127.0.0.1:{exporter}']\n"
    );
    fs::write(&config, text).expect("a configuration");
    let place = folder.path().display();
    let exporting = [
        "--collector.disable-defaults".to_owned(),
        "--collector.textfile".to_owned(),
        format!("--collector.textfile.directory={place}"),
        format!("--web.listen-address=127.0.0.1:{exporter}"),
    ];
    let scraping = [
        format!("--config.file={}", config.display()),
        format!("--storage.tsdb.path={place}/data"),
        format!("--web.listen-address=127.0.0.1:{prometheus}"),
    ];
    let started =
        [("prometheus-node-exporter", exporting.as_slice()), ("prometheus", scraping.as_slice())]
            .map(|(program, args)| {
                let server = Server::start(program, args, folder.path());
                if server.is_none() {
                    println!("SKIP - scrape: {program} is not here (Debian: {program})");
                }
                server
            });
    let [Some(_exporter), Some(_prometheus)] = started else { return };
    let until = Instant::now() + PATIENCE;
    let mut found = scraped(prometheus);
    while found.len() < wanted.len() && Instant::now() < until {
        thread::sleep(Duration::from_millis(200));
        found = scraped(prometheus);
    }
    let said = fs::read_to_string(folder.path().join("prometheus.said")).unwrap_or_default();
    assert_eq!(found, wanted, "{said}");

    // One image with findings: the panels that count other verdicts, or tell of a boot,
    // have nothing to show.
    let empty = ["Machines ok", "Could not check", "Steps of the boot"];
    let panels = panels();
    assert!(empty.iter().all(|title| panels.iter().any(|(known, _)| known == title)));
    for (title, query) in panels {
        let answer = ask(prometheus, &query).expect("an answer");
        let series = answer.unwrap_or_else(|e| panic!("{title}: {query}: {e}"));
        assert_eq!(series.is_empty(), empty.contains(&title.as_str()), "{title}: {query}");
    }
}
