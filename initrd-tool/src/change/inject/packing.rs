//! How the segment is packed. Plain is what every kernel takes; a compressor is
//! only asked for where the image shows that its kernel has it.

use crate::base::error::{Error, Result};
use crate::source::image::{self, Image};
use std::io::{self, Write};

/// Compression that `inject` is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Packing {
    /// None: any kernel takes it
    #[default]
    None,
    /// The compressor of the image's largest segment
    Same,
}

/// A packing that can be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As it is.
    Plain,
    /// gzip.
    Gzip,
    /// xz with the check that the kernel knows.
    Xz,
    /// Zstandard.
    Zstd,
}

impl Packing {
    /// The form for a segment behind this image.
    ///
    /// # Errors
    /// A compressor that this tool does not write.
    pub fn of(self, image: &Image) -> Result<Form> {
        if self == Self::None {
            return Ok(Form::Plain);
        }
        let largest = image.segments().iter().max_by_key(|segment| segment.packed);
        match largest.map(|segment| segment.form) {
            None | Some(image::Form::Plain) => Ok(Form::Plain),
            Some(image::Form::Gzip) => Ok(Form::Gzip),
            Some(image::Form::Xz) => Ok(Form::Xz),
            Some(image::Form::Zstd) => Ok(Form::Zstd),
            Some(other) => Err(Error::new(format!(
                "cannot write {}; without --compress the segment is uncompressed, which every kernel accepts",
                other.name()
            ))),
        }
    }
}

impl Form {
    /// The kernel's name for it, "cpio" for a plain one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => image::Form::Plain,
            Self::Gzip => image::Form::Gzip,
            Self::Xz => image::Form::Xz,
            Self::Zstd => image::Form::Zstd,
        }
        .name()
    }

    /// Packs an archive.
    ///
    /// # Errors
    /// What the compressor says.
    pub fn pack(self, archive: &[u8]) -> Result<Vec<u8>> {
        let packed = match self {
            Self::Plain => Ok(archive.to_vec()),
            Self::Gzip => gzip(archive),
            Self::Xz => xz(archive),
            // The level that distributions use; the window stays far below the
            // 128 MiB that the kernel takes (lib/decompress_unzstd.c).
            Self::Zstd => zstd::bulk::compress(archive, 19),
        };
        packed.map_err(|e| Error::new(format!("cannot pack the segment: {e}")))
    }
}

fn gzip(archive: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(archive)?;
    out.finish()
}

/// CRC32 is the one check that every kernel's decoder verifies (lib/xz).
fn xz(archive: &[u8]) -> io::Result<Vec<u8>> {
    let stream = liblzma::stream::Stream::new_easy_encoder(6, liblzma::stream::Check::Crc32)?;
    let mut out = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    out.write_all(archive)?;
    out.finish()
}
