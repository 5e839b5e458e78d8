//! Logs of builds of the driver's modules by dkms and akmods, put together from a heading, or
//! the command, and the line with which the build gives up.

use super::printed;
use super::record::Record;
use nvpreflight::driver::said::{self, kmod, programs};
use nvpreflight::text::screen::Screen;

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
            return Some(Record::said_by(
                programs::DKMS,
                format!("{}nvidia: {line}", kmod::DKMS_HEADING),
            ));
        }
        if let Some(program) = program {
            let heading = Heading { text: line.to_owned(), program };
            self.heading = Some(heading).filter(|heading| heading.text.contains("nvidia"));
            return None;
        }
        if self.of_driver && no_headers && said::holds(line, kmod::DKMS_NO_HEADERS) {
            return Some(Record::said_by(programs::DKMS, line.to_owned()));
        }
        // What akmods calls stands behind its name; a part of its log lacks the heading.
        let named = akmods_build.then(|| line.split_once(kmod::AKMODS_BUILD)).flatten();
        let (of_akmods, said) = named.map_or((false, line), |(_, said)| (true, said));
        let make = said.starts_with("make") && said.contains(kmod::MAKE_ERROR);
        let rpm = said.starts_with(RPM_ERROR);
        match self.heading.take_if(|heading| make || rpm && heading.program == programs::AKMODS) {
            Some(Heading { text, program: programs::AKMODS }) => Some(Record::said_by(
                programs::AKMODS,
                format!("{text} {} {said}", kmod::RPM_GAVE_UP),
            )),
            Some(Heading { text, program }) => {
                Some(Record::said_by(program, format!("{text} {said}")))
            }
            None if of_akmods && rpm && self.of_driver => Some(Record::said_by(
                programs::AKMODS,
                format!("nvidia-kmod: {} {said}", kmod::RPM_GAVE_UP),
            )),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::reading::sayings;

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
}
