//! The kernel log, reduced to the records that concern the stack: /dev/kmsg, or
//! a file `dmesg` at the root of a capture. Never judges what a record means.

#[cfg(feature = "logs")]
use crate::driver::said::{display, systemd};
use crate::driver::said::{nvidia, programs};
use crate::facts::log::{Log, LogRecord};
use crate::facts::{Facts, Lost};
use crate::parse::kmsg::{self, Record};
#[cfg(feature = "logs")]
use crate::reading::sayings;
use crate::seen::Seen;
use crate::tree::{Flow, Tree};
use screen::Screen;

mod full;
mod screen;

/// True for a line of user space that is evidence.
fn is_heard(text: &str) -> bool {
    #[cfg(feature = "logs")]
    // A journal that is read as a log brings the lines of greeters and of what they call:
    // these are kept, whoever wrote them.
    if sayings::of(text).is_some()
        || text.contains(display::BUSY)
        || programs::OF_DRIVER.iter().any(|program| text.starts_with(program))
        // systemd's children before they become the unit's program: "(sleep.sh)[51]".
        || text.starts_with('(') && text.contains(systemd::OF_SERVICE)
    {
        return true;
    }
    programs::EARLY.iter().any(|p| text.starts_with(p))
}

/// What is lost when the kernel's ring buffer went round.
const OVERWRITTEN: &str = "kernel log records overwritten";

/// Reads the log and fills `facts.log`.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    facts.log = Seen::Yes(Log::default());
    if let Facts { log: Seen::Yes(log), lost, .. } = facts {
        let device = device(tree, log, lost);
        let looked = match device {
            Seen::Unreadable(_) => device,
            _ if log.total > 0 => device,
            // A kernel with a log has a record in it at any time: an empty device
            // is that of a capture, whose log stands in a file. A boot has none.
            #[cfg(not(feature = "logs"))]
            _ => device,
            #[cfg(feature = "logs")]
            _ => match printed(tree, log, lost) {
                Seen::Absent | Seen::NotLooked => device,
                printed => printed,
            },
        };
        if !looked.is_yes() {
            facts.log = looked.map(|()| Log::default());
        }
    }
    first_lines(facts);
}

fn device(tree: &dyn Tree, log: &mut Log, lost: &mut Lost) -> Seen<()> {
    let screen = Screen::new();
    let mut first = None;
    let dropped = tree.lines("dev/kmsg", &mut |line| {
        if let Some(record) = kmsg::device(line) {
            first = first.or(record.seq);
            keep(&screen, log, &record, lost);
        }
        Flow::More
    });
    dropped.map(|dropped| {
        // Numbers begin with 0 at boot: what stood before the first is gone. A live
        // tree has counted it already, together with later gaps; a capture has not.
        lost.count(OVERWRITTEN, dropped.overwritten.max(first.unwrap_or(0)));
    })
}

#[cfg(feature = "logs")]
fn printed(tree: &dyn Tree, log: &mut Log, lost: &mut Lost) -> Seen<()> {
    let screen = Screen::new();
    tree.lines("dmesg", &mut |line| {
        if let Some(record) = kmsg::printed(line) {
            keep(&screen, log, &record, lost);
        }
        Flow::More
    })
    .status()
}

fn keep(screen: &Screen, log: &mut Log, record: &Record<'_>, lost: &mut Lost) {
    log.total = log.total.saturating_add(1);
    log.last_us = log.last_us.max(record.us);
    // Nearly every record ends here, before its text is decoded.
    if !passes(screen, record.raw()) {
        return;
    }
    record.lines(&mut |text| {
        let kept = passes(screen, text.as_bytes());
        if !kept || record.facility != 0 && !is_heard(&text) {
            return;
        }
        if let Some(same) = log.records.iter_mut().find(|r| r.text == text) {
            same.times = same.times.saturating_add(1);
            return;
        }
        let record = LogRecord { us: record.us, level: record.level, text, times: 1 };
        if let Err(record) = log.records.push(record) {
            lost.count("kernel log records beyond the capacity", 1);
            full::make_room(&mut log.records, record);
        }
    });
}

