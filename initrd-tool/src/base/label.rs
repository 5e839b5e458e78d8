//! What was judged, in words.

/// What was judged, in words for people and machines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The old side named, printable.
    pub name: String,
    /// "initrd image", "unified kernel image", "directory", "running system",
    /// "saved facts", "log", "journal".
    pub kind: String,
    /// The root it was compared with, printable.
    pub root: Option<String>,
}
