//! What is compiled here for a boot: the verifier and the other programs of this
//! workspace, and the stand-in modules.

pub mod programs;
pub mod standin;
pub mod tool;
