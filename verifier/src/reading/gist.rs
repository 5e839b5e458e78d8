//! What was seen in a few words, for the one line of a healthy boot. Says only
//! what was seen: what was not is left out, never guessed.

use crate::facts::{DrmKind, Facts, PciFunction};
use crate::text::Line;
use core::fmt::Write as _;

/// "nvidia 550.163.01 (open), KMS on, card0 with 2 connectors".
#[must_use]
pub fn of(facts: &Facts) -> Line {
    let mut out = Line::new();
    // Writing to a bounded text cannot fail: what does not fit is cut and marked.
    #[cfg(feature = "image")]
    if let Some(image) = facts.image.yes() {
        let _ = in_image(image, &mut out);
        return out;
    }
    let _ = if facts.modules.up("nvidia").is_some() {
        driver(facts, &mut out)
    } else if !facts.modules.proc.is_yes() && facts.driver_version().is_some() {
        // A log shows that the driver began, not whether it stayed.
        version(facts, &mut out)
    } else {
        without_driver(facts, &mut out)
    };
    out
}

/// "nvidia 595.45.04 (open) for 6.12.74-amd64".
#[cfg(feature = "image")]
fn in_image(image: &crate::facts::image::Image, out: &mut Line) -> core::fmt::Result {
    if image.module("nvidia").is_none() {
        return out.write_str("no nvidia module");
    }
    out.write_str("nvidia")?;
    if let Some(version) = image.driver_version() {
        write!(out, " {version}")?;
    }
    match image.open_flavour() {
        Some(true) => out.write_str(" (open)")?,
        Some(false) => out.write_str(" (proprietary)")?,
        None => {}
    }
    match image.tree.yes().filter(|tree| !tree.release.is_empty()) {
        Some(tree) => write!(out, " for {}", tree.release),
        None => Ok(()),
    }
}

/// "nvidia 595.45.04 (open)".
fn version(f: &Facts, out: &mut Line) -> core::fmt::Result {
    out.write_str("nvidia")?;
    if let Some(version) = f.driver_version() {
        write!(out, " {version}")?;
    }
    match f.open_flavour() {
        Some(true) => out.write_str(" (open)"),
        Some(false) => out.write_str(" (proprietary)"),
        None => Ok(()),
    }
}

fn driver(f: &Facts, out: &mut Line) -> core::fmt::Result {
    version(f, out)?;
    match f.modules.flag("nvidia_drm", "modeset") {
        Some(true) => out.write_str(", KMS on")?,
        Some(false) => out.write_str(", KMS off")?,
        None => {}
    }
    cards(f, out)?;
    if f.modules.up("nvidia_uvm").is_some() {
        out.write_str(", uvm")?;
    }
    if f.pci.is_yes() && f.nvidia_gpus().next().is_none() {
        out.write_str(", no NVIDIA GPU")?;
    }
    Ok(())
}

fn cards(f: &Facts, out: &mut Line) -> core::fmt::Result {
    let cards = || f.nvidia_drm_devices().filter(|d| d.kind == DrmKind::Card);
    match cards().count() {
        0 => f.nvidia_drm_devices().next().map_or(Ok(()), |node| write!(out, ", {}", node.name)),
        1..=3 => cards().try_for_each(|card| {
            let (n, s) = counted(card.connectors.len());
            write!(out, ", {} with {n} connector{s}", card.name)
        }),
        // The cards of a server would fill the line.
        many => {
            let (n, s) = counted(cards().map(|card| card.connectors.len()).sum());
            write!(out, ", {many} cards with {n} connector{s}")
        }
    }
}

const fn counted(n: usize) -> (usize, &'static str) {
    (n, if n == 1 { "" } else { "s" })
}

