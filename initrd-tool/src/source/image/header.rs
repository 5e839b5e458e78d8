//! The 110 bytes before every entry of a newc or crc archive, read as the kernel
//! reads them (init/initramfs.c `parse_header`).

/// The magic of archives without check sums (Documentation/driver-api/early-userspace/
/// buffer-format.rst of the kernel).
pub(crate) const NEWC: &[u8] = b"070701";
/// The magic of archives with check sums.
pub(crate) const CRC: &[u8] = b"070702";
/// The magic of the portable format of old, which the kernel refuses.
pub(crate) const ODC: &[u8] = b"070707";
/// The name of the entry that ends an archive.
pub(crate) const TRAILER: &[u8] = b"TRAILER!!!";
/// Bytes of a header: magic and 13 fields of 8 hexadecimal digits.
pub(crate) const LEN: usize = 110;
/// The kernel's bound on names and targets, as the fields of a header count it.
pub(crate) const PATH_MAX: u64 = nvpreflight::tree::PATH_MAX as u64;

/// File type bits of a mode (include/uapi/linux/stat.h).
pub(crate) const S_IFMT: u16 = 0o170_000;
pub(crate) const S_IFSOCK: u16 = 0o140_000;
pub(crate) const S_IFLNK: u16 = 0o120_000;
pub(crate) const S_IFREG: u16 = 0o100_000;
pub(crate) const S_IFBLK: u16 = 0o060_000;
pub(crate) const S_IFDIR: u16 = 0o040_000;
pub(crate) const S_IFCHR: u16 = 0o020_000;
pub(crate) const S_IFIFO: u16 = 0o010_000;

/// The fields of one header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Header {
    pub ino: u32,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u32,
    pub mtime: u32,
    pub size: u64,
    pub dev: (u32, u32),
    pub rdev: (u32, u32),
    pub name_len: u64,
    pub check: u32,
}

impl Header {
    /// Reads the fields of `raw`, which holds [`LEN`] bytes with a good magic.
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let mut fields = [0u32; 13];
        for (field, digits) in fields.iter_mut().zip(raw.get(6..).unwrap_or_default().chunks(8)) {
            *field = hexadecimal(digits);
        }
        let [ino, mode, uid, gid, nlink, mtime, size, major, minor, rmajor, rminor, name, check] =
            fields;
        // MKDEV leaves 12 bits to the major and 20 to the minor number
        // (include/linux/kdev_t.h).
        let rdev = (rmajor << 20) | rminor;
        Self {
            ino,
            // umode_t has 16 bits.
            mode: (mode & 0xffff) as u16,
            uid,
            gid,
            nlink,
            mtime,
            size: u64::from(size),
            dev: (major, minor),
            rdev: (rdev >> 20, rdev & 0xf_ffff),
            name_len: u64::from(name),
            check,
        }
    }

    /// The file type bits.
    pub(crate) const fn kind(&self) -> u16 {
        self.mode & S_IFMT
    }

    /// Bytes of the name with its padding (`N_ALIGN`).
    pub(crate) const fn name_room(&self) -> u64 {
        ((self.name_len + 1) & !3) + 2
    }
}

/// `simple_strtoul(digits, NULL, 16)`: an optional "0x", then digits up to the
/// first other character (lib/kstrtox.c). So " 1" is 0 and "12 " is 0x12.
fn hexadecimal(digits: &[u8]) -> u32 {
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        all => all,
    };
    let mut value = 0u32;
    for byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => break,
        };
        value = (value << 4) | u32::from(digit);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_digits_are_read_as_the_kernel_does() {
        assert_eq!(hexadecimal(b"0000001A"), 0x1a);
        assert_eq!(hexadecimal(b"ffffffff"), u32::MAX);
        assert_eq!(hexadecimal(b"0x00001a"), 0x1a);
        assert_eq!(hexadecimal(b"12      "), 0x12);
        assert_eq!(hexadecimal(b"      12"), 0);
        assert_eq!(hexadecimal(b"-0000001"), 0);
    }
}
