//! Takes out of saved facts and of reports what tells one machine and its people
//! from others and no rule reads. Two passes: [`Learner`] collects what names
//! something wherever its place shows that, [`Redactor`] takes it out everywhere,
//! also where nothing around shows what it is. Lengths stay, so that columns of
//! findings stay. Never touches words that the rules read (`kept`), and never
//! knows a secret that no place names: whoever publishes reads the text first.

mod address;
mod comments;
mod kept;
mod keys;
mod learner;
mod mask;
mod names;
mod network;
mod patterns;
mod places;
mod serials;
#[cfg(test)]
mod tests;

pub use learner::Learner;
pub use mask::Redactor;
pub use names::Names;

use std::ops::Range;

/// What is taken out, in words.
pub const KINDS: [&str; 10] = [
    "UUIDs of disks, machines and GPUs",
    "serial numbers",
    "hardware addresses (MAC)",
    "network addresses (IPv4, IPv6)",
    "names of hosts and users, and home folders",
    "serial parts of disks' names (by-id)",
    "names and labels of volumes (LUKS, LVM, file systems)",
    "servers and shares (NFS, SMB, iSCSI)",
    "names of wireless networks",
    "keys and secrets",
];

/// What becomes of the letters and digits of a stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    /// Each becomes an `x`.
    Cross,
    /// Each becomes a `0`: hexadecimal numbers stay numbers.
    Zero,
}

/// A stretch of a line that is taken out.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Found {
    /// Where it stands in the line, on character boundaries.
    at: Range<usize>,
    how: How,
    /// Whether it is taken out elsewhere too.
    learn: bool,
}

impl Found {
    /// Something that is taken out wherever it stands.
    const fn everywhere(at: Range<usize>, how: How) -> Self {
        Self { at, how, learn: true }
    }

    /// Something that is taken out here only.
    const fn here(at: Range<usize>, how: How) -> Self {
        Self { at, how, learn: false }
    }
}

/// Everything in a line whose place or form shows what it is.
fn recognised(line: &str, found: &mut dyn FnMut(Found)) {
    patterns::find(line, found);
    keys::find(line, found);
    places::find(line, found);
    network::find(line, found);
    address::find(line, found);
    serials::find(line, found);
    comments::find(line, found);
}
