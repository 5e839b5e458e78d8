//! A visit at the running machine: the look at it, the looks at its initrds, its
//! journal. Everything that answers need is in the saved facts that it returns, so
//! that a saved visit answers the same elsewhere.

use super::live;
use crate::base::clean;
use crate::base::error::Result;
use crate::base::ui::Ui;
use crate::source::bundle::{RECORD_MAX, Saved, Visit};
use crate::source::history::{self, Store};
use crate::source::logs::{self, Record};
use crate::source::subject::installed;
use crate::view::inventory::budget::Budget;
use nvpreflight::driver::said::{display, kernel, programs, systemd};
use std::ffi::OsStr;
use std::path::Path;

/// Folders where an image has to fit, the first that is there.
const BOOT: [&str; 4] = ["/efi", "/boot/efi", "/boot", "/boot/firmware"];

/// Visits.
///
/// # Errors
/// A machine that could not be looked at at all.
pub fn machine(ui: Ui) -> Result<Saved> {
    let (mut saved, hung) = live::machine()?;
    for path in &hung {
        ui.say(format_args!(
            "reading {} hangs; continuing without it",
            clean::line(path.as_bytes())
        ));
    }
    let (images, mut problems) = installed::find(Path::new("/"));
    let mut initrds = Vec::new();
    for image in images {
        let name = clean::path(&image.path);
        if ui.progress() {
            ui.say(format_args!("reading {name}"));
        }
        let cmdline = image.cmdline.as_deref().map(OsStr::new);
        match live::initrd(&live::initrd_args(&image.path, image.kernel.as_deref(), cmdline)) {
            Ok(look) => initrds.push(look),
            // Most errors name the file already.
            Err(e) if e.to_string().contains(&name) => problems.push(e.to_string()),
            Err(e) => problems.push(format!("{name}: {e}")),
        }
    }
    let (good, good_problem) = remembered();
    saved.visit = Some(Box::new(Visit {
        root: Some(nix::unistd::geteuid().is_root()),
        hung,
        initrds,
        initrd_problems: problems,
        good,
        good_problem,
        records: journal(),
        room: room(),
        ..Visit::default()
    }));
    Ok(saved)
}

/// Records of this boot's journal; none where it may not be read or there is none,
/// which the answers then say.
fn journal() -> Vec<Record> {
    logs::journal::boot("0").map(|log| of_interest(&log.records)).unwrap_or_default()
}

/// The latest good boot before this one, or why it could not be looked for.
fn remembered() -> (Option<Box<Saved>>, Option<String>) {
    let this = history::boot_id(Path::new("/")).ok();
    let store = Store::at(Path::new(history::FOLDER));
    match store.find(None, this.as_deref(), &mut |_| {}) {
        Ok(found) => (found.map(|(_, saved)| Box::new(saved)), None),
        Err(e) => (None, Some(e.to_string())),
    }
}

fn room() -> Option<(String, u64)> {
    let folder = BOOT.into_iter().find(|folder| Path::new(folder).is_dir())?;
    let room = Budget::Directory(folder.into()).room(0).ok()?;
    Some((folder.to_owned(), room.available))
}

/// The records that concern the stack and the way to the greeter; of a flood the
/// first ones.
#[must_use]
pub fn of_interest(records: &[Record]) -> Vec<Record> {
    const UNITS: [&str; 5] =
        ["plymouth", "nvidia", systemd::LOADER, "initrd-switch-root", programs::OWN];
    const WORDS: [&str; 14] = [
        "nvidia",
        "NVRM",
        "nouveau",
        "nova",
        "drm",
        "simpledrm",
        "fbcon",
        systemd::SWITCH_ROOT,
        "graphical",
        "plymouth",
        kernel::CONSOLES,
        "vfio",
        "efifb",
        "seat0",
    ];
    let concerns = |r: &&Record| {
        let unit = r.unit.as_deref().unwrap_or("");
        display::UNITS.contains(&unit)
            || UNITS.iter().any(|name| unit.starts_with(name))
            || WORDS.iter().any(|w| r.text.contains(w))
    };
    records.iter().filter(|r| !r.kernel).filter(concerns).take(RECORD_MAX).cloned().collect()
}
