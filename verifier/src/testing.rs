//! Test helpers: a case is a capture, a phase and expectations; a claim is the
//! exact findings of one rule.

use crate::capture::Capture;
use crate::engine;
use crate::evidence;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, PciAddress, Phase};
use crate::finding::{Finding, Outcome, Report};
use crate::reading::message;
use crate::rule::Rule;
use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec::Vec;

pub(crate) mod image;

/// Sources that every machine has, empty: a rule test names only what matters.
const EMPTY: &str = "\
proc/modules =
proc/cmdline =
proc/devices =
dev/kmsg =
sys/module/ ino=1
sys/bus/pci/devices/ ino=2
";

/// A GPU at 0000:01:00.0 that nvidia drives, as sysfs shows it.
pub(crate) const GPU: &str = "\
sys/bus/pci/devices/0000:01:00.0/class = 0x030000
sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de
sys/bus/pci/devices/0000:01:00.0/device = 0x2206
sys/bus/pci/devices/0000:01:00.0/revision = 0xa1
sys/bus/pci/devices/0000:01:00.0/boot_vga = 1
sys/bus/pci/devices/0000:01:00.0/driver_override = (null)
sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nvidia
";

/// The same GPU without a driver.
pub(crate) fn unbound_gpu() -> String {
    GPU.lines()
        .filter(|line| !line.contains("/driver ->"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The four modules, loaded.
pub(crate) const STACK: &str = "\
proc/modules <<EOF
nvidia_drm 118784 0 - Live 0x0 (OE)
nvidia_uvm 4096000 0 - Live 0x0 (OE)
nvidia_modeset 1605632 1 nvidia_drm, Live 0x0 (OE)
nvidia 60620800 2 nvidia_uvm,nvidia_modeset, Live 0x0 (OE)
EOF
";

/// KMS up on [`GPU`]: a card with a connected screen and a render node.
pub(crate) const KMS: &str = "\
sys/module/nvidia_drm/parameters/modeset = Y
sys/module/nvidia_drm/parameters/fbdev = Y
sys/class/drm/card1/device -> ../../../bus/pci/devices/0000:01:00.0
sys/class/drm/card1-HDMI-A-1/status = connected
sys/class/drm/card1-HDMI-A-1/enabled = enabled
sys/class/drm/renderD128/device -> ../../../bus/pci/devices/0000:01:00.0
sys/class/graphics/fb0/name = nvidia-drmdrmfb
";

/// What is known beyond the tree.
type Change = Box<dyn Fn(&mut Facts)>;

/// A machine at one moment.
pub(crate) struct Case {
    tree: String,
    phase: Phase,
    change: Vec<Change>,
    pub(crate) want: Expectations,
}

impl Case {
    /// In the initrd.
    pub(crate) fn initrd(tree: &str) -> Self {
        Self {
            tree: tree.into(),
            phase: Phase::Initrd,
            change: Vec::new(),
            want: Expectations::new(),
        }
    }

    /// In the initrd, with these lines in the kernel log.
    pub(crate) fn logged(lines: &str) -> Self {
        Self::initrd(&format!("dmesg <<EOF\n{}\nEOF\n", lines.trim_end()))
    }

    /// The log of a whole boot, and nothing else known of the machine.
    #[cfg(feature = "logs")]
    pub(crate) fn journal(lines: &str) -> Self {
        const UNSEEN: &str = "proc/modules ?\nsys/module ?\nsys/bus/pci/devices ?\n\
                              proc/cmdline ?\nproc/devices ?\nsys/class/drm ?\n";
        let log = Self::logged(lines);
        Self { phase: Phase::PreDisplay, ..log }.and(UNSEEN).of_log()
    }

    /// The same machine, of which a log and what lies beside it is all there is.
    #[cfg(feature = "logs")]
    pub(crate) fn of_log(mut self) -> Self {
        self.change.push(Box::new(|facts| facts.look = crate::facts::Look::Log));
        self
    }

    /// Before the display manager.
    pub(crate) fn pre_display(tree: &str) -> Self {
        Self { phase: Phase::PreDisplay, ..Self::initrd(tree) }
    }

    /// With more entries; where two entries name one path the first one counts.
    pub(crate) fn and(mut self, tree: &str) -> Self {
        if !self.tree.is_empty() && !self.tree.ends_with('\n') {
            self.tree.push('\n');
        }
        self.tree.push_str(tree);
        self
    }

    /// With a declared goal.
    pub(crate) fn goal(mut self, name: &str) -> Self {
        self.want.goals.insert(Goal::named(name).expect("a goal"));
        self
    }

    /// With changed expectations.
    pub(crate) fn wanting(mut self, change: impl FnOnce(&mut Expectations)) -> Self {
        change(&mut self.want);
        self
    }

    /// With facts that do not come from the tree.
    pub(crate) fn knowing(mut self, change: impl Fn(&mut Facts) + 'static) -> Self {
        self.change.push(Box::new(change));
        self
    }

    /// The facts of this machine.
    pub(crate) fn facts(&self) -> Box<Facts> {
        let empty = if self.phase == Phase::Image { image::EMPTY } else { EMPTY };
        let text = format!("{}\n{empty}", self.tree);
        let capture = Capture::new(text.as_bytes());
        assert_eq!(capture.first_odd_line(), None, "odd line in the fixture:\n{text}");
        let mut facts = Box::new(Facts::new(self.phase));
        if self.phase == Phase::Image {
            image::collect(&capture, &self.want, &mut facts);
        } else {
            evidence::collect(&capture, &self.want, &mut facts);
        }
        for change in &self.change {
            change(&mut facts);
        }
        facts
    }

    /// The report of the given rules.
    pub(crate) fn report(&self, rules: &[&'static Rule]) -> Box<Report> {
        let mut report = Box::new(Report::new(self.phase));
        engine::run_rules(rules, &self.facts(), &self.want, &mut report);
        report.findings.iter().for_each(names_its_gpu);
        report
    }
}

/// A sentence that names a PCI address is about a GPU, which stands in the slot too:
/// consequences are linked by the slot. An NVSwitch (NVP520) is no GPU.
#[track_caller]
fn names_its_gpu(finding: &Finding) {
    let said = message::address(&finding.message);
    let said = said.filter(|_| finding.rule.name != "fabric_manager_missing");
    let slot = |said: PciAddress| finding.gpus.iter().any(|gpu| gpu.same_device(said));
    assert!(said.is_none_or(slot), "no slot for {said:?}: {}", finding.message);
}

fn shown(finding: &Finding) -> String {
    let place =
        if finding.origin.is_shown() { format!(" {}", finding.origin) } else { String::new() };
    format!("{} {}{place}: {}", finding.rule.code, finding.severity.name(), finding.message)
}

/// The rule finds exactly these lines (`CODE severity PLACE: message`).
#[track_caller]
pub(crate) fn fires(rule: &'static Rule, case: Case, expected: &str) {
    let report = case.report(&[rule]);
    let lines: Vec<String> = report.findings.iter().map(shown).collect();
    assert_eq!(lines.join("\n"), expected, "outcome: {:?}", report.outcomes);
}

/// The rule looks and finds nothing: a skip is not quiet.
#[track_caller]
pub(crate) fn quiet(rule: &'static Rule, case: Case) {
    let report = case.report(&[rule]);
    let lines: Vec<String> = report.findings.iter().map(shown).collect();
    assert_eq!(lines, Vec::<String>::new());
    assert_eq!(report.outcomes.first().map(|(_, o)| *o), Some(Outcome::Pass));
}

/// The rule says nothing of this log, without claiming that all is well.
#[track_caller]
#[cfg(feature = "logs")]
pub(crate) fn silent(rule: &'static Rule, case: Case) {
    assert!(case.facts().log.is_yes(), "there is no log");
    let report = case.report(&[rule]);
    let lines: Vec<String> = report.findings.iter().map(shown).collect();
    assert_eq!(lines, Vec::<String>::new());
}

/// The rule could not judge, for this reason.
#[track_caller]
pub(crate) fn skips(rule: &'static Rule, case: Case, reason: &str) {
    let report = case.report(&[rule]);
    let got: Vec<String> = report.skipped().map(|(_, skip)| format!("{skip}")).collect();
    assert_eq!(got, [reason], "outcome: {:?}", report.outcomes);
}
