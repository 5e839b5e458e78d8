//! `bench-tool`: the host tool beside other programs that read images, each in
//! turn in one run so that the machine's load strikes all. CPU time counts: of a
//! program with all its children that it waits for. Ratios are the result.

use crate::cli::BenchTool;
use crate::distro_images::{self, Made};
use crate::measure::baseline::{self, Row, Table};
use crate::measure::process::{self, Taken};
use anyhow::{Context, Result, ensure};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::debian::kernel::Kernel;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where 3cpio comes from: its package and the program in it.
const THREECPIO: (&str, &str) = ("threecpio", "3cpio");
/// A module with many dependencies.
const MODULE: &str = "i915";

/// A program with its arguments.
struct Contender {
    name: &'static str,
    command: Vec<String>,
    taken: Vec<Taken>,
    in_order: bool,
}

/// Measures and prints.
pub fn run(arguments: &BenchTool) -> Result<u8> {
    let places = Places::find()?;
    let tool = optimised(&places)?;
    let threecpio = threecpio(&places);
    let images: Vec<PathBuf> = match arguments.images.as_slice() {
        [] => distro_images::images(&places, true)?.into_iter().filter_map(path).collect(),
        given => given.to_vec(),
    };
    let mut tables = Vec::new();
    for image in images {
        let all = contenders(&tool, threecpio.as_deref(), &image)?;
        let name = image.file_name().unwrap_or(image.as_os_str()).to_string_lossy();
        tables.push(compete(&name, all, arguments.rounds)?);
    }
    let kernel = Kernel::ready(&places, Arch::X86_64)?;
    let rounds = arguments.rounds;
    tables.push(compete("load sequence of a module", sequences(&tool, &kernel), rounds)?);
    tables.push(compete("all modules of a kernel", modules(&tool, &kernel), rounds.min(3))?);
    let log = long_log(&places)?;
    tables.push(compete("a log of a million lines", logs(&tool, &log), rounds.min(3))?);
    for line in baseline::slower(&places.workspace, &tables)? {
        println!("slower than the baseline: {line}");
    }
    if arguments.keep {
        baseline::keep(&places.workspace, &tables)?;
    }
    Ok(0)
}

/// Where an image lies; one that cannot be made here is named.
fn path(made: Made) -> Option<PathBuf> {
    match made {
        Made::Image(image) => Some(image.path),
        Made::Skip(name, reason) => {
            eprintln!("{name} is not measured: {reason}");
            None
        }
    }
}

fn optimised(places: &Places) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--release", "--package", "nvpreflight-tool"];
    host::run(Command::new(cargo).args(arguments).current_dir(&places.workspace))
        .context("the host tool does not build")?;
    Ok(places.target.join("release/nvpreflight"))
}

