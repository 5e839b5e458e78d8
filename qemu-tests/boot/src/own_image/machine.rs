//! Runs QEMU for an image of the user's and reads what it writes through pipes, so
//! that a guest that never stops writing fills neither memory nor disk. It ends only
//! the process that it started.

use super::gpu::Gpu;
use super::guest::Guest;
use super::watch::{End, ImageBoot, Watch};
use anyhow::{Context, Result, bail};
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::machine::interrupt;
use nvpreflight_harness::machine::qemu::{self, Accel};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Between two looks at the pipes where there was nothing.
const PACE: Duration = Duration::from_millis(20);
/// Read of one pipe at once: what a pipe holds (pipe(7)).
const CHUNK: usize = 64 << 10;
/// What is kept of a console in a file.
const LOG_MAX: u64 = 64 << 20;
/// What is read of QEMU's complaints.
const COMPLAINT_MAX: u64 = 16 << 10;

/// A machine to be run.
pub struct Machine<'a> {
    /// What is booted.
    pub guest: &'a Guest,
    /// How the processor is provided.
    pub accel: Accel,
    /// The GPU in it.
    pub gpu: &'a Gpu,
}

impl Machine<'_> {
    /// Boots the guest and follows it to its end.
    ///
    /// # Errors
    /// QEMU cannot be started or its pipes cannot be made.
    pub fn run(&self, folder: &Path, log: Option<&Path>, mut watch: Watch) -> Result<ImageBoot> {
        let mut console = Pipe::new(folder, "console")?;
        let mut serial = Pipe::new(folder, "serial")?;
        let mut debug = Pipe::new(folder, "debug")?;
        let mut log = log.map(Log::create).transpose()?;
        let complaint = folder.join("complaint");
        let mut child = qemu::bound(&self.command([&console, &serial, &debug]))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&complaint)?)
            .spawn()
            .context("cannot run `setpriv` (Debian: util-linux)")?;
        let mut take = |watch: &mut Watch| -> Result<bool> {
            let text = console.read()?;
            if let Some(log) = &mut log {
                log.write(&text)?;
            }
            watch.console(&text);
            let (line, ports) = (serial.read()?, debug.read()?);
            watch.report("serial-port", &line);
            watch.report("debug-port", &ports);
            Ok(!(text.is_empty() && line.is_empty() && ports.is_empty()))
        };
        let mut follow = || -> Result<End> {
            loop {
                if let Some(signal) = interrupt::pending() {
                    bail!("ended by signal {signal}");
                }
                let ended = child.try_wait()?;
                let some = take(&mut watch)?;
                match (watch.enough(), ended) {
                    (Some(end), _) => return Ok(end),
                    (None, Some(status)) if !some => return Ok(End::Machine(status.success())),
                    (None, _) if !some => thread::sleep(PACE),
                    (None, _) => {}
                }
            }
        };
        let end = follow();
        stop(&mut child)?;
        let mut text = Vec::new();
        File::open(&complaint)?.take(COMPLAINT_MAX).read_to_end(&mut text)?;
        Ok(watch.finish(end?, String::from_utf8_lossy(&text).into_owned()))
    }

    fn command(&self, [console, serial, debug]: [&Pipe; 3]) -> Command {
        let guest = self.guest;
        let mut qemu = qemu::bare(guest.arch, self.accel);
        qemu.arg("-no-reboot");
        qemu.arg("-m").arg(format!("{}M", guest.memory_mib));
        qemu.arg("-kernel").arg(&guest.kernel);
        qemu.arg("-initrd").arg(&guest.initrd);
        qemu.arg("-append").arg(&guest.cmdline);
        for (id, pipe) in [("console", console), ("serial", serial), ("debug", debug)] {
            qemu.arg("-chardev").arg(format!("file,id={id},path={}", pipe.path.display()));
        }
        qemu.args(["-serial", "chardev:console"]);
        qemu.args(guest.arch.ways_out());
        // Early programs ask for random numbers, and an emulated processor has none.
        qemu.args(["-device", "virtio-rng-pci"]);
        self.gpu.plug(&mut qemu, guest.memory_mib);
        qemu
    }
}

/// Ends QEMU where it still runs.
fn stop(child: &mut Child) -> io::Result<()> {
    if child.try_wait()?.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(())
}

/// What `NVPREFLIGHT_ACCEL` says, else KVM where a short boot with it has ended in
/// time. A kernel of the user's that does not boot proves nothing, so only a success
/// is remembered.
///
/// # Errors
/// A wrong value of the variable.
pub fn accelerator(arch: Arch, kernel: &Path) -> Result<Accel> {
    match Places::find() {
        Ok(places) => qemu::accelerator_by(Some(&places), arch, kernel),
        Err(_) => qemu::accelerator_by(None, arch, kernel),
    }
}

/// A named pipe that QEMU writes into.
struct Pipe {
    path: PathBuf,
    file: File,
}

impl Pipe {
    /// Makes it. Opened for both ways it neither waits for QEMU nor ends with it.
    fn new(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).context("cannot make a pipe")?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(&path)
            .context("cannot open a pipe")?;
        Ok(Self { path, file })
    }

    /// What is there now.
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; CHUNK];
        match self.file.read(&mut bytes) {
            Ok(length) => bytes.truncate(length),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => bytes.clear(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => bytes.clear(),
            Err(error) => return Err(error),
        }
        Ok(bytes)
    }
}

/// The console in a file, up to a bound.
struct Log {
    file: File,
    room: u64,
}

impl Log {
    fn create(path: &Path) -> Result<Self> {
        let file =
            File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Self { file, room: LOG_MAX })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fits = usize::try_from(self.room).unwrap_or(usize::MAX).min(bytes.len());
        self.file.write_all(bytes.get(..fits).unwrap_or_default())?;
        if self.room > 0 && fits < bytes.len() {
            self.file.write_all(b"\n[nvpreflight-boot: what follows is not kept]\n")?;
        }
        self.room -= fits as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_pipe_gives_what_is_there_and_never_waits() {
        let folder = tempfile::tempdir().unwrap();
        let mut pipe = Pipe::new(folder.path(), "p").unwrap();
        assert!(pipe.read().unwrap().is_empty());
        let mut writer = OpenOptions::new().write(true).open(&pipe.path).unwrap();
        writer.write_all(b"abc").unwrap();
        assert_eq!(pipe.read().unwrap(), b"abc");
        drop(writer);
        assert!(pipe.read().unwrap().is_empty());
    }

    #[test]
    fn a_log_is_cut_at_its_bound_and_says_so_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::create(&path).unwrap();
        log.room = 5;
        for _ in 0..3 {
            log.write(b"abc").unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "abcab\n[nvpreflight-boot: what follows is not kept]\n");
    }
}
