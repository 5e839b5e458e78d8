//! What is compiled here for a boot: the verifier and the other programs of this
//! workspace, here or for another architecture, and the stand-in modules.

pub mod cross;
pub mod programs;
pub mod standin;
pub mod tool;
