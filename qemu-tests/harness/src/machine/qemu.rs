//! Starts QEMU, waits for it within a deadline and keeps what it said. It
//! ends only the process it started, and that one ends when this program does.

use super::interrupt;
use crate::base::arch::Arch;
use crate::base::host;
use crate::base::places::Places;
use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The program for `arch`: what its variable names ([`Arch::qemu_variable`]), else the
/// one in PATH.
pub fn program(arch: Arch) -> OsString {
    env::var_os(arch.qemu_variable()).unwrap_or_else(|| format!("qemu-system-{arch}").into())
}

/// QEMU with a machine of `arch` that has a processor and no devices but those of its
/// board.
pub fn bare(arch: Arch, accel: Accel) -> Command {
    let mut qemu = Command::new(program(arch));
    qemu.args(["-machine", arch.machine(), "-nodefaults", "-display", "none"]);
    match accel {
        Accel::Tcg => qemu.args(["-accel", "tcg", "-cpu", arch.emulated_processor()]),
        Accel::Kvm => qemu.args(["-accel", "kvm", "-cpu", "host"]),
    };
    qemu
}

/// A working KVM reaches the panic of a kernel without a root within a second.
const KVM_PROBE_LIMIT: Duration = Duration::from_secs(6);

/// How the guest's processor is provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// Emulation; works everywhere.
    Tcg,
    /// The kernel's virtual machine, where a short boot has shown it to work.
    Kvm,
}

/// One virtual machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What the kernel runs on.
    pub arch: Arch,
    /// Kernel image.
    pub kernel: PathBuf,
    /// Initrd, all its segments in one file.
    pub initrd: PathBuf,
    /// Kernel command line.
    pub cmdline: String,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Root disk, never written to.
    pub disk: Option<PathBuf>,
    /// Emulated GPUs, relabelled in the guest.
    pub gpus: u8,
    /// Whether there is an IOMMU.
    pub iommu: bool,
    /// File that keeps the first serial port's output.
    pub console: PathBuf,
    /// File that keeps what the guest wrote into the virtio port.
    pub channel: PathBuf,
    /// Time after which QEMU is ended.
    pub deadline: Duration,
}

/// How a boot ended and how long it took.
#[derive(Clone, Debug)]
pub struct Ending {
    /// None when the deadline passed.
    pub status: Option<ExitStatus>,
    /// From the start of QEMU to its end.
    pub took: Duration,
    /// What QEMU itself had to say (its stderr).
    pub complaint: String,
}

impl Machine {
    /// Boots and waits.
    pub fn run(&self, accel: Accel) -> Result<Ending> {
        run(&self.command(accel), &self.console, self.deadline)
    }

    /// The command line, for a person who wants to start it by hand.
    pub fn command(&self, accel: Accel) -> Command {
        let mut qemu = bare(self.arch, accel);
        qemu.arg("-no-reboot");
        if self.iommu {
            qemu.args(self.arch.iommu());
        }
        qemu.arg("-m").arg(format!("{}M", self.memory_mib));
        qemu.arg("-kernel").arg(&self.kernel);
        qemu.arg("-initrd").arg(&self.initrd);
        qemu.arg("-append").arg(&self.cmdline);
        qemu.arg("-serial").arg(format!("file:{}", self.console.display()));
        qemu.args(["-device", "virtio-serial-pci", "-chardev"]);
        qemu.arg(format!("file,id=report,path={}", self.channel.display()));
        qemu.args(["-device", "virtserialport,chardev=report,name=nvpreflight"]);
        for _ in 0..self.gpus {
            qemu.args(["-device", self.arch.display_adapter(self.iommu)]);
        }
        if let Some(disk) = &self.disk {
            qemu.arg("-drive")
                .arg(format!("file={},format=raw,if=virtio,snapshot=on", disk.display()));
        }
        qemu
    }
}

