//! What a boot left behind as text: kernel logs, journals, bug reports. Turns
//! them into records and a tree to look at; judges nothing.
//!
//! `bytes → text → records → boots → one boot → tree`. Every step takes hostile
//! input: it is bounded, and a line that it does not know is passed over.

pub mod balance;
mod before;
mod blocks;
mod boots;
mod bugreport;
mod builds;
mod choice;
mod code;
mod elsewhere;
mod evidence;
mod examples;
mod export;
mod fields;
mod finish;
mod folder;
mod gaps;
mod hardware;
pub mod journal;
mod json;
mod line;
mod lists;
mod long;
mod lspci;
mod mail;
mod markup;
mod open;
mod paste;
#[cfg(test)]
mod pastes;
mod printed;
mod programs;
mod record;
mod sender;
mod settings;
mod side_files;
mod source;
mod stamp;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod unpack;
#[cfg(test)]
mod wrappings;

pub use choice::Choice;
pub use evidence::{Entry, Evidence};
pub use finish::alone;
pub use open::{
    bytes, head_of_facts, looks_like_one, may_be_facts, may_be_text, open, packed_head, stream,
};
pub use record::{Clock, Record};
pub use stream::Stream;
pub use tree::records_of as of_tree;
pub use unpack::{LOG_MAX, whole as unpacked};
