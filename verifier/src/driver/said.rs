//! What is said in a log: each text of the driver, the kernel and the programs once,
//! with what it shows, where it comes from and the versions it was seen in. Judges
//! nothing; who reads a log asks by these names and holds no text of its own.
//!
//! A text is the part that does not change. Some lines are known by several parts that
//! stand in any order: those are lists ([`Parts`]), and a line must hold all of them.

pub mod display;
pub mod harmless;
pub mod kernel;
pub mod kmod;
pub mod nvidia;
pub mod programs;
pub mod start;
pub mod systemd;

/// Parts of one line: it must hold every one of them.
pub type Parts = &'static [&'static str];

/// True for a line that holds every part.
#[must_use]
pub fn holds(line: &str, parts: &[&str]) -> bool {
    parts.iter().all(|part| line.contains(part))
}

/// Names texts. Each has a doc comment: what the line shows, then, in brackets, its
/// source and its versions: `(kernel-open/nvidia/nv.c; 515 to 595)`.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:tt;)+) => {
        $($(#[doc = $doc])+ pub const $name: texts!(@type $text) = texts!(@value $text);)+

        /// Name, doc comment and parts of every text.
        // Outside of the tests only some catalogues are asked for as a whole.
        #[cfg_attr(not(test), allow(dead_code))]
        #[cfg(any(test, feature = "logs"))]
        pub(crate) const ALL: &[(&str, &str, &[&str])] =
            &[$((stringify!($name), concat!($($doc),+), texts!(@parts $name $text))),+];
    };
    (@type [$($part:expr),+]) => { $crate::driver::said::Parts };
    (@type $text:literal) => { &'static str };
    (@value [$($part:expr),+]) => { &[$($part),+] };
    (@value $text:literal) => { $text };
    (@parts $name:ident [$($part:expr),+]) => { $name };
    (@parts $name:ident $text:literal) => { &[$name] };
}
use texts;

#[cfg(test)]
mod tests;
