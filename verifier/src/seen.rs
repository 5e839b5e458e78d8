//! Whether a fact was seen, and why not when it was not.
//!
//! Every fact is one of four states, so that silence never reads as a pass.

use core::fmt;

/// A kernel error number as returned by a system call (`errno.h`), positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub struct Errno(pub i32);

impl Errno {
    /// The numbers this library makes or tells apart itself; Linux gives them
    /// the same values on every architecture it runs on today.
    pub const EPERM: Self = Self(1);
    /// No such file or directory.
    pub const ENOENT: Self = Self(2);
    /// Input or output error.
    pub const EIO: Self = Self(5);
    /// Permission denied.
    pub const EACCES: Self = Self(13);
    /// Not a directory.
    pub const ENOTDIR: Self = Self(20);
    /// Invalid argument.
    pub const EINVAL: Self = Self(22);

    /// The symbolic name where it is one a reader of sysfs meets, else `None`.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "EPERM",
            2 => "ENOENT",
            5 => "EIO",
            6 => "ENXIO",
            11 => "EAGAIN",
            12 => "ENOMEM",
            13 => "EACCES",
            16 => "EBUSY",
            19 => "ENODEV",
            20 => "ENOTDIR",
            21 => "EISDIR",
            22 => "EINVAL",
            24 => "EMFILE",
            27 => "EFBIG",
            30 => "EROFS",
            32 => "EPIPE",
            36 => "ENAMETOOLONG",
            40 => "ELOOP",
            61 => "ENODATA",
            110 => "ETIMEDOUT",
            _ => return None,
        })
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {}", self.0),
        }
    }
}

/// A fact: seen, known not to exist, unreadable, or never looked for.
///
/// `Absent` is knowledge (the file is not there); `NotLooked` is the lack of
/// it (an image has no loaded modules). Rules may judge the first, never the
/// second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub enum Seen<T> {
    /// Nobody looked: this source does not exist for this kind of tree.
    #[default]
    NotLooked,
    /// Looked, and it is not there.
    Absent,
    /// Looked, and the kernel refused.
    Unreadable(Errno),
    /// Looked and seen.
    Yes(T),
}

impl<T> Seen<T> {
    /// The value when it was seen.
    pub const fn yes(&self) -> Option<&T> {
        match self {
            Self::Yes(value) => Some(value),
            _ => None,
        }
    }

    /// The value, to be completed in place.
    pub const fn yes_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Yes(value) => Some(value),
            _ => None,
        }
    }

    /// True when a value was seen.
    pub const fn is_yes(&self) -> bool {
        matches!(self, Self::Yes(_))
    }

    /// True when somebody looked and it is not there.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The same state without the value.
    pub const fn status(&self) -> Seen<()> {
        match self {
            Self::Yes(_) => Seen::Yes(()),
            Self::Absent => Seen::Absent,
            Self::Unreadable(e) => Seen::Unreadable(*e),
            Self::NotLooked => Seen::NotLooked,
        }
    }

    /// Applies `f` to a seen value and keeps every other state.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Yes(value) => Seen::Yes(f(value)),
            Self::Absent => Seen::Absent,
            Self::Unreadable(e) => Seen::Unreadable(e),
            Self::NotLooked => Seen::NotLooked,
        }
    }

    /// Like [`Seen::map`] for a step that can itself fail to see.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Seen<U>) -> Seen<U> {
        match self {
            Self::Yes(value) => f(value),
            Self::Absent => Seen::Absent,
            Self::Unreadable(e) => Seen::Unreadable(e),
            Self::NotLooked => Seen::NotLooked,
        }
    }
}

impl<T> From<Errno> for Seen<T> {
    /// `ENOENT` and `ENOTDIR` mean the path does not exist; the rest is unreadable.
    fn from(e: Errno) -> Self {
        match e {
            Errno::ENOENT | Errno::ENOTDIR => Self::Absent,
            _ => Self::Unreadable(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_path_is_knowledge_and_a_refusal_is_not() {
        assert_eq!(Seen::<()>::from(Errno::ENOENT), Seen::Absent);
        assert_eq!(Seen::<()>::from(Errno::ENOTDIR), Seen::Absent);
        assert_eq!(Seen::<()>::from(Errno::EACCES), Seen::Unreadable(Errno::EACCES));
    }
}
