//! A disk encrypted by LUKS, and a person at the console who types its passphrase
//! when the machine asks for it. The disk holds nothing else.

use anyhow::{Result, ensure};
use nvpreflight_harness::base::host;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const PASSPHRASE: &str = "correct horse";
/// systemd-cryptsetup's question begins so.
const QUESTION: &str = "Please enter passphrase";
const FIRST_PORT: &str = "console=ttyS0";
const SIZE: u64 = 32 << 20;

/// Makes the disk in `run`.
///
/// # Errors
/// `cryptsetup` is not here or refuses.
pub fn disk(run: &Path) -> Result<PathBuf> {
    let (disk, key) = (run.join("luks"), run.join("luks.key"));
    File::create(&disk)?.set_len(SIZE)?;
    fs::write(&key, PASSPHRASE)?;
    // The cheapest derivation: an emulated processor has to repeat it.
    host::run(
        Command::new("cryptsetup")
            .args(["luksFormat", "--batch-mode", "--type=luks2", "--pbkdf=pbkdf2"])
            .args(["--pbkdf-force-iterations=1000", "--key-file"])
            .arg(&key)
            .arg(&disk),
    )?;
    Ok(disk)
}

/// The kernel command line with the second serial port in place of the first, which a
/// machine of the bench has as its console. Linux has one serial console and takes the
/// first that is named (Documentation/admin-guide/serial-console.rst).
///
/// # Errors
/// The command line does not name the first port.
pub fn with_console_there(cmdline: &str) -> Result<String> {
    ensure!(cmdline.contains(FIRST_PORT), "the command line has no {FIRST_PORT}");
    Ok(cmdline.replace(FIRST_PORT, "console=ttyS1"))
}

/// A second serial port, the console of the machine, and what types there.
pub struct Keyboard {
    socket: PathBuf,
    /// What the machine printed on it.
    pub screen: PathBuf,
    over: Arc<AtomicBool>,
}

impl Keyboard {
    /// For a machine whose boot is kept in `run`.
    pub fn new(run: &Path) -> Self {
        Self {
            socket: run.join("keys"),
            screen: run.join("screen.txt"),
            over: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Adds the port.
    pub fn attach(&self, qemu: &mut Command) {
        qemu.arg("-chardev").arg(format!(
            "socket,id=keys,server=on,wait=off,path={},logfile={}",
            self.socket.display(),
            self.screen.display()
        ));
        qemu.args(["-serial", "chardev:keys"]);
    }

    /// Types the passphrase once it is asked for. Ends with the boot: see
    /// [`Keyboard::leave`].
    pub fn sit_down(&self) -> thread::JoinHandle<()> {
        let (socket, screen, over) =
            (self.socket.clone(), self.screen.clone(), Arc::clone(&self.over));
        thread::spawn(move || {
            let mut port = None;
            while !over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(200));
                // Held open until the boot is over: QEMU drops what a closed one typed.
                port = port.or_else(|| UnixStream::connect(&socket).ok());
                let shown = fs::read(&screen).unwrap_or_default();
                let Some(open) = &mut port else { continue };
                // The screen is kept by QEMU; a port that nobody reads stops the machine.
                drain(open);
                if String::from_utf8_lossy(&shown).contains(QUESTION) {
                    // A prompt that is drawn is not yet one that reads.
                    thread::sleep(Duration::from_secs(2));
                    // What does not arrive shows in the boot, which then waits for it.
                    let _ = open.write_all(format!("{PASSPHRASE}\r").as_bytes());
                    while !over.load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(200));
                        drain(open);
                    }
                }
            }
        })
    }

    /// The boot is over.
    pub fn leave(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Takes what the port has to say.
fn drain(port: &mut UnixStream) {
    let mut said = [0; 4096];
    if port.set_nonblocking(true).is_ok() {
        while port.read(&mut said).is_ok_and(|n| n > 0) {}
        // Typing waits until it is taken.
        let _ = port.set_nonblocking(false);
    }
}
