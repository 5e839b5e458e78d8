//! The nested test: an emulated host with an IOMMU, on which this very program takes an
//! emulated card by VFIO and boots a guest with it. Nothing of the real host is touched.

mod cases;
mod closure;
mod image;
mod judge;
mod machine;
mod modules;

pub use cases::{PARTS, Part};
pub use machine::{Bench, Trial};
