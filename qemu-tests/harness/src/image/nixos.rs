//! The part of a boot's last segment that comes from a NixOS machine: its unit
//! files, its configuration and the verifier, each where NixOS has it. The units
//! start the verifier themselves; a drop-in only keeps its exit status.

use crate::base::places::Places;
use crate::image::archive::Archive;
use crate::scenario::Stage1;
use crate::scenario::nixos::Layout;
use anyhow::Result;
use std::fs;
use std::io::Write;

/// Writes `tree` below `root`, with `verifier` wherever it has to lie.
pub fn fill<W: Write>(
    archive: &mut Archive<W>,
    tree: &Layout,
    root: &str,
    phase: &str,
    verifier: &[u8],
) -> Result<()> {
    for (name, text) in &tree.files {
        archive.file(&format!("{root}{name}"), 0o644, text.as_bytes())?;
    }
    for (name, target) in &tree.links {
        archive.symlink(&format!("{root}{name}"), target)?;
    }
    for name in &tree.verifier {
        archive.file(&format!("{root}{name}"), 0o755, verifier)?;
    }
    if let Some(unit) = &tree.unit {
        // `+`: neither the hardening of the unit nor its user apply to the test.
        let keep = format!("+/bin/sh /nvpb/status.sh {phase}");
        archive.file(
            &format!("{root}etc/systemd/system/{unit}.d/boot-test.conf"),
            0o644,
            format!("[Service]\nExecStartPost={keep}\nExecStopPost={keep}\n").as_bytes(),
        )?;
    }
    Ok(())
}

/// The guest's own script for such a machine, by the name under which the guest
/// looks for it.
pub fn script<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    stage1: Stage1,
    root: &str,
) -> Result<()> {
    let (from, to) = match stage1 {
        Stage1::Scripted => ("nixos-hook.sh", "verifier.sh"),
        Stage1::Bare | Stage1::Systemd => ("status.sh", "status.sh"),
    };
    archive.file(&format!("{root}nvpb/{to}"), 0o755, &fs::read(places.guest(from))?)?;
    Ok(())
}
