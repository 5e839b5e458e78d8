//! Bounds on what a hostile image can make the tool do. Each is far above what
//! real images need and is named in the error that it causes.

/// Bounds of one read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of all archives together. The largest known initrds have some
    /// ten thousand.
    pub entries: u64,
    /// Unpacked bytes of all segments together. The largest known images unpack
    /// to about 1 GB; the kernel itself is bounded by the machine's memory.
    pub unpacked: u64,
    /// Bytes of file contents kept in memory at one time.
    pub kept: u64,
    /// Bytes of one file that is read whole; nvidia.ko with debug information
    /// has about 110 MB.
    pub file: u64,
    /// Bytes of all names and link targets together.
    pub names: u64,
    /// Segments of one image.
    pub segments: u32,
    /// Directories inside one another. PATH_MAX allows about 2000 in one path.
    pub depth: u32,
    /// Bytes of memory for one decompressor. xz -9 needs 65 MiB, zstd --ultra
    /// -22 128 MiB.
    pub decoder: u64,
}

impl Limits {
    /// The bounds that commands use unless told otherwise.
    pub const DEFAULT: Self = Self {
        entries: 2_000_000,
        unpacked: 16 << 30,
        kept: 1 << 30,
        file: 512 << 20,
        names: 256 << 20,
        segments: 4096,
        depth: 4096,
        decoder: 512 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
