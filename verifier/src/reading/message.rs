//! Messages of the kernel log that the driver wraps over several lines. Joins
//! and takes apart; never judges.
//!
//! One `nv_printf` of four lines is one record of /dev/kmsg. dmesg prints it as
//! four lines, of which the last three may have no time; some branches print
//! each line by itself, a few microseconds apart; rsyslog writes `#012` for the
//! line feeds. Rules see it joined, without the repeated `NVRM:`.

use crate::driver::said::{holds, nvidia};
#[cfg(feature = "logs")]
use crate::driver::symbols;
use crate::facts::{Facts, LogRecord, PciAddress};
use crate::text::Text;

/// A joined message; the longest that a rule asks for has eight lines of 60.
pub type Joined = Text<512>;

/// Lines that are joined at most.
const LINES: usize = 8;
/// Microseconds within which the lines of one message follow each other: 4 were
/// seen between first and last (open-gpu-kernel-modules#230).
const TOGETHER_US: u64 = 100;

/// A message and its first record.
#[derive(Debug)]
pub struct Wrapped<'a> {
    /// The record that it begins with.
    pub record: &'a LogRecord,
    /// The whole text on one line.
    pub text: Joined,
}

/// Every message that holds all of `needles`.
pub fn holding<'a, 'n>(
    facts: &'a Facts,
    needles: &'n [&'n str],
) -> impl Iterator<Item = Wrapped<'a>> + use<'a, 'n> {
    all(facts).filter(|said| needles.iter().all(|n| said.text.contains(n)))
}

/// Every message, in the order of the log.
pub fn all(facts: &Facts) -> impl Iterator<Item = Wrapped<'_>> {
    let mut rest = facts.records();
    core::iter::from_fn(move || {
        let (record, after) = rest.split_first()?;
        let more = after.iter().take(LINES - 1).take_while(|r| continues(record, r)).count();
        let (lines, next) = after.split_at_checked(more)?;
        rest = next;
        let mut text = Joined::new();
        for line in core::iter::once(record).chain(lines) {
            push(&mut text, &line.text);
        }
        Some(Wrapped { record, text })
    })
}

fn continues(first: &LogRecord, line: &LogRecord) -> bool {
    let ours = |r: &LogRecord| r.text.starts_with(nvidia::NVRM);
    let together = line.us == 0 || line.us.abs_diff(first.us) <= TOGETHER_US;
    together && ours(first) && ours(line) && !nvidia::HEADS.iter().any(|h| line.text.starts_with(h))
}

/// Appends a line's words, leaving out the prefixes that wrapping repeats.
fn push(out: &mut Joined, line: &str) {
    for word in line.split("#012").flat_map(str::split_ascii_whitespace) {
        if word == nvidia::NVRM.trim_end() && !out.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push_bytes(b" ");
        }
        out.push_bytes(word.as_bytes());
    }
}

/// Whether nvidia had the GPU of a message later, so that the message tells of one load of
/// several: nvidia_drm is offered only GPUs that nvidia has. "[GPU ID 0x00000100]" is bus 1,
/// device 0 (src/nvidia/src/kernel/gpu/gpu.c, `gpuGenerate32BitId`). False without a time.
#[must_use]
pub fn taken_later(f: &Facts, said: &Wrapped<'_>) -> bool {
    let (at, gpu) = (said.record.us, address(&said.text));
    let same = |text: &str| {
        let id = between(text, "[GPU ID 0x", "]").and_then(|id| crate::text::hex(id.as_bytes()));
        let of_gpu = |gpu: PciAddress| u64::from(gpu.bus) << 8 | u64::from(gpu.device);
        id.is_some_and(|id| gpu.is_some_and(|gpu| id & 0xffff == of_gpu(gpu)))
    };
    let taken = |r: &LogRecord| r.us > at && holds(&r.text, nvidia::DRM_LOADING) && same(&r.text);
    at > 0 && f.records().iter().any(taken)
}

/// What stands between `before` and the next `after`.
#[must_use]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The GPU that a message names: its first PCI address.
#[must_use]
pub fn address(text: &str) -> Option<PciAddress> {
    PciAddress::parse(pci_address(text)?)
}

/// The first PCI address of a text: `0000:01:00.0`, or `0000:01:00` as Xid
/// messages write it, without the function; as [`PciAddress::parse`] reads it.
#[must_use]
pub fn pci_address(text: &str) -> Option<&str> {
    let odd = |c: char| !c.is_ascii_hexdigit() && !matches!(c, ':' | '.');
    text.split(odd).find_map(|word| {
        // Of "PCI:0000:01:00" the colon is left in front; a sentence ends in a point.
        word.match_indices(':').map(|(at, _)| at + 1).chain([0]).find_map(|from| {
            let rest = word.get(from..)?.trim_end_matches([':', '.']);
            let function = rest.find('.').and_then(|point| rest.get(..point + 2));
            let device = rest.get(..rest.find('.').unwrap_or(rest.len()));
            [function, device].into_iter().flatten().find(|part| PciAddress::parse(part).is_some())
        })
    })
}

