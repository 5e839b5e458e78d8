//! NVP510 in a log: the PCI core found no room for a range of an NVIDIA function.

use crate::driver::said::{holds, kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::sayings::{NAMED, said};
use meant::meant;

mod meant;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for function in f.records() {
        let known = address(&function.text).or_else(|| meant(f, &function.text));
        let Some(address) = known else { continue };
        let of_gpu = |text: &str| {
            text.split(' ').nth(1).is_some_and(|word| word.strip_suffix(':') == Some(address))
        };
        let bar = |text: &str| -> Option<u8> {
            let at = text.split_once(kernel::BAR)?.1;
            at.split([':', ' ']).next()?.parse().ok()
        };
        let lost = f.records().iter().find(|record| {
            let words =
                of_gpu(&record.text) && kernel::NO_ROOM.iter().any(|no| holds(&record.text, no));
            words
                && bar(&record.text).is_some_and(|n| {
                    // The core tries again with smaller bridges; the last word counts.
                    n < 6
                        && !f.records().iter().any(|later| {
                            later.us >= record.us
                                && of_gpu(&later.text)
                                && bar(&later.text) == Some(n)
                                && later.text.contains("assigned")
                        })
                })
        });
        let Some(record) = lost else { continue };
        let n = bar(&record.text).unwrap_or(0);
        let finding = if holds(&record.text, kernel::BAR_NOT_CLAIMED) {
            out.add(format_args!("the kernel cannot enable GPU {address}: BAR{n} got no range"))
        } else {
            out.add(format_args!(
                "the kernel found no room for BAR{n} of GPU {address}: its memory cannot be reached"
            ))
        };
        finding
            .gpu(PciAddress::parse(address))
            .confidence(Confidence::Likely)
            .logged(record.us, &record.text);
        if n != 0 && f.logged(&[nvidia::CARD]).is_some() {
            finding.severity(Severity::Warning);
        }
        return;
    }
    reserved(f, out);
}

/// vfio-pci was refused a range of the GPU: the firmware framebuffer has it, mostly.
fn reserved(f: &Facts, out: &mut Findings<'_>) {
    let taken = f.records().iter().find(|record| {
        record.text.starts_with("vfio-pci ") && holds(&record.text, kernel::BAR_RESERVED)
    });
    let Some(record) = taken else { return };
    let address = record.text.split([' ']).nth(1).and_then(|word| word.strip_suffix(':'));
    let Some(address) = address.and_then(PciAddress::parse) else { return };
    let is_gpu = f.nvidia_gpus().any(|gpu| gpu.address() == Some(address));
    if !is_gpu && said(f, &[NAMED]).is_none() {
        return;
    }
    out.add(format_args!(
        "a guest's GPU {address} cannot be passed on whole: the host's framebuffer keeps one of its ranges"
    ))
    .gpu(Some(address))
    .confidence(Confidence::Likely)
    .fix("initcall_blacklist=sysfb_init    # on the host's kernel command line (before 6.1: video=efifb:off)")
    .logged(record.us, &record.text);
}

