//! What one walk over an image shows: room, programs. Opens nothing.

use crate::base::error::Result;
use crate::source::files::Files;
use nvpreflight::facts::image::Programs;
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Flow, Kind, TreeExt};

/// The result of a walk.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) unpacked: u64,
    pub(super) firmware_bytes: u64,
    pub(super) programs: Programs,
}

/// Walks an image.
pub(super) fn by_walk(files: &dyn Files) -> Result<Survey> {
    let mut survey = Survey::default();
    files.walk(&mut |entry| {
        let name = entry.path.rsplit(|b| *b == b'/').next().unwrap_or(entry.path);
        // A program may be a link to one in /nix/store; both spell its name.
        if matches!(entry.kind, Kind::File | Kind::Link) {
            note(&mut survey.programs, name, entry.path);
        }
        if entry.kind != Kind::File {
            return;
        }
        survey.unpacked = survey.unpacked.saturating_add(entry.size);
        let Ok(path) = std::str::from_utf8(entry.path) else { return };
        if path.contains("lib/firmware/") {
            survey.firmware_bytes = survey.firmware_bytes.saturating_add(entry.size);
        }
    })?;
    Ok(survey)
}

fn note(programs: &mut Programs, name: &[u8], path: &[u8]) {
    match name {
        b"plymouthd" => programs.plymouth = true,
        b"cryptsetup" | b"systemd-cryptsetup" => programs.cryptsetup = true,
        b"nvpreflight-verifier" => programs.verifier = true,
        b"systemd" if path.ends_with(b"lib/systemd/systemd") => programs.systemd = true,
        _ => {}
    }
}

/// Asks a directory at the usual places: walking a whole root would cost minutes.
pub(super) fn by_place(files: &dyn Files) -> Survey {
    let any = |paths: &[&str]| paths.iter().any(|p| files.exists(p).yes() == Some(&true));
    let programs = Programs {
        plymouth: any(&["usr/sbin/plymouthd", "usr/bin/plymouthd", "sbin/plymouthd"]),
        cryptsetup: any(&[
            "usr/sbin/cryptsetup",
            "usr/bin/cryptsetup",
            "sbin/cryptsetup",
            "usr/lib/systemd/systemd-cryptsetup",
        ]),
        systemd: any(&["usr/lib/systemd/systemd", "lib/systemd/systemd"]),
        verifier: any(&["usr/bin/nvpreflight-verifier", "bin/nvpreflight-verifier"]),
        resume: false,
    };
    Survey { programs, ..Survey::default() }
}

/// True when the command line or a generator's file names a device to resume
/// from: initramfs-tools' conf.d/resume, dracut's etc/cmdline.d.
pub(super) fn asks_to_resume(files: &dyn Files, cmdline: Option<&[u8]>) -> bool {
    let names = |line: &[u8], key: &[u8]| {
        line.split(u8::is_ascii_whitespace).any(|word| {
            let value = word.strip_prefix(key);
            value.is_some_and(|v| !v.is_empty() && v != b"none" && v != b"auto")
        })
    };
    if cmdline.is_some_and(|line| names(line, b"resume=")) {
        return true;
    }
    let holds = |path: &str, key: &[u8]| {
        let mut found = false;
        let looked = files.as_tree().lines(path, &mut |line| {
            found |= names(line, key);
            if found { Flow::Enough } else { Flow::More }
        });
        matches!(looked, Seen::Yes(_)) && found
    };
    holds("conf/conf.d/resume", b"RESUME=")
        || super::paths::names(files, "etc/cmdline.d")
            .iter()
            .any(|name| holds(&format!("etc/cmdline.d/{name}"), b"resume="))
}
