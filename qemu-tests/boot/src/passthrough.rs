//! Hands a real NVIDIA card to a virtual machine by VFIO and gives it back.
//! Looking changes nothing; taking happens only through `Grant::take`, after
//! every item of the never-list (`judge/`) was looked at and does not hold.

mod address;
mod attribute;
mod bind;
mod card;
mod displays;
#[cfg(test)]
mod fake;
mod function;
mod grant;
mod host;
mod judge;
mod keeper;
mod kernel;
mod list;
mod machine;
mod plan;
mod restore;
mod state;
mod survey;
mod users;

pub use address::Address;
pub use attribute::{Attribute, set as set_attribute};
pub use grant::{Grant, Options};
pub use host::Host;
pub use list::{json, text};
pub use machine::memory_mib_default;
pub use restore::restore;
pub use survey::survey;
