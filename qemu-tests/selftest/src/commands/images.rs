//! `images`: holds the host tool's reading of real images against GNU cpio's
//! reading of the archives that they were made of. KTAP on standard output.

use crate::cli::Images;
use crate::distro_images::archives;
use crate::distro_images::{self, DistroImage, Made};
use anyhow::{Context, Result};
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::build::tool;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::results::ktap;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Names told of a difference.
const TOLD: usize = 5;
/// Views that have to come to an end in order, without a complaint.
const VIEWS: [&str; 6] = ["overview", "modules", "options", "firmware", "size", "tree"];

/// Makes the images and compares. As with `test`, skipping all is no success.
pub fn run(arguments: &Images) -> Result<u8> {
    let places = Places::find()?;
    let tool = tool::build(&places)?;
    let all = distro_images::images(&places, arguments.all)?;
    print!("{}", ktap::plan(all.len()));
    let mut verdicts = Vec::new();
    for (made, number) in all.iter().zip(1..) {
        let started = Instant::now();
        let (name, verdict) = match made {
            Made::Skip(name, reason) => (name, Verdict::Skip(reason.clone())),
            Made::Image(image) => (&image.name, judge(&tool, image)),
        };
        print!("{}", ktap::result(number, name, &verdict, started.elapsed().as_secs_f64()));
        verdicts.push(verdict);
    }
    let any = |wanted: fn(&Verdict) -> bool| verdicts.iter().any(wanted);
    Ok(if any(|verdict| matches!(verdict, Verdict::NotOk(_))) {
        1
    } else if any(|verdict| !verdict.is_good()) || !any(|verdict| *verdict == Verdict::Ok) {
        2
    } else {
        0
    })
}

fn judge(tool: &Path, image: &DistroImage) -> Verdict {
    match compare(tool, image) {
        Ok(wrong) if wrong.is_empty() => Verdict::Ok,
        Ok(wrong) => Verdict::NotOk(wrong),
        Err(error) => Verdict::Error(format!("{error:#}")),
    }
}

/// Says where the tool is at odds with cpio, or with itself.
fn compare(tool: &Path, image: &DistroImage) -> Result<Vec<String>> {
    let mut theirs = BTreeSet::new();
    let mut counts = Vec::new();
    for part in &image.parts {
        let archives = archives::listed(&part.archives)?;
        let of_each = archives.iter().map(|names| names.len() as u64);
        match part.is_packed() {
            true => counts.push(of_each.sum()),
            false => counts.extend(of_each),
        }
        let names = archives.iter().flatten().map(|name| name.trim_start_matches("./"));
        theirs.extend(names.filter(|name| !matches!(*name, "." | "")).map(str::to_owned));
    }
    let list = inspect(tool, image, &["list", "--raw"])?;
    let ours: BTreeSet<String> = list
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    let mut wrong = Vec::new();
    for path in theirs.difference(&ours).take(TOLD) {
        wrong.push(format!("cpio lists {path}, the tool does not"));
    }
    for path in ours.difference(&theirs).take(TOLD) {
        wrong.push(format!("the tool lists {path}, cpio does not"));
    }
    segments(&serde_json::from_slice(&inspect(tool, image, &["segments", "--json"])?)?, &counts)
        .map(|more| wrong.extend(more))?;
    for view in VIEWS {
        if let Err(error) = inspect(tool, image, &[view]) {
            wrong.push(format!("inspect {view}: {error:#}"));
        }
    }
    Ok(wrong)
}

/// Compares `inspect segments` with the entries that each segment has by cpio's
/// count. These images are whole: the kernel drops nothing of them.
fn segments(value: &Value, counts: &[u64]) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let segments = value.get("segments").and_then(Value::as_array).context("no segments")?;
    let ours: Vec<u64> = segments
        .iter()
        .map(|segment| segment.get("entries").and_then(Value::as_u64).context("no entries"))
        .collect::<Result<_>>()?;
    if ours != counts {
        wrong.push(format!("segments with {ours:?} entries, by cpio {counts:?}"));
    }
    if let Some(stop) = value.get("stop").filter(|stop| !stop.is_null()) {
        wrong.push(format!("the tool has the kernel stop: {stop}"));
    }
    if value.get("dropped_total").and_then(Value::as_u64) != Some(0) {
        wrong.push(format!("the tool has the kernel drop {:?}", value.get("dropped")));
    }
    Ok(wrong)
}

fn inspect(tool: &Path, image: &DistroImage, arguments: &[&str]) -> Result<Vec<u8>> {
    host::run(Command::new(tool).arg("inspect").arg(&image.path).args(arguments))
}

#[cfg(test)]
mod tests {
    use super::segments;
    use serde_json::json;

    #[test]
    fn a_segment_that_is_missing_or_short_is_told() {
        let whole = json!({
            "segments": [{"entries": 4}, {"entries": 30}], "stop": null, "dropped_total": 0,
        });
        assert_eq!(segments(&whole, &[4, 30]).unwrap(), Vec::<String>::new());
        assert_eq!(segments(&whole, &[4, 31]).unwrap().len(), 1);
        assert_eq!(segments(&whole, &[4, 30, 1]).unwrap().len(), 1);
        assert!(segments(&json!({}), &[]).is_err());
    }

    #[test]
    fn what_the_kernel_would_drop_is_told() {
        let stopped = json!({
            "segments": [{"entries": 4}], "stop": {"why": "junk"}, "dropped_total": 2,
        });
        assert_eq!(segments(&stopped, &[4]).unwrap().len(), 2);
    }
}
