//! The table of rules, in code order. A file that lists things lists only; the
//! tests below keep the table closed.

use crate::rule::Rule;

/// Room for every code a report can hold an outcome of.
pub const MAX: usize = 128;

macro_rules! table {
    ($($name:ident),+ $(,)?) => {
        $(pub mod $name;)+
        /// Every rule, in code order.
        pub const RULES: &[&Rule] = &[$(&$name::RULE),+];
    };
}

table! {
    half_a_stack_loaded,
    modeset_off,
}

/// The rule of that code.
#[must_use]
pub fn by_code(code: u16) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.code.0 == code).copied()
}

#[cfg(test)]
mod closure;
