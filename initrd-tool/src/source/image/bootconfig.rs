//! The boot configuration behind the archives of an initrd: found as the kernel finds it
//! (init/main.c, get_boot_config_from_initrd, Linux 6.12), parsed in `tree`. Whether the
//! kernel uses it is not decided here: that needs the word `bootconfig` on the command
//! line, or CONFIG_BOOT_CONFIG_FORCE.

mod tree;

use super::source::Source;
use crate::base::error::Result;

/// The last twelve bytes (Documentation/admin-guide/bootconfig.rst).
const MAGIC: &[u8] = b"#BOOTCONFIG\n";
/// XBC_DATA_MAX: a text of this size or more is refused.
const MOST: usize = (32 << 10) - 1;

/// A boot configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BootConfig {
    /// Where it begins; the archives end there, whatever becomes of it.
    pub at: u64,
    /// Its keys below `kernel` as words of the command line, which stand before the boot
    /// loader's; or why the kernel takes none of it.
    pub words: std::result::Result<Vec<u8>, String>,
}

/// Looks behind the archives; `None` where there is none. A size that cannot be or a
/// checksum that is wrong leaves the bytes to the archives, as in the kernel, and says so.
///
/// # Errors
/// A failed read.
pub(super) fn of(source: &Source) -> Result<Option<BootConfig>> {
    let len = source.len();
    // GRUB pads the size to four bytes; the kernel looks back as far.
    let back = (MAGIC.len() + 3) as u64;
    let start = len.saturating_sub(back);
    let tail = source.bytes(start, len - start)?;
    let ends = (0..=3_usize).filter_map(|pad| tail.len().checked_sub(pad));
    let Some(end) =
        ends.into_iter().find(|end| tail.get(..*end).is_some_and(|t| t.ends_with(MAGIC)))
    else {
        return Ok(None);
    };
    let magic = start + (end - MAGIC.len()) as u64;
    let Some(header) = magic.checked_sub(8) else { return Ok(None) };
    let numbers = source.bytes(header, 8)?;
    let number = |from: usize| {
        let bytes = numbers.get(from..).and_then(|b| b.first_chunk::<4>());
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    let (size, sum) = (number(0), number(4));
    let Some(at) = header.checked_sub(u64::from(size)) else {
        let why = format!("bootconfig size {size} is greater than initrd size");
        return Ok(Some(BootConfig { at: len, words: Err(why) }));
    };
    if size as usize >= MOST {
        let why = format!("bootconfig size {size} is greater than max size {MOST}");
        // The kernel sums them all up first; a lie about so much is not worth the reading.
        return Ok(Some(BootConfig { at, words: Err(why) }));
    }
    let text = source.bytes(at, u64::from(size))?;
    let is = text.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    if is != sum {
        let why = "bootconfig checksum failed".to_owned();
        return Ok(Some(BootConfig { at: len, words: Err(why) }));
    }
    // The kernel reads a text up to its first NUL.
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(Some(BootConfig { at, words: tree::words(text) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image with a boot configuration as tools/bootconfig writes it.
    pub(crate) fn with(image: &[u8], text: &str, pad: usize) -> Vec<u8> {
        let mut out = image.to_vec();
        out.extend(text.as_bytes());
        out.extend((text.len() as u32).to_le_bytes());
        let sum: u32 = text.bytes().map(u32::from).sum();
        out.extend(sum.to_le_bytes());
        out.extend(MAGIC);
        out.extend(std::iter::repeat_n(0, pad));
        out
    }

    fn found(bytes: &[u8]) -> Option<BootConfig> {
        of(&Source::memory(bytes)).expect("memory")
    }

    #[test]
    fn it_is_found_where_the_kernel_looks_and_its_kernel_keys_are_words() {
        let text = "kernel.nvidia_drm.modeset = 0\ninit.x\n\0\0";
        for pad in 0..=3 {
            let config = found(&with(b"0707", text, pad)).expect("a configuration");
            assert_eq!(config.at, 4);
            assert_eq!(config.words.as_deref(), Ok(&b"nvidia_drm.modeset=0"[..]));
        }
        assert_eq!(found(&with(b"0707", text, 4)), None);
        assert_eq!(found(b"#BOOTCONFIG\n"), None);
        assert_eq!(found(b""), None);
    }

    #[test]
    fn a_damaged_one_says_what_the_kernel_says_and_stays_with_the_archives() {
        let mut bytes = with(b"0707", "kernel.quiet\n", 0);
        bytes[4] ^= 1;
        let len = bytes.len() as u64;
        let config = found(&bytes).expect("a configuration");
        assert_eq!((config.at, config.words), (len, Err("bootconfig checksum failed".to_owned())));
        let mut bytes = with(b"0707", "kernel.quiet\n", 0);
        let at = bytes.len() - MAGIC.len() - 8;
        bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let why = found(&bytes).expect("a configuration").words.expect_err("a lie");
        assert!(why.ends_with("is greater than initrd size"), "{why}");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(bytes in proptest::collection::vec(0_u8..=255, 0..200), pad in 0_usize..5) {
            let _ = found(&bytes);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let _ = found(&with(&bytes, &text, pad));
        }
    }
}