/// 3cpio, installed below the target folder; None, said aloud, where it cannot be.
fn threecpio(places: &Places) -> Option<PathBuf> {
    let (package, program) = THREECPIO;
    let root = places.target.join("tools");
    let path = root.join("bin").join(program);
    if path.exists() {
        return Some(path);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut install = Command::new(cargo);
    install.args(["install", "--quiet", "--locked", "--root"]).arg(&root).arg(package);
    match host::run(&mut install) {
        Ok(_) => Some(path),
        Err(error) => {
            eprintln!("3cpio is not measured: {error:#}");
            None
        }
    }
}

/// Those that read a whole image. The first is the measure of the others.
fn contenders(tool: &Path, threecpio: Option<&Path>, image: &Path) -> Result<Vec<Contender>> {
    let (tool, image) = (text(tool), text(image));
    let mut all = vec![contender("the limit", limit(&tool, &image)?)];
    let ours = |view: &str| vec![tool.clone(), "inspect".into(), image.clone(), view.into()];
    all.push(contender("ours, list", ours("list")));
    all.push(contender("ours, overview", ours("overview")));
    all.push(contender("ours, check", vec![tool.clone(), "check".into(), image.clone()]));
    if let Some(path) = threecpio {
        all.push(contender("3cpio -t", vec![text(path), "-t".into(), image.clone()]));
    }
    for (name, option) in [("lsinitramfs", None), ("lsinitrd", None), ("lsinitcpio", Some("-l"))] {
        if host::run(Command::new("which").arg(name)).is_err() {
            eprintln!("{name} is not measured: it is not installed");
            continue;
        }
        let words = [Some(name), option, Some(&image)];
        all.push(contender(name, words.into_iter().flatten().map(str::to_owned).collect()));
    }
    Ok(all)
}

fn sequences(tool: &Path, kernel: &Kernel) -> Vec<Contender> {
    let (tree, release) = (text(&kernel.tree), kernel.release.as_str());
    let theirs = ["modprobe", "--show-depends", "-d", &tree, "-S", release, MODULE];
    let tool = text(tool);
    let ours = [&tool, "plan", &tree, MODULE, "--kernel", release];
    vec![
        contender("modprobe", theirs.map(str::to_owned).to_vec()),
        contender("ours, plan", ours.map(str::to_owned).to_vec()),
    ]
}

fn modules(tool: &Path, kernel: &Kernel) -> Vec<Contender> {
    let tree = text(&kernel.tree);
    let script = "find \"$0/lib/modules\" -name '*.ko*' -print0 | xargs -0 modinfo";
    let theirs = ["sh", "-c", script, &tree];
    let tool = text(tool);
    let ours = [&tool, "inspect", &tree, "modules", "--all"];
    vec![
        contender("modinfo", theirs.map(str::to_owned).to_vec()),
        contender("ours, modules", ours.map(str::to_owned).to_vec()),
    ]
}

/// A kernel log of a million lines about other things, with one fault at its end.
fn long_log(places: &Places) -> Result<PathBuf> {
    let path = places.target.join("bench-long.log");
    let mut out = BufWriter::new(File::create(&path)?);
    writeln!(out, "[    0.000000] Linux version 6.12.1 (x@y) #1 SMP")?;
    for n in 0..1_000_000_u32 {
        let (seconds, us) = (1 + n / 1000, n % 1000 * 1000);
        let what =
            if n % 3 == 0 { "audit: type=1400 operation=open" } else { "usb 1-1: new device" };
        writeln!(out, "[{seconds:5}.{us:06}] {what}, number {n}")?;
    }
    writeln!(out, "[ 2000.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.")?;
    out.flush()?;
    Ok(path)
}

fn logs(tool: &Path, log: &Path) -> Vec<Contender> {
    let (tool, log) = (text(tool), text(log));
    vec![
        contender("grep -c NVRM", ["grep", "-c", "NVRM", &log].map(str::to_owned).to_vec()),
        contender("ours, check", vec![tool, "check".into(), log]),
    ]
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn contender(name: &'static str, command: Vec<String>) -> Contender {
    Contender { name, command, taken: Vec::new(), in_order: true }
}

/// Unpacking the largest packed segment, and nothing else: what no reader of the
/// whole can do without.
fn limit(tool: &str, image: &str) -> Result<Vec<String>> {
    let json = host::run(Command::new(tool).args(["inspect", image, "segments", "--json"]))?;
    let value: Value = serde_json::from_slice(&json)?;
    let segments = value.get("segments").and_then(Value::as_array).context("no segments")?;
    let number = |segment: &Value, key| segment.get(key).and_then(Value::as_u64);
    let largest = segments
        .iter()
        .max_by_key(|segment| number(segment, "packed"))
        .context("an image without segments")?;
    let offset = number(largest, "offset").context("a segment without an offset")?;
    let unpack = match largest.get("form").and_then(Value::as_str) {
        Some("cpio") => "cat",
        Some("gzip") => "gzip -dc",
        Some("xz") => "xz -dc --single-stream",
        Some("lz4") => "lz4 -dc",
        Some("bzip2") => "bzip2 -dc",
        Some("lzma") => "xz -dc --format=lzma",
        Some("zstd") => "zstd -dc",
        form => anyhow::bail!("no program for a segment of form {form:?}"),
    };
    // Trailing bytes of a next segment make the unpacker complain; its work is done.
    let script = format!("tail -c +{} \"$0\" | {unpack} > /dev/null 2>&1; :", offset + 1);
    Ok(["sh", "-c", &script, image].map(str::to_owned).to_vec())
}

/// Runs all in turn, and prints what they took beside the first.
fn compete(title: &str, mut all: Vec<Contender>, rounds: usize) -> Result<Table> {
    for _ in 0..rounds.max(1) {
        for contender in &mut all {
            let taken = process::measure(&contender.command)?;
            contender.in_order &= taken.in_order;
            contender.taken.push(taken);
        }
        // A peer may not read every image; we have to.
        for failed in all.iter().filter(|one| !one.in_order) {
            let command = failed.command.join(" ");
            ensure!(!failed.name.starts_with("ours"), "`{command}` failed");
            eprintln!("{} is not measured: `{command}` failed", failed.name);
        }
        all.retain(|one| one.in_order);
    }
    let first = all.first().map_or(0.0, |first| median(first, |taken| taken.cpu));
    let row = |one: &Contender| Row {
        name: one.name.to_owned(),
        cpu: median(one, |taken| taken.cpu),
        wall: median(one, |taken| taken.wall),
        peak_kib: one.taken.iter().map(|taken| taken.peak_kib).max().unwrap_or_default(),
        ratio: median(one, |taken| taken.cpu) / first.max(1e-6),
    };
    let table = Table { title: title.to_owned(), rows: all.iter().map(row).collect() };
    println!("{}", table.markdown());
    Ok(table)
}

fn median(of: &Contender, what: impl Fn(&Taken) -> f64) -> f64 {
    let mut all: Vec<f64> = of.taken.iter().map(what).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
