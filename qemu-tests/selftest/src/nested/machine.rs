//! The emulated host and one boot of it.

use super::cases::Part;
use super::{image, judge};
use anyhow::{Context, Result};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::judge::verdict::{BootOutput, Verdict};
use nvpreflight_harness::machine::channel;
use nvpreflight_harness::machine::qemu;
use nvpreflight_harness::scenario::{self, Scenario};
use nvpreflight_harness::workshop::{Workshop, always, token};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// MiB: the image unpacked, the guest's memory, QEMU.
const MEMORY_MIB: u32 = 1024;
/// A boot takes a minute of a processor; machines that run tests are busy.
const DEADLINE: Duration = Duration::from_secs(600);
/// A timer that ticks by itself. QEMU's emulation of SVM sometimes loses the wake-up for
/// an interrupt that is pending in the APIC (seen: vector 236 in IRR, interrupts on, the
/// processor halted for good); with one-shot timers nothing ever follows that could wake
/// it, with periodic ones the next tick does.
const TICKS: &str = "nohz=off highres=off";
/// The card: three functions behind a root port, as on a real one. A screen of the
/// host's own is before it on the bus, and behind a bridge that cannot tell devices
/// apart are another display device and a stranger.
const DEVICES: &str = "-device VGA,addr=2 \
     -device pcie-root-port,id=port4,chassis=1,addr=4 \
     -device VGA,bus=port4,addr=0.0,multifunction=on \
     -device ich9-intel-hda,bus=port4,addr=0.1 -device qemu-xhci,bus=port4,addr=0.2 \
     -device pcie-pci-bridge,id=bridge5,addr=5 \
     -device secondary-vga,bus=bridge5,addr=1 -device edu,bus=bridge5,addr=2";

/// Everything that the boots have in common.
pub struct Bench {
    scenario: Scenario,
    kernel: Kernel,
    initrd: PathBuf,
    token: String,
    folder: PathBuf,
}

/// What came of one boot.
pub struct Trial {
    /// Each case and its verdict.
    pub cases: Vec<(String, Verdict)>,
    /// Time in QEMU.
    pub took: Duration,
    /// Folder with what the boot left behind.
    pub folder: PathBuf,
}

impl Bench {
    /// Makes the guest's initrd and, around it, the host's.
    pub fn open(workshop: &Workshop) -> Result<Self> {
        let places = &workshop.places;
        let scenario = level2(&places.package)?;
        let kernel = Kernel::ready(places, Arch::X86_64)?;
        let folder = places.fresh_run("nested")?;
        let work = step("the emulated host's initrd");
        let token = token()?;
        let guest = workshop.machine(&scenario, &folder, &token)?;
        let initrd = image::write(places, &kernel, &guest, workshop.verifier.as_deref(), &folder)?;
        fs::remove_file(&guest.initrd)?;
        work.done();
        Ok(Self { scenario, kernel, initrd, token, folder })
    }

    /// Boots the host for one part.
    pub fn boot(&self, part: &Part) -> Result<Trial> {
        let folder = self.folder.join(part.name);
        fs::create_dir_all(&folder)?;
        let token = token()?;
        let console = folder.join("console.txt");
        let channel = folder.join("channel.bin");
        let ending =
            qemu::run(&self.command(part, &token, &console, &channel), &console, DEADLINE)?;
        let bytes = fs::read(&channel).unwrap_or_default();
        let seen = BootOutput {
            ended: ending.status.map(|status| status.success()),
            complaint: ending.complaint,
            console: String::from_utf8_lossy(&fs::read(&console).unwrap_or_default()).into_owned(),
            frames: channel::read(&bytes, &token),
            here: None,
        };
        if let Ok(frames) = &seen.frames {
            for (name, data) in &frames.by_name {
                fs::write(folder.join(name.replace('/', "_")), data)?;
            }
        }
        let cases = judge::judge(part, &seen, &self.scenario, &self.token);
        Ok(Trial { cases, took: ending.took, folder })
    }

    /// Forgets the image, which is as large as a root.
    pub fn close(self) -> Result<()> {
        fs::remove_file(&self.initrd).context("the emulated host's initrd is gone")
    }

    fn command(&self, part: &Part, token: &str, console: &Path, channel: &Path) -> Command {
        let mut qemu = Command::new(qemu::program(Arch::X86_64));
        // SVM is what QEMU can emulate for a KVM within; `-cx16` as for every boot.
        qemu.args(["-machine", "q35", "-accel", "tcg", "-cpu", "qemu64,+svm,+npt,-cx16"])
            .args(["-nodefaults", "-display", "none", "-vga", "none", "-no-reboot", "-m"])
            .arg(format!("{MEMORY_MIB}M"))
            .args(["-device", "intel-iommu,intremap=on,snoop-control=on"])
            .args(DEVICES.split_whitespace())
            .arg("-kernel")
            .arg(self.kernel.image())
            .arg("-initrd")
            .arg(&self.initrd)
            .arg("-append")
            .arg(format!(
                "nvpreflight.token={token} nvpb.part={} {} {TICKS} {}",
                part.script,
                always(self.kernel.arch),
                part.cmdline
            ))
            .arg("-serial")
            .arg(format!("file:{}", console.display()))
            .args(["-device", "virtio-serial-pci,addr=8", "-chardev"])
            .arg(format!("file,id=report,path={}", channel.display()))
            .args(["-device", "virtserialport,chardev=report,name=nvpreflight"]);
        qemu
    }
}

/// The scenario of the guest within.
pub fn level2(package: &Path) -> Result<Scenario> {
    let defaults = fs::read_to_string(package.join("defaults.toml"))?.parse()?;
    let text = fs::read_to_string(package.join("nested/level2.toml"))?;
    scenario::read("passthrough", &text, &defaults)
}

#[cfg(test)]
mod tests {
    use super::level2;
    use nvpreflight_harness::base::places::package_in_sources;

    #[test]
    fn the_guests_scenario_reads_and_expects_three_functions() {
        let scenario = level2(package_in_sources()).unwrap();
        assert_eq!(scenario.expect.console_has.len(), 3);
        assert_eq!(scenario.gpu.count, 0);
    }
}
