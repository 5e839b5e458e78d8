//! What changes with each branch of NVIDIA's driver: its parameters and their
//! defaults, its GPUs, its error numbers, what a log says, who else claims its GPUs.
//! Tables with their sources, no judgement.

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

/// Drivers of the kernel that claim NVIDIA's GPUs by their ids (Linux
/// drivers/gpu/drm/nouveau, drivers/gpu/nova-core, drivers/video/fbdev/nvidia).
pub const RIVALS: [&str; 3] = ["nouveau", "nova_core", "nvidiafb"];
