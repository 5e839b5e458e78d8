//! Builds `guest/pretend/`, the guest's own module that relabels emulated functions
//! as NVIDIA GPUs. C under GPL-2.0; not linked with this program.

use crate::base::places::Places;
use crate::build::standin;
use crate::debian::kernel::Kernel;
use anyhow::Result;
use std::path::PathBuf;

/// Returns a folder with `pretend_gpu.ko`, building it at need.
pub fn build(places: &Places, kernel: &Kernel) -> Result<PathBuf> {
    standin::kbuild(places, kernel, "pretend", &[], "pretend_gpu.ko")
}
