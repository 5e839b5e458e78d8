//! `page`: the host tool's report page in a real browser: at the width of a phone, a
//! tablet and a desk, light and dark, and on paper. KTAP on standard output, pictures in the
//! folder of the run.

use crate::browser::{self, Browser, Tab};
use anyhow::{Context, Result};
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::build::tool;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::results::ktap;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Windows: a phone, a tablet, a desk.
const WINDOWS: [(u32, u32); 3] = [(360, 740), (768, 1024), (1440, 900)];
/// A4 between the page's margins of 12 mm, at 96 pixels an inch (CSS).
const PAPER: u32 = (210 - 2 * 12) * 960 / 254;
const PAPER_CHECKS: &str = include_str!("../browser/paper.js");
const CHECKS: &str = include_str!("../browser/checks.js");
/// Every rule of axe-core, best practices included.
const AXE_RUN: &str = "axe.run(document).then(r => r.violations.map(v => \
    `${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')}`))";

/// Pages: a name, a capture below verifier/tests, the phase of its look.
const CAPTURES: [(&str, &str, &str); 5] = [
    ("healthy", "machines/desktop-initrd", "initrd"),
    ("firmware-missing", "trees/vfu-open", "initrd"),
    ("trace", "trees/c1-standin-trace", "initrd"),
    ("compute", "machines/compute-pre-display", "pre-display"),
    ("no-device", "trees/nodev-open", "pre-display"),
];

/// Lines that would like to be markup, run, or never end.
const HOSTILE: &str = "dmesg <<EOF
<4>[    1.000000] NVRM: Xid (PCI:0000:01:00): 79, </style></pre><script>document.title='x'</script>
<4>[    2.000000] NVRM: Xid <img src=x onerror=alert(1)> \u{202e}reversed\u{202c} \"'&lt;!-- ]]>
<4>[    9.000000] NVRM: loading NVIDIA UNIX <svg/onload=alert(1)> x86_64
EOF
proc/cmdline = quiet <script>document.title='x'</script> javascript:alert(1)
";

/// A page with a fault for every check: one that passes it is no check.
const BAD: &str = "<!doctype html><meta name=viewport content='width=device-width'>\
    <body style='font-size:9px'><p style='width:2000px;color:#ddd;background:#fff'>wide and pale\
    <img src='missing.png'><script>console.log('runs')</script>\
    <details><summary>s</summary><p class=in>more</details>\
    <p class=clip style='width:9em;overflow:hidden;white-space:nowrap'>this is longer than its box\
    <svg class=tl><text x=0 y=9>one label</text><text x=9 y=9>another</text></svg>";
/// What has to be said of it.
const FAULTS: [&str; 10] = [
    "wide in a window of 360",
    "labels overlap",
    "it has a script",
    "it has not one h1",
    "text is 9 px",
    "it asks for",
    "a script wrote to the console",
    "wide on a paper of",
    "P.in is folded",
    "P.clip is cut",
];

/// Makes the pages and looks at each. As with `test`, skipping all is no success.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let tool = tool::build(&places)?;
    let folder = places.fresh_run("page")?;
    let pages = pages(&places, &tool, &folder)?;
    let fetched = browser::chromium(&places)?;
    let axe = browser::axe(&places)?;
    let profile = tempfile::tempdir()?;
    let mut browser = Browser::start(&fetched, profile.path())?;
    let mut tab = browser.tab()?;
    print!("{}", ktap::plan(pages.len() + 2));
    let started = Instant::now();
    let refused = refuses(&mut tab, axe.as_deref(), &folder);
    let seconds = started.elapsed().as_secs_f64();
    print!("{}", ktap::result(1, "a-bad-page-is-refused", &refused, seconds));
    let mut verdicts = vec![refused];
    let mut unkind = Vec::new();
    for (page, number) in pages.iter().zip(2..) {
        let started = Instant::now();
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let verdict = match look(&mut tab, page, axe.as_deref(), &folder) {
            Ok((wrong, by_axe)) => {
                unkind.extend(by_axe.into_iter().map(|what| format!("{name}: {what}")));
                if wrong.is_empty() { Verdict::Ok } else { Verdict::NotOk(wrong) }
            }
            Err(error) => Verdict::Error(format!("{error:#}")),
        };
        print!("{}", ktap::result(number, &name, &verdict, started.elapsed().as_secs_f64()));
        verdicts.push(verdict);
    }
    let kind = match (axe, unkind.is_empty()) {
        (None, _) => Verdict::Skip("npm is not here to fetch axe-core with".into()),
        (Some(_), true) => Verdict::Ok,
        (Some(_), false) => Verdict::NotOk(unkind),
    };
    print!("{}", ktap::result(pages.len() + 2, "accessible", &kind, 0.0));
    verdicts.push(kind);
    eprintln!("pictures: {}", folder.display());
    let any = |wanted: fn(&Verdict) -> bool| verdicts.iter().any(wanted);
    Ok(match () {
        () if any(|verdict| matches!(verdict, Verdict::NotOk(_))) => 1,
        () if any(|verdict| !verdict.is_good()) => 2,
        () => 0,
    })
}

