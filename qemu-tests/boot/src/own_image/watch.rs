//! Follows a boot to its end: takes what came from the guest, says how far it is,
//! and decides when enough was seen. It reads nothing and starts nothing itself.

use super::console::{self, Console};
use nvpreflight_harness::machine::channel::{self, Frames};
use std::time::{Duration, Instant};

/// What a guest may hand over; a report and a kernel log have a third of it.
const REPORT_MAX: usize = 4 << 20;
/// The small frames that tell how far a boot is come before anything large.
const HEAD: usize = 512;
/// How long a report is waited for after the initrd gave up, or after the verdict
/// stood on the console.
const GRACE: Duration = Duration::from_secs(10);

/// A point on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The kernel speaks.
    Kernel,
    /// The first program of the initrd runs.
    Initrd,
    /// The verifier looks and waits.
    Verifier,
    /// Its report came.
    Report,
}

impl Stage {
    /// In a word, for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Initrd => "initrd",
            Self::Verifier => "verifier",
            Self::Report => "report",
        }
    }

    /// In a few words, for people.
    fn words(self) -> &'static str {
        match self {
            Self::Kernel => "the kernel speaks",
            Self::Initrd => "the initrd runs",
            Self::Verifier => "the verifier looks",
            Self::Report => "the report came",
        }
    }
}

/// What ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The whole report came; QEMU was ended.
    Report,
    /// QEMU ended by itself; whether it was a success.
    Machine(bool),
    /// The time was over.
    Deadline,
    /// The initrd gave up and offers a shell; QEMU was ended.
    GaveUp,
    /// The verdict stood on the console and no report followed; QEMU was ended.
    Spoken,
    /// More came than any report has; QEMU was ended.
    Flood,
}

/// What was seen of a boot.
#[derive(Clone, Debug)]
pub struct ImageBoot {
    /// What ended it.
    pub end: End,
    /// What QEMU complained about.
    pub complaint: String,
    /// The console.
    pub console: Console,
    /// What was handed over, or why it cannot be read.
    pub frames: Result<Frames, String>,
    /// The port it came through: `serial-port`, `debug-port`.
    pub port: Option<&'static str>,
    /// When each stage was reached, since the start of QEMU.
    pub stages: Vec<(Stage, Duration)>,
    /// Time in QEMU.
    pub took: Duration,
}

/// A boot being followed.
pub struct Watch {
    token: String,
    deadline: Duration,
    verbose: bool,
    started: Instant,
    console: Console,
    report: Vec<u8>,
    port: Option<&'static str>,
    stages: Vec<(Stage, Duration)>,
    gave_up: Option<Instant>,
    spoke: Option<Instant>,
}

impl Watch {
    /// Starts the clock. `verbose` prints the console on stderr.
    pub fn new(token: String, deadline: Duration, verbose: bool) -> Self {
        Self {
            token,
            deadline,
            verbose,
            started: Instant::now(),
            console: Console::default(),
            report: Vec::new(),
            port: None,
            stages: Vec::new(),
            gave_up: None,
            spoke: None,
        }
    }

    /// Takes console output.
    pub fn console(&mut self, bytes: &[u8]) {
        let verbose = self.verbose;
        self.console.feed(bytes, &mut |line| {
            if verbose {
                eprintln!("    {line}");
            }
        });
        if self.console.kernel {
            self.reach(Stage::Kernel);
        }
        if self.console.init {
            self.reach(Stage::Initrd);
        }
        if self.console.gave_up.is_some() && self.gave_up.is_none() {
            self.gave_up = Some(Instant::now());
        }
        if self.spoke.is_none()
            && self.console.verifier.iter().any(|l| console::verdict(l).is_some())
        {
            self.spoke = Some(Instant::now());
        }
    }

    /// Takes what came through a port. The first that speaks is the one that counts.
    pub fn report(&mut self, port: &'static str, bytes: &[u8]) {
        if bytes.is_empty() || *self.port.get_or_insert(port) != port {
            return;
        }
        let room = REPORT_MAX + 1 - self.report.len().min(REPORT_MAX + 1);
        self.report.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        let head = self.report.get(..self.report.len().min(HEAD)).unwrap_or_default();
        let seen = |name: &str| contains(head, channel::begins(&self.token, name).as_bytes());
        let (up, started) = (seen("up"), seen("started"));
        let end = self.whole();
        if up {
            self.reach(Stage::Initrd);
        }
        if started {
            self.reach(Stage::Verifier);
        }
        if end {
            self.reach(Stage::Report);
        }
    }

    /// Whether the last frame is there. What a hostile guest sends instead is
    /// judged when the boot is over.
    fn whole(&self) -> bool {
        self.report.ends_with(channel::last(&self.token).as_bytes())
    }

    fn reach(&mut self, stage: Stage) {
        if self.stages.iter().any(|(reached, _)| *reached == stage) {
            return;
        }
        let at = self.started.elapsed();
        self.stages.push((stage, at));
        eprintln!("  {:>6.1} s  {}", at.as_secs_f64(), stage.words());
    }

    /// Why QEMU is to be ended now, if it is.
    pub fn enough(&self) -> Option<End> {
        if self.whole() {
            Some(End::Report)
        } else if self.report.len() > REPORT_MAX {
            Some(End::Flood)
        } else if self.gave_up.is_some_and(|at| at.elapsed() >= GRACE) {
            Some(End::GaveUp)
        } else if self.spoke.is_some_and(|at| at.elapsed() >= GRACE) {
            Some(End::Spoken)
        } else if self.started.elapsed() >= self.deadline {
            Some(End::Deadline)
        } else {
            None
        }
    }

    /// Closes the books.
    pub fn finish(mut self, end: End, complaint: String) -> ImageBoot {
        self.console.finish(&mut |_| {});
        let frames = match end {
            End::Flood => Err(format!("more than {REPORT_MAX} bytes came")),
            _ => channel::read(&self.report, &self.token),
        };
        ImageBoot {
            end,
            complaint,
            frames,
            port: self.port,
            stages: self.stages,
            took: self.started.elapsed(),
            console: self.console,
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new("t".to_owned(), Duration::from_secs(3600), false)
    }

    #[test]
    fn the_last_frame_ends_the_boot_and_nothing_before_does() {
        let mut watch = watch();
        watch.report("serial-port", b"NVPF t up 0\n\nNVPF t initrd.json 2\n{}\n");
        assert_eq!(watch.enough(), None);
        watch.report("serial-port", b"NVPF t end 0\n");
        assert_eq!(watch.enough(), None);
        watch.report("serial-port", b"\n");
        assert_eq!(watch.enough(), Some(End::Report));
        let seen = watch.finish(End::Report, String::new());
        assert!(seen.frames.unwrap().complete);
        let stages: Vec<&str> = seen.stages.iter().map(|(stage, _)| stage.name()).collect();
        assert_eq!(stages, ["initrd", "report"]);
    }

    #[test]
    fn one_port_cannot_speak_into_the_other() {
        let mut watch = watch();
        watch.report("serial-port", b"NVPF t up 0\n\n");
        watch.report("debug-port", b"NVPF t end 0\n\n");
        assert_eq!(watch.enough(), None);
    }

    #[test]
    fn a_flood_is_cut_and_ends_the_boot() {
        let mut watch = watch();
        for _ in 0..100 {
            watch.report("debug-port", &vec![b'x'; 1 << 16]);
        }
        assert_eq!(watch.enough(), Some(End::Flood));
        assert!(watch.report.len() <= REPORT_MAX + 1);
        assert!(watch.finish(End::Flood, String::new()).frames.is_err());
    }
}
