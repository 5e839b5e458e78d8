//! Results in the forms that other programs read.

pub mod junit;
pub mod ktap;
