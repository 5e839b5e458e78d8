//! The serial console, line by line as it comes: the last lines, and the few that
//! tell how the boot goes. It keeps a bounded amount whatever comes.

use anstream::adapter::strip_bytes;
use nvpreflight::facts::Phase;
use nvpreflight::sink::kmsg::SPEAKS;
use nvpreflight::sink::verdict::{self, Told};
use nvpreflight_harness::judge::verdict::PANIC;
use nvpreflight_tool::base::clean;
use std::collections::VecDeque;

/// A longer line is taken as several.
const LINE_MAX: usize = 4096;
/// Lines that are kept for a person.
const TAIL: usize = 30;
/// Of the verifier's own lines; a report has at most some dozens of findings.
const OWN_MAX: usize = 200;
/// What an initrd says when it gives up and offers a shell: systemd
/// (emergency.service), dracut, initramfs-tools (scripts/functions, panic),
/// mkinitcpio (init_functions), NixOS (stage-1-init.sh).
const GAVE_UP: [&str; 7] = [
    "You are in emergency mode",
    "Cannot open access to console, the root account is locked",
    "Entering emergency mode",
    "Dropping to a shell!",
    "Falling back to interactive prompt",
    "An error occurred in stage 1 of the boot process",
    "dracut: FATAL:",
];
/// kernel/reboot.c.
const ENDS: [&str; 3] =
    ["reboot: Restarting system", "reboot: Power down", "reboot: System halted"];

/// What the console told so far.
#[derive(Clone, Debug, Default)]
pub struct Console {
    partial: Vec<u8>,
    /// The last lines, harmless to print.
    pub tail: VecDeque<String>,
    /// Bytes in all.
    pub bytes: u64,
    /// Whether the kernel has spoken.
    pub kernel: bool,
    /// Whether the first program runs.
    pub init: bool,
    /// The kernel's last words.
    pub panic: Option<String>,
    /// The line before them.
    pub before_panic: Option<String>,
    /// The line in which the initrd gave up.
    pub gave_up: Option<String>,
    /// The line in which the machine was ended by the guest.
    pub ended: Option<String>,
    /// What the kernel could not unpack of the initrd.
    pub unpacking: Option<String>,
    /// Lines of the verifier, from its name on.
    pub verifier: Vec<String>,
    /// Lines of the carrier.
    pub carrier: Vec<String>,
}

impl Console {
    /// Takes what came. Every finished line is given to `show` too.
    pub fn feed(&mut self, bytes: &[u8], show: &mut dyn FnMut(&str)) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        for byte in bytes {
            if *byte == b'\n' || self.partial.len() >= LINE_MAX {
                self.end_line(show);
            }
            if *byte != b'\n' {
                self.partial.push(*byte);
            }
        }
    }

    /// Takes what has no line end yet as a line: nothing more comes.
    pub fn finish(&mut self, show: &mut dyn FnMut(&str)) {
        if !self.partial.is_empty() {
            self.end_line(show);
        }
    }

    fn end_line(&mut self, show: &mut dyn FnMut(&str)) {
        let raw = std::mem::take(&mut self.partial);
        let line = clean::line(strip_bytes(&raw).into_vec().trim_ascii());
        if line.is_empty() {
            return;
        }
        self.judge(&line);
        show(&line);
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    fn judge(&mut self, line: &str) {
        let note = |slot: &mut Option<String>| {
            if slot.is_none() {
                *slot = Some(line.to_owned());
            }
        };
        self.kernel |= line.contains("Linux version ");
        self.init |= line.contains(" as init process");
        if line.contains(PANIC) {
            if self.panic.is_none() {
                self.before_panic = self.tail.back().cloned();
            }
            note(&mut self.panic);
        }
        if line.contains("Initramfs unpacking failed") {
            note(&mut self.unpacking);
        }
        if GAVE_UP.iter().any(|text| line.contains(text)) || line.starts_with("(initramfs)") {
            note(&mut self.gave_up);
        }
        if ENDS.iter().any(|text| line.contains(text)) {
            note(&mut self.ended);
        }
        if let Some(said) = after(line, "nvpreflight-carrier: ") {
            keep(&mut self.carrier, said);
        } else if let Some(said) = after(line, SPEAKS) {
            keep(&mut self.verifier, said);
        }
    }

    /// The last few lines in one.
    pub fn last_words(&self) -> String {
        let from = self.tail.len().saturating_sub(3);
        let lines: Vec<&str> = self.tail.iter().skip(from).map(String::as_str).collect();
        if lines.is_empty() { "the console stayed empty".to_owned() } else { lines.join(" / ") }
    }
}

fn keep(lines: &mut Vec<String>, line: &str) {
    if lines.len() < OWN_MAX {
        lines.push(line.to_owned());
    }
}

fn after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.find(mark).and_then(|at| line.get(at + mark.len()..))
}

/// The verdict of the initrd in a line of the verifier, of which there is one at the end
/// of its run.
pub fn verdict(line: &str) -> Option<Told<'_>> {
    verdict::read(line).filter(|told| told.phase == Phase::Initrd.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(text: &[u8]) -> Console {
        let mut console = Console::default();
        // In pieces, as a serial line brings it.
        for piece in text.chunks(7) {
            console.feed(piece, &mut |_| {});
        }
        console.finish(&mut |_| {});
        console
    }

    #[test]
    fn the_way_of_a_boot_is_seen_in_its_lines() {
        let console = fed(b"[    0.000000] Linux version 6.12\r\n\
            [    1.2] Run /nvpreflight/carrier as init process\r\n\
            [    2.0] nvpreflight: initrd: ok: 12 checks passed\r\n\
            [    3.0] reboot: Power down");
        assert!(console.kernel && console.init);
        assert_eq!(console.verifier, ["initrd: ok: 12 checks passed"]);
        assert_eq!(console.ended.as_deref(), Some("[    3.0] reboot: Power down"));
        assert!(console.panic.is_none() && console.gave_up.is_none());
    }

    #[test]
    fn every_kind_of_initrd_that_gives_up_is_known() {
        for text in GAVE_UP {
            assert!(fed(format!("x {text}.\n").as_bytes()).gave_up.is_some(), "{text}");
        }
        assert!(fed(b"(initramfs) ").gave_up.is_some());
    }

    #[test]
    fn endless_output_is_kept_in_bounded_space() {
        let mut console = Console::default();
        let flood = b"nvpreflight: initrd: x\n".repeat(1000);
        let lines_without_end = vec![b'a'; 100_000];
        for _ in 0..20 {
            console.feed(&flood, &mut |_| {});
            console.feed(&lines_without_end, &mut |_| {});
        }
        assert_eq!(console.tail.len(), TAIL);
        assert_eq!(console.verifier.len(), OWN_MAX);
        assert!(console.partial.len() <= LINE_MAX);
        assert!(console.tail.iter().all(|line| line.len() <= LINE_MAX));
    }

    #[test]
    fn what_would_drive_a_terminal_is_not_kept() {
        let console = fed(b"\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b2J\n");
        assert!(console.tail.iter().all(|line| !line.contains(char::is_control)), "{console:?}");
        assert!(console.tail[0].starts_with("red"), "{console:?}");
    }
}
