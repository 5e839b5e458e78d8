//! What the driver's Xid numbers stand for, in words. A number that is not in the
//! table is said to be unknown, never guessed.
//!
//! Source: NVIDIA "XID Errors": its table for older GPUs and the "Xid Catalog" for
//! Ampere and later. Whose fault a number usually is follows the catalog's
//! immediate action: restart the program, reset the GPU, look at the hardware.

/// Whose fault an Xid usually is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// A program's: it is stopped, the GPU goes on.
    Program,
    /// The driver's or the GPU's: what comes after may fail.
    Driver,
    /// The card, its memory, its power or its place in the machine.
    Hardware,
    /// Nobody's that needs an answer now: corrected, recorded for the next reset, or
    /// contained to the program that met it.
    Handled,
}

/// One number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Xid {
    /// The number.
    pub number: u64,
    /// What happened, as a clause.
    pub says: &'static str,
    /// Whose fault it usually is.
    pub blame: Blame,
}

const fn xid(number: u64, blame: Blame, says: &'static str) -> Xid {
    Xid { number, says, blame }
}

use Blame::{Driver, Handled, Hardware, Program};

/// In the order of the numbers.
const TABLE: [Xid; 53] = [
    xid(8, Driver, "the GPU stopped processing"),
    xid(11, Driver, "an invalid or corrupted stream of commands"),
    xid(13, Program, "an error in the graphics engine"),
    xid(16, Driver, "the display engine hung"),
    xid(18, Hardware, "bus mastering is off in the PCI configuration"),
    xid(31, Program, "a GPU memory page fault"),
    xid(32, Driver, "an invalid or corrupted stream of commands"),
    xid(38, Driver, "an error of the driver's firmware"),
    xid(43, Program, "a program's channel was stopped"),
    xid(44, Driver, "a fault in switching between programs"),
    xid(45, Program, "a program's channels were cleaned up after an error"),
    xid(48, Hardware, "a double-bit memory error"),
    xid(54, Hardware, "the auxiliary power is not connected"),
    xid(56, Driver, "an error of the display engine"),
    xid(57, Hardware, "a memory interface error"),
    xid(58, Hardware, "memory interface unstable"),
    xid(59, Driver, "an error of the internal controller"),
    xid(61, Driver, "a warning of the internal controller"),
    xid(62, Driver, "the internal controller stopped"),
    xid(63, Handled, "a memory page or row was recorded for replacement"),
    xid(64, Hardware, "a memory page or row could not be recorded for replacement"),
    xid(65, Driver, "an error of the video processor"),
    xid(66, Driver, "an illegal access by the driver"),
    xid(67, Driver, "an illegal access by the driver"),
    xid(68, Driver, "an error of the video decoder"),
    xid(69, Program, "an error in the graphics engine"),
    xid(74, Hardware, "an error of NVLink"),
    xid(79, Hardware, "the GPU has fallen off the bus"),
    xid(80, Hardware, "data sent to the GPU was corrupted"),
    xid(81, Driver, "an error of the VGA part"),
    xid(92, Handled, "many corrected single-bit memory errors"),
    xid(93, Driver, "an error of the non-volatile memory"),
    xid(94, Handled, "a memory error that was contained to its program"),
    xid(95, Hardware, "an uncontained memory error"),
    xid(109, Driver, "switching between programs took too long"),
    xid(110, Hardware, "a security fault"),
    xid(111, Driver, "an error of the display engine"),
    xid(112, Driver, "an error in setting a mode"),
    xid(113, Driver, "DisplayPort link training failed"),
    xid(114, Driver, "display engine underflow"),
    xid(115, Driver, "an error of the display's core channel"),
    xid(116, Driver, "an error of a display window's channel"),
    xid(119, Driver, "the GSP did not answer in time"),
    xid(120, Driver, "an error in the GSP"),
    xid(121, Handled, "corrected errors of the link between the chips"),
    xid(122, Driver, "the SPI memory could not be read"),
    xid(123, Driver, "the SPI memory could not be written"),
    xid(140, Hardware, "an uncorrectable memory error"),
    xid(143, Hardware, "the GPU could not be initialised"),
    xid(149, Hardware, "an error of NVLink"),
    xid(151, Driver, "an error in changing keys"),
    xid(154, Driver, "the recovery action of the GPU changed"),
    xid(155, Hardware, "an error of NVLink"),
];

/// The entry of a number.
#[must_use]
pub fn of(number: u64) -> Option<&'static Xid> {
    TABLE.iter().find(|entry| entry.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_each_number_stands_once() {
        assert!(TABLE.windows(2).all(|w| w[0].number < w[1].number));
    }

    #[test]
    fn a_number_that_nobody_wrote_down_is_unknown() {
        assert_eq!(of(31).map(|x| x.blame), Some(Blame::Program));
        assert_eq!(of(9999), None);
    }
}
