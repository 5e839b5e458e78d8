//! Values of options that may also name a file: the kernel's release, the kernel
//! command line.

use crate::diag::clean;
use crate::error::{Error, Result};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Longest command line read from a file; Linux takes at most 4096 bytes.
const CMDLINE_MAX: u64 = 64 << 10;

/// The command line: the text, or what `@FILE` holds.
///
/// # Errors
/// A file that cannot be read or is too long.
pub fn cmdline(value: &OsStr) -> Result<Vec<u8>> {
    let Some(path) = value.as_bytes().strip_prefix(b"@") else {
        return Ok(value.as_bytes().to_vec());
    };
    let path = Path::new(OsStr::from_bytes(path));
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(CMDLINE_MAX + 1).read_to_end(&mut bytes))
        .map_err(|e| Error::io("read", path, e))?;
    if bytes.len() as u64 > CMDLINE_MAX {
        let path = clean::path(path);
        return Err(Error::new(format!("{path} is too long for a kernel command line")));
    }
    while bytes.last().is_some_and(|last| matches!(last, b'\n' | b'\0')) {
        bytes.pop();
    }
    Ok(bytes)
}

/// The release: the text, or what a kernel file says of itself.
///
/// # Errors
/// A kernel file that cannot be read or tells no release.
pub fn release(value: &OsStr) -> Result<String> {
    let path = Path::new(value);
    if !value.as_bytes().contains(&b'/') && !path.is_file() {
        let text = value.to_str().filter(|text| !text.is_empty());
        return text
            .map(str::to_owned)
            .ok_or_else(|| Error::usage("the kernel's release is empty or no UTF-8"));
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(128 << 10).read_to_end(&mut head))
        .map_err(|e| Error::io("read", path, e))?;
    of_kernel(&head).ok_or_else(|| {
        let path = clean::path(path);
        Error::new(format!("{path} is no x86 kernel (bzImage): give its release instead"))
    })
}

/// The first word of an x86 kernel's version string: its 16-bit offset stands at
/// 0x20e and counts from 0x200, behind the header's magic at 0x202
/// (Documentation/arch/x86/boot.rst, "kernel_version").
fn of_kernel(head: &[u8]) -> Option<String> {
    if head.get(0x202..0x206)? != b"HdrS" {
        return None;
    }
    let [low, high] = *head.get(0x20e..0x210)? else { return None };
    let at = usize::from(u16::from_le_bytes([low, high])).checked_add(0x200)?;
    let text = head.get(at..)?.split(|byte| matches!(byte, 0 | b' ')).next()?;
    let text = std::str::from_utf8(text).ok()?;
    (!text.is_empty() && text.len() <= 64 && !text.contains(char::is_control))
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bzimage_tells_its_release_and_nothing_else_does() {
        let mut head = vec![0; 0x400];
        head[0x202..0x206].copy_from_slice(b"HdrS");
        head[0x20e..0x210].copy_from_slice(&0x100u16.to_le_bytes());
        head[0x300..0x300 + 21].copy_from_slice(b"6.12.74-amd64 (me@x)\0");
        assert_eq!(of_kernel(&head).as_deref(), Some("6.12.74-amd64"));
        head[0x20e..0x210].copy_from_slice(&0xffffu16.to_le_bytes());
        assert_eq!(of_kernel(&head), None);
        assert_eq!(of_kernel(b"\x7fELF"), None);
    }
}
