//! What changes with each branch of NVIDIA's driver: its parameters and their
//! defaults, its GPUs, its error numbers, what a log says. Tables with their sources, no judgement.

pub mod branches;
#[cfg(feature = "image")]
pub mod defaults;
pub mod gpu_names;
pub mod parameters;
pub mod rm_init;
pub mod said;
pub mod version;
#[cfg(feature = "logs")]
pub mod xid;
