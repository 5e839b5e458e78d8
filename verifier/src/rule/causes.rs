//! Groups of findings that are the first cause of others, named once. A rule's
//! `after` names groups and codes; neither judges anything.

/// A finding, or any of a group, that causes another.
#[derive(Clone, Copy, Debug)]
pub enum Cause {
    /// The finding of this code.
    Code(u16),
    /// Any of these, the first that fired.
    Any(&'static [u16]),
}

impl Cause {
    /// The codes, in the order in which they are looked for.
    #[must_use]
    pub const fn codes(&self) -> &[u16] {
        match self {
            Self::Code(code) => core::slice::from_ref(code),
            Self::Any(codes) => codes,
        }
    }
}

/// The configuration keeps the stack from being loaded: a blacklist on the command
/// line, a line left over in modprobe.d, a value that init refuses.
pub const KEPT_OUT: &[u16] = &[703, 308, 317];
/// The kernel takes no module: it is not signed, or loading is closed.
pub const BARRED: &[u16] = &[702, 704];
/// There is no module that fits this kernel and the others of the stack.
pub const NO_FIT: &[u16] = &[402, 403, 404, 413];
/// The driver that is installed cannot have this GPU, or it is gone.
pub const UNUSABLE: &[u16] = &[504, 505, 509];
/// Another driver holds the GPU.
pub const TAKEN: &[u16] = &[501, 502];
/// The GPU was found and cannot be started.
pub const GPU_DEAD: &[u16] = &[405, 407, 522, 507, 509, 508, 505];
/// The GPU stopped answering: what waits for its display engine waits on.
pub const HANGS: &[u16] = &[509, 508];
