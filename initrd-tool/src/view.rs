//! Facts put in order for people, without judgement: what an image holds, where each
//! option comes from, what happened when, what differs, where to load the driver.

pub mod compare;
pub mod cures;
pub mod goals;
pub mod inventory;
pub mod layout;
pub mod maker;
pub mod provenance;
pub mod timeline;
pub mod wiring;

#[cfg(test)]
mod agreement;