/// Runs a QEMU whose console is kept in `console` and waits for its end.
pub fn run(command: &Command, console: &Path, deadline: Duration) -> Result<Ending> {
    let complaint = console.with_extension("qemu");
    let started = Instant::now();
    let mut child = bound(command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&complaint)?)
        .spawn()
        .context("cannot run `setpriv` (Debian: util-linux)")?;
    let status = wait(&mut child, deadline)?;
    Ok(Ending {
        status,
        took: started.elapsed(),
        complaint: fs::read_to_string(&complaint).unwrap_or_default(),
    })
}

/// `command`, killed when the thread that started it ends.
pub fn bound(command: &Command) -> Command {
    let mut bound = host::bound("KILL", command.get_program());
    bound.args(command.get_args());
    bound
}

/// Waits for the child; past the limit it is ended and None comes back.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let until = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if let Some(signal) = interrupt::pending() {
            // A card can be given back only when nothing uses it.
            child.kill()?;
            child.wait()?;
            bail!("ended by signal {signal}");
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Chooses the accelerator for a kernel of `arch`: emulation where that is not this
/// machine's own, else what `NVPREFLIGHT_ACCEL` says (`tcg`, `kvm`), else KVM where a
/// short boot with it ends in time. A KVM that exists and hangs is
/// common inside virtual machines, so its device node proves nothing.
pub fn accelerator(places: &Places, arch: Arch, kernel: &Path) -> Result<Accel> {
    let (accel, tried) = choose(Some(places), arch, kernel)?;
    if tried && accel == Accel::Tcg {
        remember(places, "does not work")?;
    }
    Ok(accel)
}

/// The same with a kernel of the user's, and with a memory only where there are
/// folders of ours. That such a kernel did not boot proves nothing of KVM, so a
/// failure is not remembered.
pub fn accelerator_by(places: Option<&Places>, arch: Arch, kernel: &Path) -> Result<Accel> {
    choose(places, arch, kernel).map(|(accel, _)| accel)
}

/// The choice, and whether it was made by a boot; one that worked is remembered.
fn choose(places: Option<&Places>, arch: Arch, kernel: &Path) -> Result<(Accel, bool)> {
    if !arch.runs_here() {
        return Ok((Accel::Tcg, false));
    }
    match env::var("NVPREFLIGHT_ACCEL").as_deref() {
        Ok("tcg") => return Ok((Accel::Tcg, false)),
        Ok("kvm") => return Ok((Accel::Kvm, false)),
        Ok(other) => bail!("NVPREFLIGHT_ACCEL is `{other}`, not `tcg` or `kvm`"),
        Err(_) => {}
    }
    if File::options().read(true).write(true).open("/dev/kvm").is_err() {
        return Ok((Accel::Tcg, false));
    }
    if let Some(answer) = places.and_then(|places| fs::read_to_string(memory(places)).ok()) {
        return Ok((if answer == "works" { Accel::Kvm } else { Accel::Tcg }, false));
    }
    let step = crate::base::progress::step("does KVM work here? (a short boot)");
    let works = kvm_works(arch, kernel)?;
    step.done();
    if let (true, Some(places)) = (works, places) {
        remember(places, "works")?;
    }
    Ok((if works { Accel::Kvm } else { Accel::Tcg }, true))
}

/// Where the answer is kept for as long as the host runs.
fn memory(places: &Places) -> PathBuf {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    places.cache.join(format!("kvm-{}", boot.trim()))
}

fn remember(places: &Places, answer: &str) -> Result<()> {
    let memory = memory(places);
    fs::write(&memory, answer).with_context(|| format!("cannot write `{}`", memory.display()))
}

fn kvm_works(arch: Arch, kernel: &Path) -> Result<bool> {
    let mut qemu = bare(arch, Accel::Kvm);
    qemu.args(["-no-reboot", "-m", "256M", "-append", "panic=-1 quiet", "-kernel"]).arg(kernel);
    let mut child = bound(&qemu)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run `setpriv` (Debian: util-linux)")?;
    let status = wait(&mut child, KVM_PROBE_LIMIT)?;
    Ok(status.is_some_and(|status| status.success()))
}
