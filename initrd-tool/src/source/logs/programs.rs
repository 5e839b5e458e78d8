//! What programs of user space say of the driver, where no stamp marks it: a terminal's
//! lines of modprobe, insmod, dkms. And whether a record is worth judging at all.

use super::record::Record;
use nvpreflight::driver::said::{display, kernel, kmod, programs};
use nvpreflight::reading::sayings;

/// Programs whose terminal lines are known by their beginning.
const UNMARKED: [(&str, &str); 7] = [
    (kmod::ERROR, programs::MODPROBE),
    (kmod::FATAL, programs::MODPROBE),
    (kmod::WARNING, programs::MODPROBE),
    (kmod::INSMOD, programs::INSMOD),
    (kmod::RMMOD, programs::RMMOD),
    (kmod::FATAL_MODULE, programs::MODPROBE),
    ("modinfo: ERROR: Module ", programs::MODINFO),
];
/// Bytes before a sentence from which on they are left out; a record keeps 240.
const FAR: usize = 80;
/// A line of a terminal that such a program printed, or that is a program's sentence; with
/// its process, as a journal has it, or without.
#[must_use]
pub fn unmarked(line: &str) -> Option<Record> {
    let of_process = || {
        let (name, pid, text) = nvpreflight::parse::printed::writer(line)?;
        let line = format!("{name}: {text}");
        pid.and_then(|_| terminals(&line)).map(|record| (line, Record { pid, ..record }))
    };
    if let Some(record) = managers_start(line) {
        return Some(record);
    }
    let known = |line: &str| UNMARKED.iter().any(|(start, _)| line.starts_with(start));
    match of_process() {
        Some((line, record)) if known(&line) => Some(record),
        // "make[1]: ***" is make's own, whatever its number is.
        other => terminals(line).or(other.map(|(_, record)| record)),
    }
}

/// systemd's word on a display manager, in a journal that was copied without its times.
fn managers_start(line: &str) -> Option<Record> {
    let (name, pid, text) = nvpreflight::parse::printed::writer(line)?;
    // A session's own systemd has another number.
    (display::has_started(line) && pid == Some(1))
        .then(|| Record { pid, ..Record::said_by(name, text.to_owned()) })
}

/// The same, as a terminal shows it.
fn terminals(line: &str) -> Option<Record> {
    let begins = UNMARKED.iter().find(|(start, _)| line.starts_with(start)).map(|(_, name)| *name);
    if let Some(row) = line.strip_prefix("nouveau ").filter(|row| is_lsmod(row)) {
        return Some(Record::said_by("lsmod", format!("nouveau {}", row.trim_start())));
    }
    // `lsmod | grep drm` leaves nouveau out that uses what is listed.
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    if let (Some(name), Some(users)) = (words.next(), words.nth(2)) {
        let row = line.get(name.len()..).unwrap_or_default();
        // A row of /proc/modules goes on; that file is read whole.
        let mut is_row = || words.next().is_none() && is_lsmod(row);
        if users.split(',').any(|user| user == "nouveau") && is_row() {
            return Some(Record::said_by("lsmod", format!("nouveau uses {name}")));
        }
    }
    let saying = || sayings::of(line);
    let program = begins.or_else(|| saying().map(|saying| saying.program))?;
    // A sentence deep inside of prose: what is before it would push it out of a record.
    let at = saying().and_then(|saying| saying.begins(line)).filter(|at| *at > FAR).unwrap_or(0);
    let line = line.get(at..).unwrap_or(line);
    let text = line.strip_prefix(program).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(line);
    Some(Record {
        kernel: program == programs::KERNEL,
        identifier: Some(program.to_owned()),
        text: text.to_owned(),
        ..Record::default()
    })
}

/// How a row of lsmod goes on behind the name: a size and a count.
fn is_lsmod(row: &str) -> bool {
    let mut words = row.split_whitespace();
    let mut number = |least: u64| {
        words.next().and_then(|word| word.parse::<u64>().ok()).is_some_and(|n| n >= least)
    };
    number(4096) && number(0)
}

/// Names by which programs speak of the stack.
pub(super) const NAMES: [&str; 5] =
    ["nvidia", "NVIDIA", "NVRM", "nouveau", kernel::UNSIGNED_MODULE];

/// Whether a record is a program's sentence that is known as a whole.
#[must_use]
pub fn is_said(record: &Record) -> bool {
    let who = record.identifier.as_deref().unwrap_or_default();
    sayings::of(&format!("{who}: {}", record.text)).is_some()
}

/// Whether a record tells what a rule judges: the kernel's own, or what a program says
/// of the driver.
#[must_use]
pub fn tells(record: &Record) -> bool {
    if record.kernel {
        return true;
    }
    let who = record.identifier.as_deref().unwrap_or_default();
    let whole = format!("{who}: {}", record.text);
    sayings::of(&whole).map_or_else(|| names(&record.text), |saying| !saying.is_wish())
}

fn names(text: &str) -> bool {
    NAMES.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminals_lines_are_their_programs() {
        let said =
            unmarked("modprobe: ERROR: could not insert 'nvidia': Key was rejected by service")
                .expect("a record");
        assert_eq!(said.identifier.as_deref(), Some("modprobe"));
        assert_eq!(said.text, "ERROR: could not insert 'nvidia': Key was rejected by service");
        assert!(!said.kernel && tells(&said));
        let cut = unmarked("ERROR: could not insert 'nvidia_current': Key was rejected by service");
        assert_eq!(cut.and_then(|said| said.identifier).as_deref(), Some("modprobe"));
        let journals =
            unmarked("modprobe[1676]: ERROR: could not insert 'nvidia': Key was rejected");
        let (program, pid) = journals.map(|said| (said.identifier, said.pid)).expect("a record");
        assert_eq!((program.as_deref(), pid), (Some("modprobe"), Some(1676)));
        assert_eq!(unmarked("box[12]: nothing"), None);
        let greeter = "systemd[1]: Started Simple Desktop Display Manager.";
        assert_eq!(unmarked(greeter).and_then(|said| said.pid), Some(1));
        assert_eq!(unmarked("systemd[1]: Started Session c1 of User sddm."), None);
        assert_eq!(unmarked("modprobe nvidia fails for me"), None);
        let smi =
            "  boot: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
        let wish = unmarked("I installed akmod-nvidia").expect("a record");
        assert!(!tells(&wish), "what the owner wants is no evidence of how it fares");
        assert_eq!(unmarked(smi).and_then(|said| said.identifier).as_deref(), Some("nvidia-smi"));
    }
}
