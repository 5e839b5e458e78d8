//! The ways out of the guest that need nothing of the image: a serial port
//! (8250, built into every distribution's kernel), else QEMU's debug port by
//! /dev/port. Writes only; never reads what the host might send.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::{ControlFlags, SetArg, cfmakeraw, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

/// The machine's 8250 that is not its console, as a node of our own (major 4): ttyS1, on
/// Arm ttyS0.
const SERIAL: &str = "/nvpreflight/serial";
/// /dev/port, as a node of our own (major 1, minor 4).
const PORTS: &str = "/nvpreflight/port";
/// QEMU's isa-debugcon (hw/char/debugcon.c), where each byte written goes out.
const DEBUG_PORT: u64 = 0xe9;

/// A way out.
pub enum Port {
    /// The serial line.
    Serial(File),
    /// The debug port.
    Debug(File),
}

impl Port {
    /// The first way that works now.
    ///
    /// # Errors
    /// Why neither does: no 8250 driver yet, and no /dev/port
    /// (CONFIG_DEVPORT, kernel lockdown).
    pub fn open() -> io::Result<Self> {
        match serial() {
            Ok(file) => Ok(Self::Serial(file)),
            Err(_) => Ok(Self::Debug(OpenOptions::new().write(true).open(PORTS)?)),
        }
    }

    /// Sends all bytes, and returns when they are on their way.
    ///
    /// # Errors
    /// A failed write.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Serial(file) => {
                let mut file = file;
                file.write_all(bytes)
            }
            Self::Debug(file) => {
                bytes.iter().try_for_each(|byte| file.write_all_at(&[*byte], DEBUG_PORT))
            }
        }
    }
}

/// The serial line, raw: nothing is added to a line's end. Opened without waiting
/// for a modem's carrier. A port without a chip fails in `tcsetattr`.
fn serial() -> io::Result<File> {
    let flags = OFlag::O_NOCTTY | OFlag::O_NONBLOCK;
    let file = OpenOptions::new().write(true).read(true).custom_flags(flags.bits()).open(SERIAL)?;
    let mut settings = tcgetattr(&file)?;
    cfmakeraw(&mut settings);
    settings.control_flags |= ControlFlags::CLOCAL;
    settings.control_flags &= !ControlFlags::CRTSCTS;
    tcsetattr(&file, SetArg::TCSANOW, &settings)?;
    fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(file)
}
