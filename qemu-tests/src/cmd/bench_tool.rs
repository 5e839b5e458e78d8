//! `bench-tool`: the host tool beside other programs that read images, each in
//! turn in one run so that the machine's load strikes all. CPU time counts: of a
//! program with all its children that it waits for. Ratios are the result.

use crate::cli::BenchTool;
use crate::host;
use crate::places::Places;
use crate::real::{self, Made};
use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where 3cpio comes from: its package and the program in it.
const THREECPIO: (&str, &str) = ("threecpio", "3cpio");

/// A program with its arguments.
struct Contender {
    name: &'static str,
    command: Vec<String>,
    taken: Vec<Taken>,
}

/// What one run took.
#[derive(Clone, Copy)]
struct Taken {
    cpu: Duration,
    wall: Duration,
}

/// Measures and prints.
pub fn run(arguments: &BenchTool) -> Result<u8> {
    let places = Places::find()?;
    let tool = optimised(&places)?;
    let threecpio = threecpio(&places);
    let images: Vec<PathBuf> = match arguments.images.as_slice() {
        [] => real::images(&places, true)?.into_iter().filter_map(path).collect(),
        given => given.to_vec(),
    };
    for image in images {
        let mut all = contenders(&tool, threecpio.as_deref(), &image)?;
        for _ in 0..arguments.rounds.max(1) {
            for contender in &mut all {
                let taken = measure(&contender.command)?;
                contender.taken.push(taken);
            }
        }
        print(&image, &all);
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

fn contenders(tool: &Path, threecpio: Option<&Path>, image: &Path) -> Result<Vec<Contender>> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (tool, image) = (text(tool), text(image));
    let mut all = vec![contender("the limit", limit(&tool, &image)?)];
    let ours = |view: &str| vec![tool.clone(), "inspect".into(), image.clone(), view.into()];
    all.push(contender("ours, list", ours("list")));
    all.push(contender("ours, overview", ours("overview")));
    if let Some(path) = threecpio {
        all.push(contender("3cpio -t", vec![text(path), "-t".into(), image.clone()]));
    }
    for (name, arguments) in [("lsinitramfs", &[][..]), ("lsinitrd", &[]), ("lsinitcpio", &["-l"])]
    {
        if host::run(Command::new("which").arg(name)).is_err() {
            eprintln!("{name} is not measured: it is not installed");
            continue;
        }
        let mut command = vec![name.to_owned()];
        command.extend(arguments.iter().map(|argument: &&str| (*argument).to_owned()));
        command.push(image.clone());
        all.push(contender(name, command));
    }
    Ok(all)
}

fn contender(name: &'static str, command: Vec<String>) -> Contender {
    Contender { name, command, taken: Vec::new() }
}

/// Unpacking the largest packed segment, and nothing else: what no reader of the
/// whole can do without.
fn limit(tool: &str, image: &str) -> Result<Vec<String>> {
    let json = host::run(Command::new(tool).args(["inspect", image, "segments", "--json"]))?;
    let value: serde_json::Value = serde_json::from_slice(&json)?;
    let segments = value.get("segments").and_then(|list| list.as_array()).context("no segments")?;
    let number = |segment: &serde_json::Value, key| segment.get(key).and_then(|n| n.as_u64());
    let largest = segments
        .iter()
        .max_by_key(|segment| number(segment, "packed"))
        .context("an image without segments")?;
    let offset = number(largest, "offset").context("a segment without an offset")?;
    let unpack = match largest.get("form").and_then(|form| form.as_str()) {
        None | Some("cpio") => "cat",
        Some("gzip") => "gzip -dc",
        Some("xz") => "xz -dc --single-stream",
        Some("lz4") => "lz4 -dc",
        Some("bzip2") => "bzip2 -dc",
        Some("lzma") => "xz -dc --format=lzma",
        Some(_) => "zstd -dc",
    };
    // Trailing bytes of a next segment make the unpacker complain; its work is done.
    let script = format!("tail -c +{} \"$0\" | {unpack} > /dev/null 2>&1; :", offset + 1);
    Ok(["sh", "-c", &script, image].map(str::to_owned).to_vec())
}

fn measure(command: &[String]) -> Result<Taken> {
    let (program, arguments) = command.split_first().context("no program")?;
    let before = children()?;
    let started = Instant::now();
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run `{program}`"))?;
    Ok(Taken { wall: started.elapsed(), cpu: children()?.saturating_sub(before) })
}

/// CPU time of all children that ended and were waited for.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let sum = usage.user_time() + usage.system_time();
    Ok(Duration::from_secs_f64(sum.tv_sec() as f64 + sum.tv_usec() as f64 / 1e6))
}

fn print(image: &Path, all: &[Contender]) {
    let limit = all.first().map_or(0.0, |first| median(first, |taken| taken.cpu));
    println!("{}", image.display());
    println!("  {:<16} {:>8} {:>8} {:>10}", "", "CPU s", "wall s", "CPU/limit");
    for one in all {
        let (cpu, wall) = (median(one, |taken| taken.cpu), median(one, |taken| taken.wall));
        println!("  {:<16} {cpu:>8.3} {wall:>8.3} {:>10.2}", one.name, cpu / limit.max(1e-6));
    }
}

fn median(of: &Contender, what: impl Fn(&Taken) -> Duration) -> f64 {
    let mut all: Vec<f64> = of.taken.iter().map(|taken| what(taken).as_secs_f64()).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
