//! Writes newc and crc archives with every field at will, right or wrong: what
//! the cases are made of. [`nvpreflight_harness::image::archive`] is the writer for archives that are
//! meant to work. It never reads archives.

/// File type bits of `c_mode`, as in <linux/stat.h>.
pub mod kind {
    /// Directory.
    pub const DIR: u32 = 0o040_000;
    /// Regular file.
    pub const FILE: u32 = 0o100_000;
    /// Symbolic link.
    pub const LINK: u32 = 0o120_000;
    /// Character device.
    pub const CHAR: u32 = 0o020_000;
    /// Block device.
    pub const BLOCK: u32 = 0o060_000;
    /// FIFO.
    pub const FIFO: u32 = 0o010_000;
    /// Socket.
    pub const SOCKET: u32 = 0o140_000;
}

/// The name that ends an archive (usr/gen_init_cpio.c).
pub const TRAILER: &str = "TRAILER!!!";
/// Modification time of every entry that says no other: 2001-09-09, long before
/// any clock of a guest.
pub const TIME: u32 = 1_000_000_000;
/// Field numbers of a header, in the order of
/// Documentation/driver-api/early-userspace/buffer-format.rst.
pub mod field {
    /// Inode number.
    pub const INO: usize = 0;
    /// Mode.
    pub const MODE: usize = 1;
    /// Number of links.
    pub const NLINK: usize = 4;
    /// Size of the data.
    pub const SIZE: usize = 6;
    /// Size of the name with its NUL.
    pub const NAMESIZE: usize = 11;
    /// Sum of the data's bytes, for 070702.
    pub const CHECK: usize = 12;
}

/// One entry. Fields follow from the content unless they are set.
#[derive(Clone, Debug)]
pub struct Entry {
    magic: &'static str,
    name: Vec<u8>,
    data: Vec<u8>,
    fields: [u32; 13],
    texts: Vec<(usize, &'static str)>,
    padding: bool,
}

impl Entry {
    /// An entry of any mode; owner root, one link, no device numbers.
    pub fn new(name: impl AsRef<[u8]>, mode: u32, data: impl AsRef<[u8]>) -> Self {
        let name = [name.as_ref(), b"\0"].concat();
        let data = data.as_ref().to_owned();
        let namesize = u32::try_from(name.len()).unwrap_or(u32::MAX);
        let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let fields = [0, mode, 0, 0, 1, TIME, size, 0, 0, 0, 0, namesize, 0];
        Self { magic: "070701", name, data, fields, texts: Vec::new(), padding: true }
    }

    /// A regular file, mode 0644.
    pub fn file(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self::new(name, kind::FILE | 0o644, data)
    }

    /// A directory, mode 0755.
    pub fn dir(name: impl AsRef<[u8]>) -> Self {
        Self::new(name, kind::DIR | 0o755, "").links(2)
    }

    /// A symbolic link.
    pub fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self::new(name, kind::LINK | 0o777, target)
    }

    /// The entry that ends an archive.
    pub fn trailer() -> Self {
        let mut entry = Self::new(TRAILER, 0, "");
        entry.fields[5] = 0;
        entry
    }

    /// Sets one field.
    pub fn set(mut self, field: usize, value: u32) -> Self {
        if let Some(place) = self.fields.get_mut(field) {
            *place = value;
        }
        self
    }

    /// Writes a field as these eight letters, whatever they mean.
    pub fn text(mut self, field: usize, letters: &'static str) -> Self {
        self.texts.push((field, letters));
        self
    }

    /// Sets the permission bits and type.
    pub fn mode(self, mode: u32) -> Self {
        self.set(field::MODE, mode)
    }

    /// Sets the number of links.
    pub fn links(self, count: u32) -> Self {
        self.set(field::NLINK, count)
    }

    /// Makes it one of `count` names of inode `number` on device 0:0.
    pub fn inode(self, number: u32, count: u32) -> Self {
        self.set(field::INO, number).links(count)
    }

    /// Sets owner and group.
    pub fn owner(self, user: u32, group: u32) -> Self {
        self.set(2, user).set(3, group)
    }

    /// Sets the time in seconds since 1970.
    pub fn time(self, seconds: u32) -> Self {
        self.set(5, seconds)
    }

    /// Sets the numbers of the device on which the inode lies.
    pub fn on(self, major: u32, minor: u32) -> Self {
        self.set(7, major).set(8, minor)
    }

    /// Sets the numbers of the device that the node stands for.
    pub fn device(self, major: u32, minor: u32) -> Self {
        self.set(9, major).set(10, minor)
    }

    /// Replaces the six letters of the magic.
    pub fn magic(mut self, letters: &'static str) -> Self {
        self.magic = letters;
        self
    }

    /// Makes it an entry with a sum (070702), a right one.
    pub fn summed(mut self) -> Self {
        let sum = self.data.iter().fold(0u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
        self.magic = "070702";
        self.set(field::CHECK, sum)
    }

    /// Takes the NUL off the name and counts it no more.
    pub fn without_nul(mut self) -> Self {
        self.name.pop();
        let size = u32::try_from(self.name.len()).unwrap_or(u32::MAX);
        self.set(field::NAMESIZE, size)
    }

    /// Writes no padding behind the data.
    pub fn unpadded(mut self) -> Self {
        self.padding = false;
        self
    }

    /// The entry as bytes, the header at a multiple of four.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = self.magic.to_owned();
        for (number, value) in self.fields.iter().enumerate() {
            match self.texts.iter().find(|(field, _)| *field == number) {
                Some((_, letters)) => head.push_str(letters),
                None => head.push_str(&format!("{value:08x}")),
            }
        }
        let mut out = head.into_bytes();
        out.extend_from_slice(&self.name);
        pad(&mut out, 4);
        out.extend_from_slice(&self.data);
        if self.padding {
            pad(&mut out, 4);
        }
        out
    }
}

/// The entries one after another, with a trailer behind them.
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut out = open_archive(entries);
    out.extend(Entry::trailer().bytes());
    out
}

/// The entries one after another, without a trailer.
pub fn open_archive(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::bytes).collect()
}

/// Fills up with zeros to a multiple of `to`.
pub fn pad(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}
