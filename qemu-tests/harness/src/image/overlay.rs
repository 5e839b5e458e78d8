//! The last segment of a boot's initrd: what the scenario itself brings. The
//! verifier, its expectations, module configuration, settings for the guest's
//! scripts, and below `nvpb/root` the files that are copied to the root.

use super::nixos;
use crate::base::arch::Arch;
use crate::base::places::Places;
use crate::image::archive::Archive;
use crate::nvidia::gpu::guest_module;
use crate::scenario::nixos::Plan;
use crate::scenario::{Scenario, Stage1};
use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Stands in for the verifier in a run that must fail (`--without-verifier`).
const NO_VERIFIER: &[u8] = b"#!/bin/sh\nexit 0\n";
/// Where the driver's GSP firmware lies; the stand-in looks for it and does
/// not read its content. Below /usr: a folder `lib` in a later segment would
/// replace the link that an earlier one has there.
const FIRMWARE: &str = "usr/lib/firmware/nvidia";

/// What the driver of a boot needs of the segment.
pub struct Driver<'a> {
    /// What the guest runs on.
    pub arch: Arch,
    /// Its version, which names the folder of its firmware.
    pub version: &'a str,
    /// Folder with the real firmware; None: files of the same names.
    pub firmware: Option<&'a Path>,
    /// The module tree of the root.
    pub root_modules: &'a Path,
}

/// Fills the segment. `verifier` is None when it is to be left out.
pub fn fill<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    scenario: &Scenario,
    verifier: Option<&Path>,
    driver: &Driver<'_>,
    nixos: Option<&Plan>,
) -> Result<()> {
    let verifier = match verifier {
        Some(path) => {
            fs::read(path).with_context(|| format!("no verifier at `{}`", path.display()))?
        }
        None => NO_VERIFIER.to_vec(),
    };
    for root in ["", "nvpb/root/"] {
        if root.is_empty() || scenario.stage1 == Stage1::Systemd {
            common(archive, places, scenario, driver.arch, root)?;
        }
    }
    match nixos {
        Some(plan) => machine(archive, places, scenario, plan, &verifier)?,
        None => shipped(archive, places, scenario, &verifier)?,
    }
    for (name, text) in &scenario.boot.files {
        archive.file(name, 0o644, text.as_bytes())?;
    }
    if scenario.boot.firmware {
        firmware(archive, driver, "")?;
    }
    if scenario.stage1 == Stage1::Systemd {
        for (name, text) in &scenario.boot.root_files {
            archive.file(&format!("nvpb/root/{name}"), 0o644, text.as_bytes())?;
        }
        firmware(archive, driver, "nvpb/root/")?;
        archive.tree(&driver.root_modules.join("lib/modules"), "nvpb/root/usr/lib/modules")?;
    }
    Ok(())
}

/// What the project ships, with the configuration of the scenario.
fn shipped<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    scenario: &Scenario,
    verifier: &[u8],
) -> Result<()> {
    configuration(archive, scenario, verifier, "")?;
    modules_load(archive, "", &scenario.boot.modules_load)?;
    if scenario.inject {
        room_for_injection(archive, places, scenario.stage1)?;
    }
    if scenario.stage1 == Stage1::Systemd {
        let root = "nvpb/root/";
        configuration(archive, scenario, verifier, root)?;
        if !scenario.inject {
            unit(archive, places, "", "initrd", "initrd.target")?;
        }
        unit(archive, places, root, "pre-display", "multi-user.target")?;
        modules_load(archive, root, &scenario.boot.root_modules_load)?;
    }
    Ok(())
}

/// What calls the verifier in the guests' own initrds gives way: the bare init
/// waits for the report of the one that was injected, and the scripted init, whose
/// last script of the stage powers off, does so one stage later.
fn room_for_injection<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    stage1: Stage1,
) -> Result<()> {
    match stage1 {
        Stage1::Bare => {
            let text = fs::read(places.guest("injected.sh"))?;
            archive.file("nvpb/verifier.sh", 0o755, &text)?;
        }
        Stage1::Scripted => {
            archive.file("scripts/init-premount/ORDER", 0o644, b"# nothing of the guest's\n")?;
            let end = b"/scripts/init-premount/nvpreflight-end \"$@\"\n";
            archive.file("scripts/local-top/ORDER", 0o644, end)?;
        }
        Stage1::Systemd => {}
    }
    Ok(())
}

/// What a NixOS machine has in place of it.
fn machine<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    scenario: &Scenario,
    plan: &Plan,
    verifier: &[u8],
) -> Result<()> {
    nixos::script(archive, places, scenario.stage1, "")?;
    nixos::fill(archive, &plan.initrd, "", "initrd", verifier)?;
    if scenario.stage1 == Stage1::Systemd {
        let root = "nvpb/root/";
        nixos::script(archive, places, scenario.stage1, root)?;
        nixos::fill(archive, &plan.root, root, "pre-display", verifier)?;
    }
    Ok(())
}

