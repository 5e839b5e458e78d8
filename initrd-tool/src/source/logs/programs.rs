//! What programs of user space say of the driver, where no stamp marks it: a terminal's
//! lines of modprobe, insmod, dkms. And whether a record is worth judging at all.

use super::printed;
use super::record::Record;
use nvpreflight::driver::said::{self, kernel, kmod, programs};
use nvpreflight::reading::sayings::{
    self, HAS_CHOSEN, HAS_MISSED, NAMES_NVIDIA, SENDER, TELLS_OF_XID,
};
use nvpreflight::text::screen::Screen;

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
    // "make[1]: ***" is make's own, whatever its number is.
    terminals(line).or_else(|| {
        let (name, pid, text) = nvpreflight::parse::printed::writer(line)?;
        let record = pid.and_then(|_| terminals(&format!("{name}: {text}")))?;
        Some(Record { pid, ..record })
    })
}

/// The same, as a terminal shows it.
fn terminals(line: &str) -> Option<Record> {
    let begins = UNMARKED.iter().find(|(start, _)| line.starts_with(start)).map(|(_, name)| *name);
    if let Some(row) = line.strip_prefix("nouveau ").filter(|row| is_lsmod(row)) {
        return Some(record("lsmod", format!("nouveau {}", row.trim_start())));
    }
    // `lsmod | grep drm` leaves nouveau out that uses what is listed.
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    if let (Some(name), Some(users)) = (words.next(), words.nth(2)) {
        let row = line.get(name.len()..).unwrap_or_default();
        // A row of /proc/modules goes on; that file is read whole.
        let mut is_row = || words.next().is_none() && is_lsmod(row);
        if users.split(',').any(|user| user == "nouveau") && is_row() {
            return Some(record("lsmod", format!("nouveau uses {name}")));
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

/// A log of a build by dkms or akmods, put together from its heading and the line with
/// which the build gives up; and what the lines before said that a later one is about.
#[derive(Clone, Debug, Default)]
pub struct BuildLog {
    heading: Option<Heading>,
    /// Whether the driver, or all modules, were to be built.
    of_driver: bool,
    /// Lines that may still be the answer to a command that builds the driver.
    command: Option<u8>,
}

#[derive(Clone, Debug)]
struct Heading {
    text: String,
    program: &'static str,
}

/// How a line begins to tell that headers are missing; another part follows it.
const NO_HEADERS: &str = {
    let [start, _] = kmod::DKMS_NO_HEADERS else { panic!("two parts") };
    start
};
/// What tells of such a build, each looked for in every line.
const BUILD: [&str; 5] =
    ["nvidia", kmod::DKMS_SERVICE, kmod::AKMODS_HEADING, kmod::AKMODS_BUILD, NO_HEADERS];
static OF_BUILD: Screen<{ BUILD.len() }> = Screen::of(&BUILD);

/// Lines below a command in which its answer stands.
const BELOW: u8 = 12;

/// A command of dkms that builds, from there on.
fn dkms_command(line: &str) -> Option<&str> {
    const VERBS: [&str; 3] = ["install ", "build ", "autoinstall"];
    line.match_indices("dkms ").find_map(|(at, word)| {
        // "nvidia-dkms install " is a package's name.
        let before = line.get(..at)?.chars().next_back();
        let begins = before.is_none_or(|c| matches!(c, ' ' | '"' | '`' | '/' | '\''));
        let rest = line.get(at + word.len()..)?;
        (begins && VERBS.iter().any(|verb| rest.starts_with(verb))).then_some(rest)
    })
}

/// How rpmbuild begins a line with which it gives up (rpm, build/build.c).
const RPM_ERROR: &str = "error: ";

impl BuildLog {
    /// Takes a line; a record where the build of the driver failed.
    pub fn line(&mut self, line: &str) -> Option<Record> {
        let line =
            line.trim_start_matches(['>', '|', '`', '+', ' ', '\t']).trim_end_matches(['`', ' ']);
        let mut has = [false; BUILD.len()];
        OF_BUILD.any(line.as_bytes(), |word, rest| {
            let is = |text: &&str| rest.starts_with(text.as_bytes());
            if let Some(has) = has.get_mut(word) {
                *has |= BUILD.get(word).is_some_and(is);
            }
            false
        });
        let [driver, dkms_service, akmods_heading, akmods_build, no_headers] = has;
        self.of_driver |= driver || dkms_service;
        let program = if line.starts_with(kmod::DKMS_HEADING) || line.starts_with("DKMS (dkms-") {
            Some(programs::DKMS)
        } else {
            akmods_heading.then_some(programs::AKMODS)
        };
        // make names the folder of the build where a part of the log lacks the heading.
        if line.starts_with("make") && line.contains(kmod::DKMS_FOLDER) {
            self.heading = Some(Heading {
                text: format!("{}nvidia:", kmod::DKMS_HEADING),
                program: programs::DKMS,
            });
            return None;
        }
        // Who types the command has its answer below, and may leave the log's heading out.
        if let Some(typed) = dkms_command(line) {
            self.command = typed.contains("nvidia").then_some(BELOW);
            return None;
        }
        self.command = self.command.and_then(|left| left.checked_sub(1));
        if printed::is_prompt(line) {
            self.command = None;
        }
        if self.command.is_some() && line.starts_with(kmod::DKMS_BAD_STATUS) {
            self.command = None;
            return Some(record(programs::DKMS, format!("{}nvidia: {line}", kmod::DKMS_HEADING)));
        }
        if let Some(program) = program {
            let heading = Heading { text: line.to_owned(), program };
            self.heading = Some(heading).filter(|heading| heading.text.contains("nvidia"));
            return None;
        }
        if self.of_driver && no_headers && said::holds(line, kmod::DKMS_NO_HEADERS) {
            return Some(record(programs::DKMS, line.to_owned()));
        }
        // What akmods calls stands behind its name; a part of its log lacks the heading.
        let named = akmods_build.then(|| line.split_once(kmod::AKMODS_BUILD)).flatten();
        let (of_akmods, said) = named.map_or((false, line), |(_, said)| (true, said));
        let make = said.starts_with("make") && said.contains(kmod::MAKE_ERROR);
        let rpm = said.starts_with(RPM_ERROR);
        match self.heading.take_if(|heading| make || rpm && heading.program == programs::AKMODS) {
            Some(Heading { text, program: programs::AKMODS }) => {
                Some(record(programs::AKMODS, format!("{text} {} {said}", kmod::RPM_GAVE_UP)))
            }
            Some(Heading { text, program }) => Some(record(program, format!("{text} {said}"))),
            None if of_akmods && rpm && self.of_driver => {
                Some(record(programs::AKMODS, format!("nvidia-kmod: {} {said}", kmod::RPM_GAVE_UP)))
            }
            None => None,
        }
    }
}

fn record(program: &str, text: String) -> Record {
    Record { identifier: Some(program.to_owned()), text, ..Record::default() }
}

/// Whether a record is the sender's own words, and no line of a log.
#[must_use]
pub fn is_mention(record: &Record) -> bool {
    record.identifier.as_deref() == Some(SENDER)
}

/// Prose that speaks of NVIDIA or of one of its GPUs: where nothing else names a maker, the
/// sender's own words do.
#[must_use]
pub fn mention(line: &str) -> Option<Record> {
    const MAKER: [&str; 3] = ["nvidia", "geforce", "quadro"];
    let lower = line.to_ascii_lowercase();
    let named = MAKER.iter().any(|name| lower.contains(name));
    named.then(|| {
        let cut = (0..=MENTION_MAX.min(line.len())).rev().find(|at| line.is_char_boundary(*at));
        let words = line.get(..cut.unwrap_or(0)).unwrap_or_default().trim();
        record(SENDER, format!("{NAMES_NVIDIA}{words}"))
    })
}

/// The sender's words that nouveau is used on purpose, in the first person: "it is using
/// nouveau" is a complaint.
#[must_use]
pub fn chosen(line: &str) -> Option<Record> {
    const CHOICES: [&str; 5] = [
        "i'm using nouveau",
        "i am using nouveau",
        "i use nouveau",
        "i prefer nouveau",
        "on nouveau on purpose",
    ];
    let lower = line.to_ascii_lowercase();
    let switched =
        lower.split_once("switched ").is_some_and(|(_, rest)| rest.contains("to nouveau"));
    let is = switched || CHOICES.iter().any(|words| lower.contains(words));
    is.then(|| record(SENDER, HAS_CHOSEN.to_owned()))
}

/// Whether a sentence of the sender's speaks of errors of the GPU that nothing else in the
/// text may show: of its memory, of its signs of life, Xids without a number.
#[must_use]
pub fn worries(line: &str) -> bool {
    // Each needs the other word beside it, where it may be anything's.
    const OF: [(&str, &str); 9] = [
        ("ecc error", ""),
        ("uncorrectable", "ecc"),
        ("double bit", "error"),
        ("row remap", "fail"),
        ("remapped row", "fail"),
        ("heartbeat", "gpu"),
        ("heartbeat", "gsp"),
        ("memory error", "gpu"),
        ("xid", "error"),
    ];
    const WORDS: usize = 5;
    let lower = line.to_ascii_lowercase();
    let sentence = line.split_whitespace().count() >= WORDS && !line.contains(['|', '{', '=']);
    // "Volatile ECC Errors : 0" is a row of a table.
    let row = lower.split_once(" : ").is_some();
    let is_word = |word: &str| {
        lower.match_indices(word).any(|(at, _)| {
            !lower.get(..at).is_some_and(|text| text.ends_with(|c: char| c.is_alphanumeric()))
        })
    };
    let tells = || OF.iter().any(|(word, with)| is_word(word) && lower.contains(with));
    // A guide tells what to look for, and none is what a machine has that works.
    let calm = || {
        let none = ["no ecc error", "no xid", "no heartbeat", "without ", "no memory error"];
        GUIDES.iter().chain(&none).any(|words| lower.contains(words))
    };
    sentence && !row && tells() && !calm()
}

/// Words of a guide that tells what to look for, and tells of no machine.
const GUIDES: [&str; 6] =
    ["signatures", "look for", "watch for", "check for", "if you see", "abort on"];

/// Whether a sentence begins by calling the lines that it quotes harmless: they are no
/// finding, and are not understood either.
#[must_use]
pub fn is_harmless(line: &str) -> bool {
    const WORDS: [&str; 4] =
        ["expected harmless ", "harmless errors", "harmless messages", "harmless boot errors"];
    let lower = line.trim_start_matches(['-', '*', ' ', '>']).to_ascii_lowercase();
    WORDS.iter().any(|words| lower.starts_with(words))
}

/// Whether a sentence tells what may be, or what to look for, and of no machine.
#[must_use]
pub fn is_supposed(line: &str) -> bool {
    const WORDS: [&str; 10] = [
        "if ",
        "would ",
        "might ",
        " may ",
        "could be",
        "should ",
        "means ",
        "check that",
        "known messages",
        "look like",
    ];
    let lower = line.to_ascii_lowercase();
    WORDS.iter().chain(&GUIDES).any(|words| lower.contains(words))
}

/// An Xid that the sender tells of by its number: "Xid 62", "XID: 31".
#[must_use]
pub fn told_xid(line: &str) -> Option<Record> {
    const BETWEEN: [&str; 5] = ["nvrm", "errors", "error", "code", "number"];
    let lower = line.to_ascii_lowercase();
    if GUIDES.iter().any(|words| lower.contains(words)) {
        return None;
    }
    let number = lower.match_indices("xid").find_map(|(at, word)| {
        let before = lower.get(..at)?.chars().next_back();
        let rest = without_marks(lower.get(at + word.len()..)?);
        // "Xid NVRM 31", "XID error 79".
        let between = BETWEEN.iter().find_map(|word| rest.strip_prefix(word));
        let rest = between.map_or(rest, without_marks);
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let is_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        rest.get(..digits).filter(|number| is_word && (1..4).contains(&number.len()))
    })?;
    Some(record(SENDER, format!("{TELLS_OF_XID}{number}")))
}

fn without_marks(text: &str) -> &str {
    text.trim_start_matches([' ', ':', '#', '*', '`'])
}

/// An entry of a list of errors, as guides have them: "3. Error: Unable to …".
#[must_use]
pub fn is_listed(line: &str) -> bool {
    let rest = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let entry = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "));
    rest.len() < line.trim_start().len() && entry.is_some_and(|text| text.starts_with("Error: "))
}

/// What tells the rules that lines with the driver's words were not understood.
#[must_use]
pub fn missed(lines: usize) -> Option<Record> {
    (lines > 0).then(|| record(SENDER, format!("{HAS_MISSED}{lines}")))
}

/// Bytes of such a line that are kept.
const MENTION_MAX: usize = 100;

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

    fn built(text: &str) -> Vec<String> {
        let mut log = BuildLog::default();
        text.lines().filter_map(|line| log.line(line)).map(|record| record.text).collect()
    }

    #[test]
    fn a_build_that_gave_up_is_told_with_what_it_was_to_build() {
        let heading = "2026/01/05 10:00:00 akmods: Building RPM using the command '/sbin/akmodsbuild \
                       /usr/src/akmods/nvidia-kmod.latest'\n";
        let error = "error: Bad exit status from /var/tmp/rpm-tmp.x (%build)\n";
        assert!(sayings::of(&built(&[heading, error].concat())[0]).is_some());
        let part = format!("(nvidia)\n2026/01/05 10:00:00 akmodsbuild: {error}");
        assert!(sayings::of(&built(&part)[0]).is_some());
        assert_eq!(built(error), Vec::<String>::new());
        let headers = "Error! Your kernel headers for kernel 6.1.0 cannot be found at /lib\n";
        let all = "dkms: running auto installation service for kernel 6.1.0\n";
        assert_eq!(built(&[all, headers].concat()), [headers.trim_end()]);
        assert_eq!(built(&format!("dkms install rtl8812au/5.6\n{headers}")), Vec::<String>::new());
        let status = "Error! Bad return status for module build on kernel: 5.13.18 (x86_64)\n";
        let typed =
            format!("i use \"sudo dkms install -m nvidia -v 470.86\" and it shows\n{status}");
        assert!(sayings::of(&built(&typed)[0]).is_some());
        for other in [
            "dkms install rtl8812au/5.6\n",
            "$ sudo apt install nvidia-dkms linux-headers-generic\n",
            "sudo dkms install nvidia/550\n$ sudo dkms install rtl8812au/5.6\n",
            "sudo dkms install nvidia/550\n$ sudo make\n$ sudo dmesg\n",
        ] {
            assert_eq!(built(&[other, status].concat()), Vec::<String>::new(), "{other}");
        }
        let make = "make: *** [Makefile:12: all] Error 2\n";
        assert_eq!(
            built(&["I ran dkms install nvidia/550.\n", make].concat()),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_guides_list_of_errors_is_prose_and_a_number_in_prose_is_told() {
        assert!(is_listed("3. Error: Unable to load the kernel module 'nvidia.ko'"));
        assert!(!is_listed("ERROR: Unable to load the kernel module 'nvidia.ko'."));
        assert!(!is_listed("12: [    4.1] NVRM: Error: x"));
        let told = |line| told_xid(line).map(|record| record.text);
        assert_eq!(told("it ends with XID: 62, then more").as_deref(), Some("tells of Xid 62"));
        assert_eq!(told("it crashes with Xid NVRM 31").as_deref(), Some("tells of Xid 31"));
        assert_eq!(told("we count xid errors since 2023"), None);
        assert_eq!(told("maxid 12"), None);
        assert_eq!(told("Signatures to abort on: `Xid 154` (GPU lost), a hung task"), None);
    }

    #[test]
    fn what_worries_a_person_is_told_from_tables_and_guides() {
        for line in [
            "It has shown uncorrectable ECC errors since Monday, nvidia-smi looks fine",
            "The GPU heartbeat is lost every few hours under load",
            "our node reports Xid errors and the job dies",
        ] {
            assert!(worries(line), "{line}");
        }
        for line in [
            "            Volatile Uncorr. ECC errors : 0",
            "| N/A   41C    P0    70W / 300W |  0 ECC errors  |",
            "There are no ECC errors on any GPU of it",
            "Watch for Xid errors in the kernel log first",
            "the heartbeat of the cluster is fine all day long",
            "ECC errors",
            "maxid error of the parser in our own code",
        ] {
            assert!(!worries(line), "{line}");
        }
    }

    #[test]
    fn a_terminals_lines_are_their_programs() {
        let said =
            unmarked("modprobe: ERROR: could not insert 'nvidia': Key was rejected by service")
                .expect("a record");
        assert_eq!(said.identifier.as_deref(), Some("modprobe"));
        assert_eq!(said.text, "ERROR: could not insert 'nvidia': Key was rejected by service");
        assert!(!said.kernel && tells(&said));
        let journals =
            unmarked("modprobe[1676]: ERROR: could not insert 'nvidia': Key was rejected");
        let (program, pid) = journals.map(|said| (said.identifier, said.pid)).expect("a record");
        assert_eq!((program.as_deref(), pid), (Some("modprobe"), Some(1676)));
        assert_eq!(unmarked("box[12]: nothing"), None);
        assert_eq!(unmarked("modprobe nvidia fails for me"), None);
        let smi =
            "  boot: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
        let wish = unmarked("I installed akmod-nvidia").expect("a record");
        assert!(!tells(&wish), "what the owner wants is no evidence of how it fares");
        assert_eq!(unmarked(smi).and_then(|said| said.identifier).as_deref(), Some("nvidia-smi"));
    }
}
