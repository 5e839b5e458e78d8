//! A pretend NVIDIA card beside QEMU: starts the server of `qemu-tests/pretend-gpu`
//! and says how QEMU is to take its functions. Needs a QEMU of 10.1 or newer, and ends
//! only the server that it started.

use crate::base::arch::Arch;
use crate::build::programs::PRETEND_GPU;
use crate::machine::qemu;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The device of QEMU that takes a function (QEMU 10.1, hw/vfio-user).
const DEVICE: &str = "vfio-user-pci";
/// How long the server may take to write its log.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most functions that a card has.
const FUNCTIONS: usize = 8;

/// Why there can be no such card in a machine of `arch` here, if there cannot.
///
/// # Errors
/// QEMU cannot be run.
pub fn obstacle(arch: Arch) -> Result<Option<String>> {
    let program = qemu::program(arch);
    let shown = program.to_string_lossy().into_owned();
    let output = Command::new(&program)
        .args(["-device", &format!("{DEVICE},help")])
        .output()
        .with_context(|| format!("cannot run `{shown}` (is it installed?)"))?;
    // An unknown device is no error to every QEMU, but it has no options.
    let known = String::from_utf8_lossy(&output.stdout).contains(&format!("{DEVICE} options"));
    Ok((!known).then(|| {
        format!(
            "`{shown}` has no {DEVICE} (QEMU 10.1 or newer; {} can name one)",
            arch.qemu_variable()
        )
    }))
}

/// A card that is served. It is gone with this value.
pub struct Card {
    server: Child,
    sockets: Vec<PathBuf>,
    _said: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Card {
    /// Starts the server of a card of that model (`pascal`, `turing`, `ampere`). What
    /// the driver touches is written to `log` when QEMU has ended.
    ///
    /// # Errors
    /// The server is not here or does not start.
    pub fn start(model: &str, log: Option<&Path>) -> Result<Self> {
        // A socket's path is short (unix(7)), which that of a run's folder need not be.
        let folder = tempfile::Builder::new().prefix("nvpg-").tempdir()?;
        let mut command = Command::new(PRETEND_GPU.find()?);
        command.args(["--model", model]).arg(folder.path());
        if let Some(log) = log {
            command.arg("--log").arg(log);
        }
        let mut server = qemu::bound(&command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run `setpriv` (Debian: util-linux)")?;
        let said = server.stdout.take().context("the server's output is a pipe")?;
        let mut said = BufReader::new(said);
        // All sockets are there before the first is named.
        let mut first = String::new();
        said.read_line(&mut first)?;
        let sockets: Vec<PathBuf> = (0..FUNCTIONS)
            .map(|at| folder.path().join(at.to_string()))
            .take_while(|path| path.exists())
            .collect();
        let card = Self { server, sockets, _said: said, _folder: folder };
        ensure!(!card.sockets.is_empty() && !first.is_empty(), "the pretend GPU did not start");
        Ok(card)
    }

    /// Gives `qemu` the card behind a root port of its own. The guest's memory has to
    /// be shared with the server by the protocol.
    pub fn plug(&self, qemu: &mut Command, memory_mib: u32) {
        qemu.arg("-object")
            .arg(format!("memory-backend-memfd,id=guest,size={memory_mib}M,share=on"))
            .args(["-machine", "memory-backend=guest"])
            .args(["-device", "pcie-root-port,id=card,chassis=1"]);
        for (at, socket) in self.sockets.iter().enumerate() {
            let device = serde_json::json!({
                "driver": DEVICE,
                "socket": {"type": "unix", "path": socket},
                "bus": "card", "addr": format!("0.{at}"), "multifunction": at == 0,
            });
            qemu.arg("-device").arg(device.to_string());
        }
    }

    /// Lets the server write its log: it ends by itself when QEMU has ended.
    pub fn finish(mut self) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until && matches!(self.server.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // It may have ended with QEMU already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
