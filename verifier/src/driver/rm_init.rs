//! The numbers of `RmInitAdapter failed! (STEP:STATUS:LINE)` in words. The line
//! number is one of the driver's source and changes with every version, so it is
//! left out; what is not in the tables is said to be unknown.
//!
//! Source: open-gpu-kernel-modules src/nvidia/arch/nvalloc/unix/src/osinit.c
//! (`rm_init_status`; 0x26 and the last two of the firmware's steps changed their
//! meaning after 515) and src/common/sdk/nvidia/inc/nvstatuscodes.h.

use crate::text::{Text, hex};

/// What both numbers together stood for where they were seen and settled.
const TOGETHER: [(&str, &str); 8] = [
    ("0x61:0x56", "the GSP firmware was not found"),
    ("0x62:0x25", "cannot read the video BIOS"),
    ("0x62:0x40", "the GSP did not start"),
    ("0x63:0x0", "this driver does not support the GPU"),
    ("0x30:0xffff", "cannot copy the video BIOS"),
    ("0x24:0x1c", "a power cable is not connected"),
    ("0x22:0x56", "cannot map the GPU's registers"),
    ("0x26:0x56", "seen in virtual machines"),
];

/// The first number: how far it came.
const STEPS: [(u64, &str); 21] = [
    (0x10, "while setting up its registry"),
    (0x11, "while probing the system"),
    (0x20, "in adding the GPU"),
    (0x21, "in adding the GPU"),
    (0x22, "in attaching the GPU"),
    (0x23, "before the GPU's state"),
    (0x24, "in the GPU's state"),
    (0x25, "in loading the GPU's state"),
    (0x26, "in checking the GPU or its DMA"),
    (0x27, "in the GPU's DMA"),
    (0x30, "in the video BIOS"),
    (0x31, "in running the video BIOS"),
    (0x32, "in running the video BIOS"),
    (0x40, "while linking several GPUs"),
    (0x41, "in starting the watchdog"),
    (0x42, "in starting the driver's own client"),
    (0x43, "in asking for the GPU's properties"),
    (0x60, "in the choice of the firmware"),
    (0x61, "in fetching the GSP firmware"),
    (0x62, "in the GSP firmware"),
    (0x63, "in starting the GSP"),
];

/// The second number: what went wrong there (`NV_STATUS`).
const STATUS: [(u64, &str); 26] = [
    (0x1, "the memory is broken"),
    (0x5, "no card present"),
    (0xb, "a memory error"),
    (0xf, "the GPU is lost"),
    (0x10, "the GPU is in a reset"),
    (0x11, "the GPU does not get full power"),
    (0x1a, "out of resources"),
    (0x1c, "a power cable is not connected"),
    (0x1f, "invalid argument"),
    (0x25, "data was invalid"),
    (0x40, "the state was wrong"),
    (0x47, "memory training failed"),
    (0x51, "out of memory"),
    (0x54, "not compatible"),
    (0x55, "not ready"),
    (0x56, "not supported"),
    (0x57, "something was not found"),
    (0x59, "the kernel refused"),
    (0x61, "the video BIOS was rejected"),
    (0x62, "a reset is needed"),
    (0x65, "timeout"),
    (0x70, "a falcon halted"),
    (0x71, "a fatal error"),
    (0x72, "a memory error"),
    (0x7f, "the card's own firmware did not start"),
    (0xffff, "no reason given"),
];

/// "0x61:0x56" of "0x61:0x56:1770".
#[must_use]
pub fn step(triple: &str) -> &str {
    triple.rsplit_once(':').map_or(triple, |(step, _line)| step)
}

/// What a step such as "0x61:0x56" says, as a clause.
#[must_use]
pub fn explain(step: &str) -> Text<96> {
    if let Some((_, says)) = TOGETHER.iter().find(|(known, _)| *known == step) {
        return Text::from(*says);
    }
    let numbers = step.split_once(':');
    let number = |text: &str| hex(text.strip_prefix("0x").unwrap_or(text).as_bytes());
    let look = |table: &[(u64, &'static str)], text: &str| {
        let wanted = number(text)?;
        table.iter().find(|(known, _)| *known == wanted).map(|(_, says)| *says)
    };
    let place = numbers.and_then(|(place, _)| look(&STEPS, place));
    let status = numbers.and_then(|(_, status)| look(&STATUS, status));
    match (place, status) {
        (Some(place), Some(status)) => Text::of(format_args!("{status}, {place}")),
        (Some(place), None) => Text::of(format_args!("an unknown error, {place}")),
        (None, Some(status)) => Text::of(format_args!("{status}, in an unknown step")),
        (None, None) => Text::from("numbers that are not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settled_pair_says_more_than_its_parts() {
        assert_eq!(explain("0x61:0x56").as_str(), "the GSP firmware was not found");
        assert_eq!(explain("0x62:0x65").as_str(), "timeout, in the GSP firmware");
    }

    #[test]
    fn unknown_numbers_are_said_to_be_unknown() {
        assert_eq!(explain("0x62:0x7777").as_str(), "an unknown error, in the GSP firmware");
        assert_eq!(explain("0x99:0x56").as_str(), "not supported, in an unknown step");
        for odd in ["", ":", "0x61", "zz:yy", "0x99:0x9999", "0xfffffffffffffffffff:0x1"] {
            assert!(explain(odd).contains("not known") || odd.contains("0x1"), "{odd}");
        }
    }

    #[test]
    fn the_source_line_is_left_out() {
        assert_eq!(step("0x61:0x56:1770"), "0x61:0x56");
        assert_eq!(step("nothing"), "nothing");
    }

    #[test]
    fn the_tables_are_in_order() {
        assert!(STEPS.windows(2).all(|w| w[0].0 < w[1].0));
        assert!(STATUS.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
