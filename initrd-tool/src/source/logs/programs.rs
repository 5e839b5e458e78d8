//! What programs of user space say of the driver, where no stamp marks it: a terminal's
//! lines of modprobe, insmod, dkms. And whether a record is worth judging at all.

use super::record::Record;
use nvpreflight::driver::said::kmod;
use nvpreflight::reading::sayings;

/// Programs whose terminal lines are known by their beginning.
const UNMARKED: [(&str, &str); 7] = [
    (kmod::ERROR, "modprobe"),
    (kmod::FATAL, "modprobe"),
    (kmod::WARNING, "modprobe"),
    (kmod::INSMOD, "insmod"),
    (kmod::RMMOD, "rmmod"),
    (kmod::FATAL_MODULE, "modprobe"),
    ("modinfo: ERROR: Module ", "modinfo"),
];
/// Bytes before a sentence from which on they are left out; a record keeps 240.
const FAR: usize = 80;
/// A line of a terminal that such a program printed, or that is a program's sentence.
#[must_use]
pub fn unmarked(line: &str) -> Option<Record> {
    let begins = UNMARKED.iter().find(|(start, _)| line.starts_with(start)).map(|(_, name)| *name);
    let saying = || sayings::of(line);
    let program = begins.or_else(|| saying().map(|saying| saying.program))?;
    // A sentence deep inside of prose: what is before it would push it out of a record.
    let at = saying().and_then(|saying| saying.begins(line)).filter(|at| *at > FAR).unwrap_or(0);
    let line = line.get(at..).unwrap_or(line);
    let text = line.strip_prefix(program).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(line);
    Some(Record {
        kernel: program == "kernel",
        identifier: Some(program.to_owned()),
        text: text.to_owned(),
        ..Record::default()
    })
}

/// A log of dkms's build, put together from its heading and the line with which make
/// gives up.
#[derive(Clone, Debug, Default)]
pub struct BuildLog {
    heading: Option<String>,
}

impl BuildLog {
    /// Takes a line; a record where the build of the driver failed.
    pub fn line(&mut self, line: &str) -> Option<Record> {
        let line =
            line.trim_start_matches(['>', '|', '`', '+', ' ', '\t']).trim_end_matches(['`', ' ']);
        if line.starts_with(kmod::DKMS_HEADING) || line.starts_with("DKMS (dkms-") {
            self.heading = Some(line.to_owned()).filter(|line| line.contains("nvidia"));
            return None;
        }
        let gave_up = line.starts_with("make") && line.contains(kmod::MAKE_ERROR);
        let heading = self.heading.take_if(|_| gave_up)?;
        Some(Record {
            identifier: Some("dkms".to_owned()),
            text: format!("{heading} {line}"),
            ..Record::default()
        })
    }
}

/// Names by which programs speak of the stack.
const NAMES: [&str; 5] = ["nvidia", "NVIDIA", "NVRM", "nouveau", "unsigned module"];

/// Whether a record tells what a rule judges: the kernel's own, or what a program says
/// of the driver.
#[must_use]
pub fn tells(record: &Record) -> bool {
    record.kernel
        || sayings::of(&record.text).is_some()
        || NAMES.iter().any(|name| record.text.contains(name))
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
        assert_eq!(unmarked("modprobe nvidia fails for me"), None);
        let smi =
            "  boot: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
        assert_eq!(unmarked(smi).and_then(|said| said.identifier).as_deref(), Some("nvidia-smi"));
    }
}