/// Whether a record concerns the stack. What a program of user space says need not name
/// it: "Found 0 GPUs".
fn passes(screen: &Screen, text: &[u8]) -> bool {
    #[cfg(feature = "logs")]
    let said = || core::str::from_utf8(text).is_ok_and(|text| sayings::of(text).is_some());
    #[cfg(not(feature = "logs"))]
    let said = || false;
    screen.passes(text) || said()
}

/// Whether a record of the kernel's concerns the stack, as the collector sees it: what a
/// reader of a very long log has to keep.
#[cfg(feature = "logs")]
#[must_use]
pub fn concerns(text: &str) -> bool {
    static SCREEN: Screen = Screen::new();
    passes(&SCREEN, text.as_bytes())
}

/// Texts of which every record that [`concerns`] holds one, so that a reader of very many
/// lines may look for all of them at once.
#[cfg(feature = "logs")]
pub fn parts() -> impl Iterator<Item = &'static str> {
    screen::parts().chain(sayings::parts())
}

/// Notes for each module of the stack when the driver itself spoke first. Lines
/// of the module loader (`nvidia_drm: unknown parameter …`) are not its own.
fn first_lines(facts: &mut Facts) {
    let Facts { log: Seen::Yes(log), modules, .. } = facts else { return };
    for (name, prefixes) in nvidia::OWN_LINES {
        let Some(module) = modules.list.iter_mut().find(|m| m.name == *name) else { continue };
        let own = |r: &&LogRecord| r.us > 0 && prefixes.iter().any(|p| r.text.starts_with(p));
        module.logged_us = log.records.iter().find(own).map_or(Seen::Absent, |r| Seen::Yes(r.us));
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::{Facts, Phase};
    use crate::seen::{Errno, Seen};
    use crate::testing::Case;
    use crate::tree::{Dropped, Flow, Read, Stat, Tree};
    use std::boxed::Box;
    use std::string::String;
    use std::vec::Vec;

    fn kept(facts: &Facts) -> Vec<(u64, &str, u32)> {
        facts.records().iter().map(|r| (r.us, r.text.as_str(), r.times)).collect()
    }

    fn with_log(records: &str) -> Box<Facts> {
        let log = std::format!("dev/kmsg <<EOF\n{records}EOF\n");
        Case::initrd("proc/modules = nvidia 1 0 - Live 0x0\n").and(&log).facts()
    }

    #[test]
    fn only_records_of_the_stack_are_kept_and_equal_ones_counted() {
        let f = with_log(
            "5,0,0,-;Linux version 6.12.107\n\
             6,1,1000000,-;usb 1-1: new high-speed USB device\n\
             6,2,2000000,-;[drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver\n SUBSYSTEM=pci\n\
             3,3,3000000,-;NVRM: Xid\n\
             3,4,4000000,-;NVRM: Xid\n",
        );
        let drm = "[drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver";
        assert_eq!(kept(&f), [(2_000_000, drm, 1), (3_000_000, "NVRM: Xid", 2)]);
        assert_eq!(f.log.yes().map(|l| l.total), Some(5));
        assert!(f.lost.kinds().is_empty());
    }

    #[test]
    fn what_user_space_wrote_is_no_evidence_unless_systemd_did() {
        let loader = "systemd-modules-load[99]: Failed to insert module 'nvidia_uvm'";
        let f = with_log(&std::format!(
            "12,0,5,-;NVRM: No NVIDIA GPU found.\n30,1,6,-;{loader}\n\
             30,2,7,-;nvpreflight: nvidia ok\n"
        ));
        assert_eq!(kept(&f), [(6, loader, 1)]);
    }

    #[cfg(feature = "logs")]
    #[test]
    fn of_greeters_only_a_refusal_is_heard() {
        let refused = "kwin_wayland[900]: No suitable DRM devices have been found";
        let f = with_log(&std::format!(
            "30,0,5,-;{refused}\n30,1,6,-;kwin_wayland[900]: using nvidia's EGL\n"
        ));
        assert_eq!(kept(&f), [(5, refused, 1)]);
    }

    #[test]
    fn a_log_that_begins_late_has_lost_its_beginning() {
        let f = with_log("6,381,13940440,-;nvidia-modeset: Loading\n");
        assert_eq!(f.lost.kinds(), [(super::OVERWRITTEN, 381)]);
    }

    #[test]
    fn a_gap_that_the_tree_has_counted_is_not_counted_twice() {
        struct Live;
        impl Tree for Live {
            fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
                assert_eq!(path, "dev/kmsg");
                f(b"6,381,13940440,-;nvidia-modeset: Loading");
                Seen::Yes(Dropped { overwritten: 390, ..Dropped::default() })
            }
            fn read(&self, _: &str, _: &mut [u8]) -> Seen<Read> {
                Seen::Absent
            }
            fn list(&self, _: &str, _: &mut dyn FnMut(&[u8])) -> Seen<()> {
                Seen::Absent
            }
            fn link(&self, _: &str, _: &mut [u8]) -> Seen<Read> {
                Seen::Absent
            }
            fn stat(&self, _: &str) -> Seen<Stat> {
                Seen::Absent
            }
        }
        let mut f = Box::new(Facts::new(Phase::Initrd));
        super::collect(&Live, &mut f);
        assert_eq!(f.lost.kinds(), [(super::OVERWRITTEN, 390)]);
    }

    #[test]
    fn a_decisive_line_behind_a_flood_is_kept_and_the_flood_is_counted() {
        let mut log: String = (0..300)
            .map(|n| std::format!("6,{n},{n},-;thunderbolt 0000:00:0d.2: port {n}\n"))
            .collect();
        log.push_str(
            "3,300,300,-;NVRM: GPU 0000:04:00.0: RmInitAdapter failed! (0x62:0x40:2192)\n",
        );
        let f = with_log(&log);
        assert!(f.logged(&["RmInitAdapter failed"]).is_some());
        assert_eq!(f.lost.kinds(), [("kernel log records beyond the capacity", 141)]);
        let mut xids: String = (0..300)
            .map(|n| std::format!("3,{n},{n},-;NVRM: Xid (PCI:0000:01:00): 13, pid={n}, x\n"))
            .collect();
        xids.push_str("3,300,300,-;NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n");
        assert!(with_log(&xids).logged(&["fallen off"]).is_some());
    }

    #[test]
    fn a_flood_is_counted_and_the_first_records_stay() {
        let flood: String = (0..200).map(|n| std::format!("3,{n},{n},-;NVRM: Xid {n}\n")).collect();
        let f = with_log(&flood);
        assert_eq!(f.records().len(), crate::facts::log::RECORD_MAX);
        assert_eq!(f.lost.kinds(), [("kernel log records beyond the capacity", 40)]);
    }

    #[test]
    fn a_capture_may_hold_dmesg_output_instead() {
        let f = Case::initrd("proc/modules = nvidia 1 0 - Live 0x0\n")
            .and("dmesg = <4>[   12.903355] NVRM: loading NVIDIA UNIX x86_64 Kernel Module\n")
            .facts();
        assert_eq!(f.modules.get("nvidia").unwrap().logged_us, Seen::Yes(12_903_355));
    }

    #[test]
    fn a_refused_log_stays_refused_and_a_missing_one_missing() {
        let f = Case::initrd("dev/kmsg ! EPERM\ndmesg = NVRM: x\n").facts();
        assert_eq!(f.log.status(), Seen::Unreadable(Errno::EPERM));
        let f = Case::initrd("dev/kmsg ?\n").facts();
        assert_eq!(f.log.status(), Seen::NotLooked);
    }

    #[test]
    fn the_loaders_complaint_is_not_a_modules_own_line() {
        let f = with_log("4,0,900,-;nvidia: unknown parameter 'modeset' ignored\n");
        assert_eq!(f.modules.get("nvidia").unwrap().logged_us, Seen::Absent);
    }
}
