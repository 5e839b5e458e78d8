//! The base address registers of a function: sizes and kinds as the real ones have
//! them. What lies in them is in `function`.

/// Memory at any address, prefetchable, in a register pair (PCI Local Bus, 6.2.5.1).
const WIDE: u32 = 0xc;
/// An I/O port range.
const IO: u32 = 0x1;

/// One base address register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its number; a wide one takes the next too.
    pub index: u32,
    /// Bytes, a power of two.
    pub size: u64,
    /// The low bits that say its kind.
    pub flags: u32,
}

impl Bar {
    /// True where it takes two registers.
    pub fn is_wide(self) -> bool {
        self.flags & 0x6 == 0x4
    }
}

/// Of a GPU: registers, video memory (kept small; real ones have 256 MiB and more
/// here), instance memory, and the legacy ports.
pub const GPU: [Bar; 4] = [
    Bar { index: 0, size: 16 << 20, flags: 0 },
    Bar { index: 1, size: 256 << 20, flags: WIDE },
    Bar { index: 3, size: 32 << 20, flags: WIDE },
    Bar { index: 5, size: 128, flags: IO },
];

/// Of the other functions: registers only.
pub const OTHER: [Bar; 1] = [Bar { index: 0, size: 16 << 10, flags: 0 }];
