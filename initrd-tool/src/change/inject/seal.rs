//! The mark of an injected segment: a small file that says what the image was
//! before, so that the segment can be told, replaced and taken away again.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::source::files::Files;
use nvpreflight::seen::Seen;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where the mark lies in the unpacked image.
pub const PATH: &str = "etc/nvpreflight/injected.json";
const FORMAT: &str = "nvpreflight-injected";
const VERSION: u32 = 1;

/// What the mark says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seal {
    format: String,
    version: u32,
    /// The tool that injected.
    pub tool: String,
    /// How the verifier is started.
    pub init: String,
    /// Bytes of the image before.
    pub original_bytes: u64,
    /// Their SHA-256, hexadecimal.
    pub original_sha256: String,
    /// Offset of the segment: the original and the padding in front of it.
    pub segment_offset: u64,
}

impl Seal {
    /// A mark for an image of these bytes.
    #[must_use]
    pub fn new(init: String, original_bytes: u64, original_sha256: String) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            init,
            original_bytes,
            original_sha256,
            segment_offset: offset_behind(original_bytes),
        }
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// None that a mark made here can cause.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::new(format!("cannot write the marker: {e}")))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The mark of an image, if it has one.
    ///
    /// # Errors
    /// A mark that cannot be read or understood.
    pub fn of(files: &dyn Files) -> Result<Option<Self>> {
        let bytes = match files.load(PATH.as_bytes()) {
            Seen::Yes(bytes) => bytes,
            Seen::Absent => return Ok(None),
            _ => return Err(Error::new(format!("cannot read {PATH} of this image"))),
        };
        let seal: Self = serde_json::from_slice(&bytes).map_err(|e| {
            Error::new(format!("{PATH} of this image is not an nvpreflight marker: {e}"))
        })?;
        if seal.format != FORMAT || seal.version != VERSION {
            return Err(Error::new(format!(
                "{PATH} of this image is of another version ({} {})",
                seal.format, seal.version
            )));
        }
        Ok(Some(seal))
    }

    /// Holds the mark against the image it was found in: `last` is the offset of
    /// its last segment, and its bytes.
    ///
    /// # Errors
    /// What keeps the original from being what the mark says.
    pub fn check(&self, image: &Path, last: Option<(u64, u64)>) -> Result<()> {
        let ours = last.filter(|(at, _)| *at == self.segment_offset);
        if !matches!(ours, Some((at, bytes)) if only_padding(image, at.saturating_add(bytes))?) {
            return Err(Error::new(format!(
                "something was appended to {} after the injected segment (at \
                 {}); rebuild the image with the program that appended it",
                clean::path(image),
                self.segment_offset
            )));
        }
        if sha256(image, self.original_bytes)? != self.original_sha256 {
            return Err(Error::new(format!(
                "the first {} bytes of {} are no longer those that verifier added to",
                self.original_bytes,
                clean::path(image)
            )));
        }
        Ok(())
    }
}

/// True where nothing but the padding of an archive follows (cpio pads to 512 bytes):
/// whatever else was appended is somebody's.
fn only_padding(image: &Path, end: u64) -> Result<bool> {
    let failed = |e| Error::io("read", image, e);
    let file = File::open(image).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let mut rest = vec![0; 512];
    let read = file.read_at(&mut rest, end).map_err(failed)?;
    let zeros = rest.iter().take(read).all(|byte| *byte == 0);
    Ok(zeros && len.saturating_sub(end) < 512)
}

/// Where a segment begins behind an image of so many bytes. A plain archive has
/// to begin on a multiple of four (init/initramfs.c unpack_to_rootfs), and four
/// NULs end an lz4 stream, which says nowhere else that it is over
/// (lib/decompress_unlz4.c). NULs between segments are skipped.
#[must_use]
pub const fn offset_behind(bytes: u64) -> u64 {
    (bytes.saturating_add(7)) & !3
}

/// The SHA-256 of the first `bytes` of a file.
///
/// # Errors
/// A file that cannot be read or is shorter.
pub fn sha256(path: &Path, bytes: u64) -> Result<String> {
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let mut hash = Sha256::new();
    let read =
        std::io::copy(&mut file.take(bytes), &mut hash).map_err(|e| Error::io("read", path, e))?;
    if read < bytes {
        return Err(Error::new(format!("{} is shorter than its marker says", clean::path(path))));
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_aligned_and_has_four_nuls_in_front() {
        for bytes in 0..64 {
            let offset = offset_behind(bytes);
            assert_eq!(offset % 4, 0);
            assert!((4..8).contains(&(offset - bytes)), "{bytes} {offset}");
        }
    }
}