/// The unit that the project ships for `phase`, enabled, with a drop-in that
/// starts the verifier under the scenario's faults and keeps its exit status.
fn unit<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    root: &str,
    phase: &str,
    target: &str,
) -> Result<()> {
    let name = format!("nvpreflight-{phase}.service");
    let shipped = places.workspace.join("verifier/dist").join(&name);
    let text = fs::read(&shipped).with_context(|| format!("no `{}`", shipped.display()))?;
    let folder = format!("{root}etc/systemd/system");
    archive.file(&format!("{folder}/{name}"), 0o644, &text)?;
    archive.symlink(&format!("{folder}/{target}.wants/{name}"), &format!("../{name}"))?;
    let start = format!("[Service]\nExecStart=\nExecStart=/bin/sh /nvpb/verifier.sh {phase}\n");
    archive.file(&format!("{folder}/{name}.d/boot-test.conf"), 0o644, start.as_bytes())?;
    Ok(())
}

/// The list of modules that modules-load.d(5) describes, one a line.
fn modules_load<W: Write>(archive: &mut Archive<W>, root: &str, list: &[String]) -> Result<()> {
    let name = format!("{root}etc/modules-load.d/nvidia.conf");
    let text = format!("{}\n", list.join("\n"));
    archive.file(&name, 0o644, text.as_bytes())?;
    if root.is_empty() {
        // initramfs-tools has a list of its own (initramfs-tools(7)).
        archive.file("conf/modules", 0o644, text.as_bytes())?;
    }
    Ok(())
}

/// Scripts that are the same in the initrd and on the root.
fn common<W: Write>(
    archive: &mut Archive<W>,
    places: &Places,
    scenario: &Scenario,
    arch: Arch,
    root: &str,
) -> Result<()> {
    for name in ["lib.sh", "gpu.sh", "verifier.sh"] {
        let text = fs::read(places.guest(name))?;
        archive.file(&format!("{root}nvpb/{name}"), 0o755, &text)?;
    }
    archive.file(&format!("{root}nvpb/settings"), 0o644, settings(scenario, arch).as_bytes())?;
    Ok(())
}

/// The verifier, its expectations and modprobe.d, in the initrd and on the root.
fn configuration<W: Write>(
    archive: &mut Archive<W>,
    scenario: &Scenario,
    verifier: &[u8],
    root: &str,
) -> Result<()> {
    // What is injected is not there before.
    let injected = scenario.inject && root.is_empty();
    if !injected {
        archive.file(&format!("{root}usr/bin/nvpreflight-verifier"), 0o755, verifier)?;
    }
    for (name, text) in &scenario.boot.modprobe_d {
        archive.file(&format!("{root}etc/modprobe.d/{name}"), 0o644, text.as_bytes())?;
    }
    let expectations = scenario.verifier.expectations_text()?;
    if !expectations.is_empty() && !injected {
        archive.file(
            &format!("{root}etc/nvpreflight/expect.json"),
            0o644,
            expectations.as_bytes(),
        )?;
    }
    Ok(())
}

fn firmware<W: Write>(archive: &mut Archive<W>, driver: &Driver<'_>, root: &str) -> Result<()> {
    let folder = format!("{root}{FIRMWARE}/{}", driver.version);
    if let Some(real) = driver.firmware {
        return archive.tree(real, &folder).map_err(Into::into);
    }
    for chip in ["tu10x", "ga10x"] {
        let name = format!("{folder}/gsp_{chip}.bin");
        archive.file(&name, 0o644, b"stand-in for GSP firmware\n")?;
    }
    Ok(())
}

/// The words after `modprobe` that give the emulated GPUs their identity; none
/// without a GPU.
fn identity(scenario: &Scenario, arch: Arch) -> String {
    let gpu = &scenario.gpu;
    match (gpu.count, &scenario.driver) {
        (0, _) => String::new(),
        (count, Some(_)) => guest_module(gpu.pretend, gpu.model, count),
        (count, None) => {
            let id = format!("{:#06x}", gpu.model.identity().device);
            let ids = vec![id; usize::from(count)].join(",");
            format!("pcispoof ids={ids}{}", arch.adapter_ids())
        }
    }
}

/// Shell assignments for the guest's scripts.
fn settings(scenario: &Scenario, arch: Arch) -> String {
    let faults: Vec<&str> = scenario.faults.iter().map(|fault| fault.name()).collect();
    let state = match scenario.stage1 {
        // Only /run survives switch-root.
        Stage1::Systemd => "/run/nvpb",
        Stage1::Bare | Stage1::Scripted => "/nvpb/state",
    };
    let owner = scenario.gpu.owner.as_deref().unwrap_or_default();
    // Under systemd the status is the unit's, by the policy of the owner.
    let unit = match scenario.stage1 {
        Stage1::Systemd => "--as-unit ",
        Stage1::Bare | Stage1::Scripted => "",
    };
    let late = scenario.boot.late_load.join(" ");
    [
        format!("state={state}"),
        format!("FAULTS='{}'", faults.join(" ")),
        format!("IDENTITY='{}'", identity(scenario, arch)),
        format!("OWNER='{owner}'"),
        format!("FIRMWARE_FRAMEBUFFER={}", u8::from(scenario.gpu.firmware_framebuffer)),
        format!("VERIFIER_ARGS='{unit}{}'", scenario.verifier.arguments),
        format!("LATE_MODULES='{late}'"),
        format!("LATE_DELAY={}", scenario.boot.late_load_after_s),
        String::new(),
    ]
    .join(
        "
",
    )
}
