//! What a file is by its first bytes, so that an error can say it. Knows what
//! people hand to such a tool by mistake; never judges an image.

use crate::base::error::{Error, Result};
use crate::base::magic;
use crate::base::regular;
use crate::source::image;
use std::io::Read;
use std::path::Path;

/// Bytes looked at: an ISO 9660 volume says what it is at 32 KiB.
const HEAD: usize = 36 << 10;

/// What a file looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Looks {
    /// One of the beginnings that the kernel unpacks, or zeros before one.
    Initrd,
    /// A PE file: a UKI, or a kernel with an EFI stub.
    Pe,
    /// JSON, as saved facts are.
    Json,
    /// Something else, in words.
    Other(&'static str),
    /// Nothing known.
    Unknown,
    /// No bytes at all.
    Empty,
}

/// Looks at the beginning of a file.
///
/// # Errors
/// A file that cannot be read.
pub fn file(path: &Path) -> Result<Looks> {
    let mut head = Vec::new();
    regular::open(path)?
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|e| Error::io("read", path, e))?;
    Ok(bytes(&head))
}

/// Looks at the first bytes; what begins an initrd is the image reader's to say.
pub fn bytes(head: &[u8]) -> Looks {
    const OTHER: [(usize, &[u8], &str); 14] = [
        (0, b"hsqs", "a squashfs file system (as on live media)"),
        (0x8001, b"CD001", "an ISO 9660 image"),
        (0x438, b"\x53\xef", "an ext file system"),
        (0, b"XFSB", "an XFS file system"),
        (0, b"\x7fELF", "an ELF file: a program or an unpacked kernel"),
        (
            0,
            image::header::ODC,
            "a cpio archive of the old portable format, which the kernel rejects",
        ),
        (0, b"\xc7\x71", "a cpio archive of the old binary format, which the kernel rejects"),
        (257, b"ustar", "a tar archive"),
        (0, b"!<arch>\n", "a Debian package or another ar archive"),
        (0, b"\xed\xab\xee\xdb", "an RPM package"),
        (0, b"PK\x03\x04", "a zip archive"),
        (0, magic::LZ4_FRAME, "an LZ4 frame; the kernel only supports the legacy format (lz4 -l)"),
        (0, b"#!", "a script"),
        (0x38, b"ARM\x64", "an arm64 kernel"),
    ];
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|b| b.starts_with(magic));
    if head.is_empty() {
        return Looks::Empty;
    }
    if at(0, b"MZ") {
        return Looks::Pe;
    }
    if let Some((_, _, words)) = OTHER.iter().find(|(offset, magic, _)| at(*offset, magic)) {
        return Looks::Other(words);
    }
    // Zeros may stand before an archive.
    if image::begins(head) || at(0, &[0; 4]) {
        return Looks::Initrd;
    }
    match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Looks::Json,
        _ => Looks::Unknown,
    }
}

/// The error for a file that is nothing this program reads.
#[must_use]
pub fn refusal(path: &Path, looks: Looks) -> Error {
    let name = crate::base::clean::path(path);
    let what = match looks {
        Looks::Other(words) => format!("it is {words}"),
        Looks::Empty => "it is empty".to_owned(),
        _ => "it does not start with anything that the kernel unpacks".to_owned(),
    };
    Error::new(format!(
        "{name} is not an initrd image, unified kernel image, directory, saved facts or log: {what}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_hand_over_by_mistake_is_told_by_name() {
        let mut iso = vec![0; 0x8001];
        iso.extend_from_slice(b"CD001");
        assert_eq!(bytes(&iso), Looks::Other("an ISO 9660 image"));
        assert!(
            matches!(bytes(b"hsqs\0\0\0\0"), Looks::Other(words) if words.contains("squashfs"))
        );
        assert_eq!(bytes(b"070701000"), Looks::Initrd);
        assert_eq!(bytes(b"\x00\x00\x00\x00070701"), Looks::Initrd);
        // LZMA's dictionary may have any size: xz writes whole MiB, other tools do not.
        assert_eq!(bytes(b"\x5d\x00\x10\x00\x00"), Looks::Initrd);
        assert_eq!(bytes(b"BZ#2077: black screen"), Looks::Unknown);
        assert_eq!(bytes(b"MZ\x90"), Looks::Pe);
        assert_eq!(bytes(b" \n{\"format\""), Looks::Json);
        assert_eq!(bytes(b"hello"), Looks::Unknown);
        assert_eq!(bytes(b""), Looks::Empty);
    }
}
