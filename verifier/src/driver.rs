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
#[cfg(feature = "logs")]
pub mod symbols;
pub mod version;
#[cfg(feature = "logs")]
pub mod xid;

/// The four modules of the stack in their forced order.
///
/// nvidia before nvidia_modeset before nvidia_drm, and nvidia before nvidia_uvm:
/// each uses symbols of the one before (`modinfo -F depends`).
pub const STACK: [&str; 4] = ["nvidia", "nvidia_modeset", "nvidia_uvm", "nvidia_drm"];

/// True for one of the four, dash or underscore.
#[must_use]
pub fn in_stack(name: &str) -> bool {
    STACK.iter().any(|m| crate::text::same_name(m, name))
}

/// The first version whose nvidia_drm turns mode setting on by itself. It stands here
/// and not in the table of defaults, which takes it from here: the static verifier does
/// not carry that table.
pub const MODESET_ON_SINCE: &str = "595.44.02";

/// Drivers of other makers' GPUs in machines with two (Linux drivers/gpu/drm).
#[cfg(any(feature = "image", feature = "logs"))]
pub const OTHER_GPUS: [&str; 4] = ["i915", "xe", "amdgpu", "radeon"];

/// Drivers of the kernel that claim NVIDIA's GPUs by their ids (Linux
/// drivers/gpu/drm/nouveau, drivers/gpu/nova-core, drivers/video/fbdev/nvidia).
pub const RIVALS: [&str; 3] = ["nouveau", "nova_core", "nvidiafb"];
