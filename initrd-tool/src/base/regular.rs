//! Files that an argument names, opened only where they are regular ones: a FIFO would
//! block for ever, a device may do something when it is opened, and none has an end
//! that can be relied on.

use super::clean;
use super::error::{Error, Result};
use nix::fcntl::OFlag;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a regular file for reading.
///
/// # Errors
/// Something else of that name, and what the system refuses.
pub fn open(path: &Path) -> Result<File> {
    let failed = |e| Error::io("read", path, e);
    let other = || Error::new(format!("{} is not a regular file", clean::path(path)));
    // Before the opening, which has effects of its own on a device; and behind it, for
    // the name may have come to mean something else.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(other());
    }
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_file() { Ok(file) } else { Err(other()) }
}

/// Reads a regular file whole.
///
/// # Errors
/// As [`open`], and a file of more than `most` bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = open(path)?.take(most.saturating_add(1));
    file.read_to_end(&mut bytes).map_err(|e| Error::io("read", path, e))?;
    if bytes.len() as u64 > most {
        return Err(Error::new(format!("{} is longer than {most} bytes", clean::path(path))));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifo_a_device_and_an_endless_file_are_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
        for path in [&fifo, Path::new("/dev/zero"), folder.path()] {
            let error = open(path).expect_err("no regular file").to_string();
            assert!(error.ends_with("is not a regular file"), "{error}");
        }
        let file = folder.path().join("file");
        fs::write(&file, "four").expect("written");
        assert_eq!(read(&file, 4).expect("it fits"), b"four");
        assert!(read(&file, 3).is_err());
    }
}