/// Writes the pages into the run's folder.
fn pages(places: &Places, tool: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let tests = places.workspace.join("verifier/tests");
    let mut out = Vec::new();
    for (name, capture, phase) in CAPTURES {
        let tree = fs::read_to_string(tests.join(format!("{capture}.tree")))?;
        out.push(page(tool, folder, name, phase, &tree)?);
    }
    let long = format!("{} {}\n", "x".repeat(3000), "y ".repeat(2000));
    let desk = fs::read_to_string(tests.join("machines/desktop-initrd.tree"))?;
    let hostile = format!("{HOSTILE}etc/modprobe.d/long.conf = options nvidia a={long}{desk}");
    out.push(page(tool, folder, "hostile", "initrd", &hostile)?);
    Ok(out)
}

/// The tool's page of a capture, through saved facts.
fn page(tool: &Path, folder: &Path, name: &str, phase: &str, tree: &str) -> Result<PathBuf> {
    let facts = json!({
        "format": "nvpreflight-facts", "version": 1, "tool": "", "phase": phase, "tree": tree,
        "subject": { "name": format!("{name}.facts"), "kind": "running system" },
    });
    let from = folder.join(format!("{name}.facts"));
    fs::write(&from, serde_json::to_vec(&facts)?)?;
    let to = folder.join(format!("{name}.html"));
    let output = Command::new(tool).arg("report").arg(&from).arg("-o").arg(&to).output()?;
    // Findings are what most of these are about.
    anyhow::ensure!(
        matches!(output.status.code(), Some(0..=2)) && to.exists(),
        "no page of {name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(to)
}

/// Whether the checks find the faults of a page made of nothing else.
fn refuses(tab: &mut Tab<'_>, axe: Option<&str>, folder: &Path) -> Verdict {
    let mut found = || -> Result<Vec<String>> {
        let page = folder.join("bad.html");
        fs::write(&page, BAD)?;
        let (wrong, unkind) = look(tab, &page, axe, folder)?;
        let missed = |fault: &&&str| !wrong.iter().any(|said| said.contains(**fault));
        let mut missed: Vec<String> = FAULTS.iter().filter(missed).map(|f| f.to_string()).collect();
        if axe.is_some() && !unkind.iter().any(|said| said.contains("color-contrast")) {
            missed.push("contrast, by axe-core".into());
        }
        Ok(missed)
    };
    match found() {
        Ok(missed) if missed.is_empty() => Verdict::Ok,
        Ok(missed) => Verdict::NotOk(missed.iter().map(|m| format!("not noticed: {m}")).collect()),
        Err(error) => Verdict::Error(format!("{error:#}")),
    }
}

/// What is wrong with a page, and what axe-core says.
fn look(
    tab: &mut Tab<'_>,
    page: &Path,
    axe: Option<&str>,
    folder: &Path,
) -> Result<(Vec<String>, Vec<String>)> {
    let (mut wrong, mut unkind) = (Vec::new(), Vec::new());
    let url = format!("file://{}", page.display());
    let name = page.file_stem().unwrap_or_default().to_string_lossy();
    for (width, height) in WINDOWS {
        for scheme in ["light", "dark"] {
            tab.media(width, height, scheme)?;
            let at = |what: String| format!("{width} wide, {scheme}: {what}");
            wrong.extend(tab.load(&url)?.into_iter().map(at));
            let picture = folder.join(format!("{name}-{width}-{scheme}.png.base64"));
            decode(&tab.picture()?, &picture)?;
            wrong.extend(sentences(&tab.evaluate(CHECKS)?).map(at));
            if let (Some(axe), true) = (axe, width != 768) {
                // Without a value of its own the text would be the answer.
                tab.evaluate(&format!("{axe}\n;0"))?;
                unkind.extend(sentences(&tab.evaluate(AXE_RUN)?).map(at));
            }
        }
    }
    tab.paper(PAPER)?;
    tab.load(&url)?;
    wrong.extend(sentences(&tab.evaluate(PAPER_CHECKS)?));
    decode(&tab.print()?, &folder.join(format!("{name}.pdf.base64")))?;
    Ok((wrong, unkind))
}

fn sentences(value: &Value) -> impl Iterator<Item = String> {
    let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    list.into_iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
}

/// Writes what its base64 form holds beside it, by the host's `base64`.
fn decode(data: &str, to: &Path) -> Result<()> {
    fs::write(to, data)?;
    let bytes = host::run(Command::new("base64").arg("--decode").arg(to))?;
    fs::write(to.with_extension(""), bytes).context("cannot write the picture")?;
    fs::remove_file(to)?;
    Ok(())
}
