//! The live side: everything that touches the running system. Nothing in here
//! judges; the library does.

pub mod args;
pub mod clock;
pub mod expect;
pub mod guard;
pub mod out;
pub mod run;
pub mod sys;
pub mod wait;
