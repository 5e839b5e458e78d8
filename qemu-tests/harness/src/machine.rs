//! The virtual machine: QEMU, the pretend GPU beside it, the channel by which a guest
//! hands over what it has, and the signals that end a run.

pub mod channel;
pub mod interrupt;
pub mod pretend_card;
pub mod qemu;
