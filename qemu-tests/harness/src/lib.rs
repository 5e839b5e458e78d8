//! What the boot tests are made of: guests of Debian packages, stand-in or real NVIDIA
//! modules, machines of QEMU's, and the verdict on what a boot left behind. It prints
//! progress on stderr and never a result.
//!
//! `base` → `debian` (kernel and user space of a guest) → `build` (what is compiled
//! here) → `nvidia` (the real modules) → `scenario` (what is asked for) → `image` →
//! `machine` → `judge` → `results`; `workshop` boots one scenario with all of it.

pub mod base;
pub mod build;
pub mod debian;
pub mod image;
pub mod judge;
pub mod machine;
pub mod nvidia;
pub mod results;
pub mod scenario;
pub mod workshop;
