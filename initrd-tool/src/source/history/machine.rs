//! What the running machine says of its own boot: its id, the generation that was
//! booted, the verdict that the verifier left. Reads only.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::source::report_v1::ReportV1;
use std::fs;
use std::path::Path;

/// The verdict of the check before the display manager.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// "ok", "findings", "could-not-check".
    pub name: String,
    /// Codes of findings that no other finding caused, in the order of the report.
    pub codes: Vec<String>,
}

impl Verdict {
    /// From a report (docs/report-v1.schema.json).
    ///
    /// # Errors
    /// A file that cannot be read, or is no report of version 1.
    pub fn read(path: &Path) -> Result<Self> {
        let name = clean::path(path);
        let report = ReportV1::open(path)?
            .map_err(|why| Error::new(format!("{name} is no report: {why}")))?;
        Ok(Self { name: clean::line(report.verdict.as_bytes()), codes: report.root_codes() })
    }
}

/// The id of this boot without dashes.
///
/// # Errors
/// No /proc, or an odd one.
pub fn boot_id(root: &Path) -> Result<String> {
    let path = root.join("proc/sys/kernel/random/boot_id");
    let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
    let id: String = text.trim().replace('-', "").to_ascii_lowercase();
    let plain = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    plain
        .then_some(id)
        .ok_or_else(|| Error::new(format!("{} holds no boot id", clean::path(&path))))
}

/// The number of the NixOS generation that was booted: the newest link
/// "system-NUMBER-link" of the profile that leads to the same system as
/// run/booted-system, or that has it as a specialisation. `None` elsewhere.
#[must_use]
pub fn generation(root: &Path) -> Option<u64> {
    let target = |path: &Path| fs::read_link(path).ok();
    let booted = target(&root.join("run/booted-system"))?;
    let profiles = root.join("nix/var/nix/profiles");
    let links = fs::read_dir(&profiles).ok()?.filter_map(std::result::Result::ok);
    let of_generation = |path: &Path| {
        let special = fs::read_dir(path.join("specialisation")).into_iter().flatten();
        target(path).as_ref() == Some(&booted)
            || special.flatten().any(|entry| target(&entry.path()).as_ref() == Some(&booted))
    };
    links
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix("system-")?.strip_suffix("-link")?;
            Some((number.parse::<u64>().ok()?, entry.path()))
        })
        .filter(|(_, path)| of_generation(path))
        .map(|(number, _)| number)
        .max()
}