fn without_driver(f: &Facts, out: &mut Line) -> core::fmt::Result {
    if !f.pci.is_yes() {
        let loaded = f.modules.proc.is_yes();
        return out.write_str(if loaded { "nvidia is not loaded" } else { "modules not seen" });
    }
    let Some(gpu) = f.nvidia_gpus().next() else {
        return out.write_str("no NVIDIA GPU");
    };
    let PciFunction { bdf, driver, .. } = gpu;
    match driver.yes() {
        Some(driver) => write!(out, "NVIDIA GPU {bdf} uses {driver}"),
        None if driver.is_absent() => write!(out, "NVIDIA GPU {bdf} without a driver"),
        None if !f.modules.proc.is_yes() => write!(out, "NVIDIA GPU {bdf}"),
        None => write!(out, "NVIDIA GPU {bdf}, nvidia is not loaded"),
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::facts::LogRecord;
    use crate::facts::device::NVIDIA;
    use crate::facts::{Connector, DrmDevice, DrmKind, Facts, Module, ModuleState, Param};
    use crate::facts::{NvProc, ParamSource, PciFunction, Phase};
    use crate::seen::Seen;
    use crate::text::Name;
    use std::boxed::Box;

    fn gpu(driver: Seen<Name>) -> PciFunction {
        let bdf = "0000:01:00.0".into();
        PciFunction { bdf, vendor: NVIDIA, class: 0x03_0000, driver, ..PciFunction::default() }
    }

    fn machine(gpus: &[PciFunction]) -> Box<Facts> {
        let mut f = Box::new(Facts::new(Phase::Initrd));
        f.pci = Seen::Yes(heapless::Vec::from_slice(gpus).unwrap());
        f
    }

    #[test]
    fn a_healthy_stack_is_said_in_one_line() {
        let mut f = machine(&[gpu(Seen::Yes("nvidia".into()))]);
        let mut nvidia = Module::new("nvidia".into(), ModuleState::Live);
        nvidia.version = Seen::Yes("550.163.01".into());
        f.modules.list.push(nvidia).unwrap();
        let line = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.163.01";
        f.nv = Seen::Yes(NvProc { version_line: Seen::Yes(line.into()), ..NvProc::default() });
        let value = Seen::Yes("Y".into());
        let (module, name) = ("nvidia_drm".into(), "modeset".into());
        f.modules.params.push(Param { module, name, value, source: ParamSource::Sysfs }).unwrap();
        let connector = |name: &str| Connector {
            name: name.into(),
            status: Seen::NotLooked,
            enabled: Seen::NotLooked,
        };
        let card = DrmDevice {
            name: "card0".into(),
            kind: DrmKind::Card,
            parent: Seen::Yes("0000:01:00.0".into()),
            driver: Seen::Yes("nvidia".into()),
            connectors: [connector("DP-1"), connector("HDMI-A-1")].into_iter().collect(),
        };
        f.drm = Seen::Yes([card].into_iter().collect());
        let expected = "nvidia 550.163.01 (open), KMS on, card0 with 2 connectors";
        assert_eq!(of(&f).as_str(), expected);
        let Seen::Yes(cards) = &mut f.drm else { return };
        for _ in 0..3 {
            let card = cards[0].clone();
            cards.push(card).unwrap();
        }
        let expected = "nvidia 550.163.01 (open), KMS on, 4 cards with 8 connectors";
        assert_eq!(of(&f).as_str(), expected);
    }

    #[test]
    fn a_machine_without_the_driver_says_what_holds_the_gpu() {
        assert_eq!(of(&machine(&[])).as_str(), "no NVIDIA GPU");
        let nouveau = machine(&[gpu(Seen::Yes("nouveau".into()))]);
        assert_eq!(of(&nouveau).as_str(), "NVIDIA GPU 0000:01:00.0 uses nouveau");
        let bare = machine(&[gpu(Seen::Absent)]);
        assert_eq!(of(&bare).as_str(), "NVIDIA GPU 0000:01:00.0 without a driver");
    }

    #[test]
    fn a_log_shows_that_the_driver_began_and_no_more() {
        let mut f = machine(&[gpu(Seen::NotLooked)]);
        assert_eq!(of(&f).as_str(), "NVIDIA GPU 0000:01:00.0");
        let text = "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  595.45.04  Release";
        let mut log = crate::facts::Log::default();
        let record = LogRecord { us: 1, level: 4, text: text.into(), times: 1 };
        log.records.push(record).unwrap();
        f.log = Seen::Yes(log);
        assert_eq!(of(&f).as_str(), "nvidia 595.45.04 (open)");
    }

    #[test]
    fn without_a_look_at_the_bus_no_gpu_is_denied() {
        let mut blind = Facts::new(Phase::Initrd);
        assert_eq!(of(&blind).as_str(), "modules not seen");
        blind.modules.proc = Seen::Yes(());
        assert_eq!(of(&blind).as_str(), "nvidia is not loaded");
    }

    #[test]
    fn a_gpu_whose_driver_was_not_seen_is_not_called_free() {
        let mut f = machine(&[gpu(Seen::NotLooked)]);
        f.modules.proc = Seen::Yes(());
        assert_eq!(of(&f).as_str(), "NVIDIA GPU 0000:01:00.0, nvidia is not loaded");
    }

    #[test]
    #[cfg(feature = "image")]
    fn an_image_is_told_with_its_kernel_where_that_is_known() {
        use crate::testing::Case;
        let case = Case::image_with_stack("");
        assert_eq!(of(&case.facts()).as_str(), "nvidia 595.45.04 (open) for 6.12.1");
        let nameless = case.holding(|image| image.tree.yes_mut().unwrap().release = "".into());
        assert_eq!(of(&nameless.facts()).as_str(), "nvidia 595.45.04 (open)");
    }
}
