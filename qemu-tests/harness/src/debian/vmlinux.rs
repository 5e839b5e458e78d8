//! Takes the kernel proper out of a bzImage. QEMU starts it by its PVH entry, and the
//! guest does not have to unpack it (docs/boot-times.md). It decodes in bounds and writes
//! nothing.

use anyhow::{Context, Result, bail, ensure};
use std::io::Read;

/// Debian's kernel has 58 MB unpacked.
const UNPACKED_MAX: u64 = 512 << 20;

/// The ELF file in the image. The boot header tells where its compressed form lies
/// (Documentation/arch/x86/boot.rst, `payload_offset` and `payload_length`).
///
/// # Errors
/// No bzImage, or a compressor that is not read here.
pub fn unpack(image: &[u8]) -> Result<Vec<u8>> {
    ensure!(image.get(0x202..0x206) == Some(b"HdrS"), "no boot header");
    let setup = match *image.get(0x1f1).context("no boot header")? {
        0 => 4,
        sectors => usize::from(sectors),
    };
    let from = word(image, 0x248)?.checked_add((setup + 1) * 512).context("no payload")?;
    let until = from.checked_add(word(image, 0x24c)?).context("no payload")?;
    let payload = image.get(from..until).context("the payload is not in the file")?;
    let mut kernel = Vec::new();
    let decoder: Box<dyn Read + '_> = match payload {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            // Behind the frame lies the length of what it unpacks to.
            Box::new(zstd::stream::read::Decoder::with_buffer(payload)?.single_frame())
        }
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::GzDecoder::new(payload)),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Box::new(liblzma::bufread::XzDecoder::new(payload)),
        _ => bail!("its compressor is not zstd, gzip or xz"),
    };
    decoder.take(UNPACKED_MAX).read_to_end(&mut kernel).context("the payload is damaged")?;
    ensure!(kernel.starts_with(b"\x7fELF"), "the payload is no ELF file");
    Ok(kernel)
}

fn word(image: &[u8], at: usize) -> Result<usize> {
    let bytes = image.get(at..at + 4).and_then(|bytes| bytes.first_chunk::<4>());
    Ok(usize::try_from(u32::from_le_bytes(*bytes.context("no boot header")?))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bzImage of one setup sector around a payload.
    fn image(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0; 0x400];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x248..0x24c].copy_from_slice(&16u32.to_le_bytes());
        image[0x24c..0x250].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        image.extend([0; 16]);
        image.extend(payload);
        image
    }

    #[test]
    fn the_kernel_comes_out_of_a_frame_with_its_length_behind() {
        let mut payload = zstd::bulk::compress(b"\x7fELF kernel", 1).unwrap();
        payload.extend(11u32.to_le_bytes());
        assert_eq!(unpack(&image(&payload)).unwrap(), b"\x7fELF kernel");
    }

    #[test]
    fn what_is_no_kernel_is_an_error() {
        let other = zstd::bulk::compress(b"something else", 1).unwrap();
        let mut long = image(&other);
        long[0x24f] = 0xff;
        for bytes in [image(&other), image(b"\x02\x21\x4c\x18"), long, Vec::new(), vec![0; 0x300]] {
            assert!(unpack(&bytes).is_err());
        }
        let cut = zstd::bulk::compress(&[b'\x7f'; 5000], 1).unwrap();
        assert!(unpack(&image(&cut[..cut.len() / 2])).is_err());
    }
}
