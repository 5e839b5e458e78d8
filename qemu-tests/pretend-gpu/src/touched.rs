//! What a driver did to a function: each place in a BAR with its first value and how
//! often. Bounded: a driver that reads all of a BAR fills no memory.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Places that are told apart; further ones are counted together.
const PLACES: usize = 4096;
/// Other events that are kept, such as resets.
const EVENTS: usize = 256;

/// An access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// BAR.
    pub bar: u32,
    /// Byte in it.
    pub offset: u64,
    /// Whether it was written.
    pub write: bool,
}

#[derive(Clone, Copy, Debug)]
struct Access {
    first: u64,
    bytes: usize,
    times: u64,
}

/// The log of one function.
#[derive(Debug, Default)]
pub struct Touched {
    places: BTreeMap<Place, Access>,
    elsewhere: u64,
    events: Vec<String>,
    lost: u64,
}

impl Touched {
    /// Notes an access of so many bytes; of the value at most eight count.
    pub fn access(&mut self, place: Place, data: &[u8]) {
        if let Some(access) = self.places.get_mut(&place) {
            access.times = access.times.saturating_add(1);
        } else if self.places.len() < PLACES {
            let mut value = [0; 8];
            for (to, from) in value.iter_mut().zip(data) {
                *to = *from;
            }
            let access = Access { first: u64::from_le_bytes(value), bytes: data.len(), times: 1 };
            self.places.insert(place, access);
        } else {
            self.elsewhere = self.elsewhere.saturating_add(1);
        }
    }

    /// Notes anything else.
    pub fn event(&mut self, what: String) {
        if self.events.len() < EVENTS {
            self.events.push(what);
        } else {
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// The log as text, in the order of places.
    pub fn text(&self, function: usize) -> String {
        let mut text = String::new();
        for event in &self.events {
            let _ = writeln!(text, "{function} {event}");
        }
        for (place, access) in &self.places {
            let way = if place.write { "write" } else { "read" };
            let _ = writeln!(
                text,
                "{function} {way} BAR{}+{:#08x} {} bytes, first {:#x}, {} times",
                place.bar, place.offset, access.bytes, access.first, access.times
            );
        }
        if self.elsewhere + self.lost > 0 {
            let _ = writeln!(
                text,
                "{function} not kept: {} accesses, {} events",
                self.elsewhere, self.lost
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_and_the_count_are_kept() {
        let mut touched = Touched::default();
        let place = Place { bar: 0, offset: 0xa00, write: false };
        touched.access(place, &[0, 0x10, 0x2a, 0x17]);
        touched.access(place, &[1, 2, 3, 4]);
        touched.event("reset".to_owned());
        assert_eq!(
            touched.text(0),
            "0 reset\n0 read BAR0+0x000a00 4 bytes, first 0x172a1000, 2 times\n"
        );
    }

    #[test]
    fn a_driver_that_reads_everything_fills_no_memory() {
        let mut touched = Touched::default();
        for offset in 0..10_000 {
            touched.access(Place { bar: 1, offset, write: true }, &[0; 64]);
            touched.event("x".to_owned());
        }
        assert_eq!((touched.places.len(), touched.events.len()), (PLACES, EVENTS));
        assert!(touched.text(1).ends_with("not kept: 5904 accesses, 9744 events\n"));
    }
}