/// The number of an `NVRM: Xid (PCI:0000:01:00): 79, …` message.
#[must_use]
pub fn xid(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(nvidia::XID)?;
    let (_, rest) = rest.split_once("): ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    crate::text::decimal(digits.as_bytes())
}

/// What to call the GPU of a message: its address, and its model where the
/// driver knows it; else the driver's own number for it ("NVRM: GPU6 …").
#[must_use]
pub fn gpu(facts: &Facts, text: &str) -> Text<128> {
    let Some(address) = pci_address(text) else {
        let numbered = text.split_ascii_whitespace().find(|word| {
            let number = word.strip_prefix("GPU").map(str::as_bytes);
            number.is_some_and(|n| crate::text::decimal(n).is_some())
        });
        return Text::from(numbered.unwrap_or("a GPU"));
    };
    let gpus = facts.nv.yes().map_or(&[][..], |nv| nv.gpus.as_slice());
    let known = gpus.iter().find(|g| g.bdf.starts_with(address));
    match known.and_then(|g| g.model.yes()) {
        Some(model) => Text::of(format_args!("GPU {address} ({model})")),
        None => Text::of(format_args!("GPU {address}")),
    }
}

/// Whether an address names its module: "hci_send_sco+0x17/0xb0 [bluetooth]", behind which
/// the next line may stand where a paste lost the break. The driver's own functions tell too.
#[cfg(feature = "logs")]
#[must_use]
pub fn names_module(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("+0x") else { return false };
    symbols::named_in(text).is_some() || rest.contains(" [") || text.trim_end().ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;
    use std::string::ToString;
    use std::vec::Vec;

    fn texts(log: &str) -> Vec<std::string::String> {
        let facts = Case::initrd(&std::format!("dev/kmsg <<EOF\n{log}EOF\n")).facts();
        all(&facts).map(|s| s.text.to_string()).collect()
    }

    #[test]
    fn a_wrapped_message_is_one_however_the_log_cuts_it() {
        let want = "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:1b80) installed in this \
                    system is not supported by open nvidia.ko";
        let one = "4,1,5,c;NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:1b80)\\x0aNVRM: \
                   installed in this system is not supported by open\\x0aNVRM: nvidia.ko\n";
        let three = "4,1,5,-;NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:1b80)\n\
                     4,2,5,-;NVRM: installed in this system is not supported by open\n\
                     4,3,5,-;NVRM: nvidia.ko\n";
        assert_eq!(texts(one), [want]);
        assert_eq!(texts(three), [want]);
    }

    #[test]
    fn dmesg_and_rsyslog_cut_it_in_their_own_ways() {
        let want = "NVRM: API mismatch: the client has the version 2, but this module 1";
        let log = |lines: &str| {
            let facts = Case::logged(lines).facts();
            all(&facts).map(|s| s.text.to_string()).collect::<Vec<_>>()
        };
        let indented = "[    9.424670] NVRM: API mismatch: the client has\n               \
                        NVRM: the version 2, but this module 1\n";
        let apart = "[    9.424670] NVRM: API mismatch: the client has\n\
                     [    9.424673] NVRM: the version 2, but this module 1\n";
        let syslog = "Jun 30 11:07:05 gpu-0 kernel: NVRM: API mismatch: the client has\
                      #012NVRM: the version 2, but this module 1\n";
        for lines in [indented, apart, syslog] {
            assert_eq!(log(lines), [want], "{lines}");
        }
    }

    #[test]
    fn two_messages_with_one_time_stay_two() {
        let log = "4,1,5,-;NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x61:0x56:1)\n\
                   4,2,5,-;NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x61:0x56:1)\n";
        assert_eq!(texts(log).len(), 2);
    }

    #[test]
    fn addresses_and_xids_are_taken_from_any_place() {
        assert_eq!(pci_address("NVRM: Xid (PCI:0000:0a:00): 79"), Some("0000:0a:00"));
        assert_eq!(pci_address("(PCI:0000:00:01.0)"), Some("0000:00:01.0"));
        assert_eq!(pci_address("µ 12:34 0000:zz:00"), None);
        assert_eq!(xid("NVRM: Xid (PCI:0000:0a:00): 119, pid=7"), Some(119));
        assert_eq!(xid("NVRM: Xid (PCI:0000:0a:00): , pid=7"), None);
    }

    // The lines of one message come within 100 µs, and each has the driver's prefix.
    #[test]
    fn lines_that_stand_apart_are_messages_of_their_own() {
        let log = |us: u32, head: &str| {
            texts(&std::format!("4,1,5,-;{head} the first\n4,2,{us},-;NVRM: the second\n")).len()
        };
        assert_eq!((log(105, "NVRM:"), log(106, "NVRM:"), log(5, "nvidia-modeset:")), (1, 2, 2));
    }

    #[test]
    fn a_gpu_was_taken_later_only_where_nvidia_drm_says_so_of_it_at_a_later_time() {
        let taken = |time: &str, line: &str| {
            let log = std::format!("{time}NVRM: GPU 0000:01:00.0: failed\n{line}\n");
            let facts = Case::logged(&log).facts();
            let said = all(&facts).find(|said| said.text.contains("failed")).unwrap();
            taken_later(&facts, &said)
        };
        let loading = "[    9.000000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver";
        assert!(taken("[    5.000000] ", loading));
        assert!(!taken("[    9.000000] ", loading) && !taken("[   10.000000] ", loading));
        assert!(!taken("", loading));
        assert!(!taken("[    5.000000] ", &loading.replace("0100", "0200")));
        assert!(!taken("[    5.000000] ", &loading.replace("Loading", "Unloading")));
    }
}
