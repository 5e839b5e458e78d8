//! Questions over [`crate::facts::Facts`] that several rules and views ask. They
//! read what was seen and judge nothing.

#[cfg(feature = "logs")]
pub mod attempts;
pub mod blocks;
pub mod fate;
pub mod gist;
pub mod marks;
pub mod message;
#[cfg(feature = "image")]
pub mod next_boot;
pub mod options;
pub mod order;
#[cfg(feature = "logs")]
pub mod reported;
#[cfg(feature = "logs")]
pub mod sayings;
pub mod softdeps;
pub mod timeline;
pub mod wanted;