/// The GPU of `pci 0000:01:00.0: [10de:2206] type 00 class 0x030000`, or of a line of its
/// driver: `nvidia 0000:01:00.0: enabling device`.
fn address(text: &str) -> Option<&str> {
    let listed = || {
        let is_gpu = text.contains(kernel::NVIDIA_FUNCTION) && text.contains("class 0x03");
        text.strip_prefix("pci ").filter(|_| is_gpu)
    };
    let rest = text.strip_prefix("nvidia ").or_else(listed)?;
    rest.split(' ').next()?.strip_suffix(':').filter(|word| PciAddress::parse(word).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, GPU, fires, silent};

    const FUNCTION: &str = "[    2.800000] pci 0000:01:00.0: [10de:2206] type 00 class 0x030000 PCIe \
        Legacy Endpoint\n";
    const NO_ROOM: &str = "[    2.831000] pci 0000:01:00.0: BAR 1 [mem size 0x10000000 64bit pref]: \
        can't assign; no space\n[    2.831100] pci 0000:01:00.0: BAR 1 [mem size 0x10000000 64bit \
        pref]: failed to assign\n";

    #[test]
    fn a_range_without_room_is_told_in_both_wordings() {
        let says = "NVP510 error: the kernel found no room for BAR1 of GPU 0000:01:00.0: its memory \
                    cannot be reached";
        fires(&RULE, Case::journal(&std::format!("{FUNCTION}{NO_ROOM}")), says);
        let older = "[    2.831000] pci 0000:01:00.0: BAR 1: no space for [mem size 0x10000000 64bit \
                     pref]\n";
        fires(&RULE, Case::journal(&std::format!("{FUNCTION}{older}")), says);
    }

    #[test]
    fn a_range_that_nobody_took_is_told() {
        let line = "[    2.782439] nvidia 0000:09:00.0: BAR 5 [io  0x0000-0x007f]: not claimed; \
                    can't enable device\n";
        let says = "NVP510 error: the kernel cannot enable GPU 0000:09:00.0: BAR5 got no range";
        fires(&RULE, Case::journal(line), says);
        let older = "[    2.782439] nvidia 0000:09:00.0: can't enable device: BAR 5 [io  \
                     0x0000-0x007f] not claimed\n";
        fires(&RULE, Case::journal(older), says);
    }

    #[test]
    fn a_later_assignment_and_other_functions_are_silent() {
        let later = "[    2.900000] pci 0000:01:00.0: BAR 1 [mem 0x6000000000-0x600fffffff 64bit \
                     pref]: assigned\n";
        silent(&RULE, Case::journal(&std::format!("{FUNCTION}{NO_ROOM}{later}")));
        silent(
            &RULE,
            Case::journal(&std::format!("{}{NO_ROOM}", FUNCTION.replace("10de", "1002"))),
        );
        silent(
            &RULE,
            Case::journal(&std::format!("{FUNCTION}{}", NO_ROOM.replace("01:00.0", "02:00.0"))),
        );
    }

    const SAYS: &str = "NVP510 error: the kernel found no room for BAR1 of GPU 0000:01:00.0: its \
                        memory cannot be reached";

    #[test]
    fn only_the_last_word_on_the_same_range_of_the_same_gpu_counts() {
        let assigned = |time: &str, function: &str, bar: u8| {
            let line = std::format!(
                "[    {time}] pci 0000:{function}: BAR {bar} [mem 0x6000000000-0x600fffffff 64bit \
                 pref]: assigned\n"
            );
            Case::journal(&std::format!("{FUNCTION}{NO_ROOM}{line}"))
        };
        fires(&RULE, assigned("2.810000", "01:00.0", 1), SAYS);
        fires(&RULE, assigned("2.900000", "01:00.0", 3), SAYS);
        fires(&RULE, assigned("2.900000", "02:00.0", 1), SAYS);
        silent(&RULE, assigned("2.831100", "01:00.0", 1));
    }

    #[test]
    fn the_rom_and_the_range_of_the_sound_function_are_silent() {
        let rom = NO_ROOM.replace("BAR 1", "BAR 6");
        silent(&RULE, Case::journal(&std::format!("{FUNCTION}{rom}")));
        let sound = FUNCTION.replace("0x030000", "0x040300");
        silent(&RULE, Case::journal(&std::format!("{sound}{NO_ROOM}")));
    }

    #[test]
    fn a_card_that_came_up_can_do_without_its_large_range_only() {
        let card =
            "[    9.000000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n";
        let case = |lost: &str| Case::journal(&std::format!("{FUNCTION}{lost}{card}"));
        fires(&RULE, case(NO_ROOM), &SAYS.replace("error", "warning"));
        fires(&RULE, case(&NO_ROOM.replace("BAR 1", "BAR 0")), &SAYS.replace("BAR1", "BAR0"));
    }

    #[test]
    fn a_guests_gpu_whose_range_the_host_keeps_is_told() {
        let says = "NVP510 error: a guest's GPU 0000:01:00.0 cannot be passed on whole: the host's \
                    framebuffer keeps one of its ranges";
        let line = "[    9.000000] vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0x6000000000-\
                    0x600fffffff 64bit pref]\n";
        let log = |line: &str| std::format!("dmesg = {line}");
        let beside = |line: &str| Case::initrd(GPU).and(&log(line)).of_log();
        fires(&RULE, beside(line), says);
        let named = "[    9.100000] a report: names NVIDIA: the guest has no picture\n";
        fires(&RULE, Case::journal(&std::format!("{line}{named}")), says);
        silent(&RULE, Case::journal(line));
        silent(&RULE, beside(&line.replace("01:00.0", "02:00.0")));
        silent(&RULE, beside(&line.replace("can't reserve", "enabling device")));
        silent(&RULE, beside(&line.replace("vfio-pci", "xhci_hcd")));
    }
}
