//! A disk encrypted by LUKS, and a person at the console who types its passphrase
//! when the machine asks for it. The disk holds nothing else.

use anyhow::{Result, ensure};
use nvpreflight_harness::base::host;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PASSPHRASE: &str = "correct horse";
/// systemd-cryptsetup's question begins so.
const QUESTION: &str = "Please enter passphrase";
const FIRST_PORT: &str = "console=ttyS0";
/// Between two looks at the port, where it says nothing.
const PACE: Duration = Duration::from_millis(200);
/// A prompt that is drawn is not yet one that reads.
const READS_AFTER: Duration = Duration::from_secs(2);
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

/// A second serial port, the console of the machine, and somebody who reads and types
/// there.
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

    /// Adds the port. The machine starts when somebody sits there.
    pub fn attach(&self, qemu: &mut Command) {
        let path = self.socket.display();
        qemu.arg("-chardev").arg(format!("socket,id=keys,server=on,wait=on,path={path}"));
        qemu.args(["-serial", "chardev:keys"]);
    }

    /// Keeps what the machine prints, and types the passphrase once it is asked for. Ends
    /// with the machine, or without one by [`Keyboard::leave`].
    pub fn sit_down(&self) -> JoinHandle<Result<()>> {
        let (socket, screen, over) =
            (self.socket.clone(), self.screen.clone(), Arc::clone(&self.over));
        thread::spawn(move || {
            let mut screen = File::create(screen)?;
            while !over.load(Ordering::Relaxed) {
                match UnixStream::connect(&socket) {
                    Ok(port) => return watch(port, &mut screen),
                    // QEMU has not made it yet.
                    Err(_) => thread::sleep(PACE),
                }
            }
            Ok(())
        })
    }

    /// The machine is over.
    pub fn leave(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Until the machine closes the port.
fn watch(mut port: UnixStream, screen: &mut File) -> Result<()> {
    port.set_read_timeout(Some(PACE))?;
    let (mut shown, mut said) = (Vec::new(), [0; 4096]);
    let (mut asked, mut typed) = (None, false);
    loop {
        match port.read(&mut said) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                let said = said.get(..n).unwrap_or_default();
                screen.write_all(said)?;
                shown.extend_from_slice(said);
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            // A machine that is ended while it prints.
            Err(e) if e.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(e) => return Err(e.into()),
        }
        if asked.is_none() && shown.windows(QUESTION.len()).any(|it| it == QUESTION.as_bytes()) {
            asked = Some(Instant::now());
        }
        if !typed && asked.is_some_and(|at: Instant| at.elapsed() >= READS_AFTER) {
            // What does not arrive shows in the boot, which then waits for it.
            port.write_all(format!("{PASSPHRASE}\r").as_bytes())?;
            typed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_is_printed_is_kept_and_the_question_is_answered_once() {
        let run = tempfile::tempdir().unwrap();
        let keyboard = Keyboard::new(run.path());
        let listening = UnixListener::bind(&keyboard.socket).unwrap();
        let typing = keyboard.sit_down();
        let (mut machine, _) = listening.accept().unwrap();
        for part in ["Please enter pass", "phrase for disk secret:"] {
            machine.write_all(part.as_bytes()).unwrap();
        }
        let mut answer = BufReader::new(machine.try_clone().unwrap());
        let mut bytes = Vec::new();
        answer.read_until(b'\r', &mut bytes).unwrap();
        assert_eq!(bytes, b"correct horse\r");
        machine.write_all(b" Please enter passphrase again").unwrap();
        drop((machine, answer));
        typing.join().unwrap().unwrap();
        let screen = fs::read_to_string(&keyboard.screen).unwrap();
        assert_eq!(
            screen,
            "Please enter passphrase for disk secret: Please enter passphrase again"
        );
    }

    #[test]
    fn who_waits_for_a_machine_that_never_starts_can_leave() {
        let run = tempfile::tempdir().unwrap();
        let keyboard = Keyboard::new(run.path());
        let typing = keyboard.sit_down();
        keyboard.leave();
        typing.join().unwrap().unwrap();
    }

    #[test]
    fn the_console_is_the_second_port_alone() {
        assert_eq!(with_console_there("console=ttyS0 quiet").unwrap(), "console=ttyS1 quiet");
        assert!(with_console_there("quiet").is_err());
    }
}
