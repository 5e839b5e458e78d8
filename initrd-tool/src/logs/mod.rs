//! What a boot left behind as text: kernel logs, journals, bug reports. Turns
//! them into records and a tree to look at; judges nothing.

mod record;

pub use record::{Clock, Record};
