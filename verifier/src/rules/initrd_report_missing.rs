//! NVP903: the initrd phase wrote no report that can be read.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// Whether the initrd phase, which leaves a marker when it begins, left a report
    /// too; and whether it ran at all where the expectations name modules for it.
    ///
    /// ## Why
    /// A phase that began and did not end was cut short: by a crash, by the switch-root, or by a full /run. What it would have found is not known,
    /// and must not read as "ok".
    ///
    /// ## Fix
    /// Order the initrd unit before the switch-root and keep /run over
    /// it; look for its lines in the kernel log.
    ///
    /// ## Sources
    /// systemd bootup(7) (initrd-switch-root.target keeps /run); Linux
    /// Documentation/filesystems/ramfs-rootfs-initramfs.rst (switch_root).
    903 initrd_report_missing {
        title: "the initrd phase wrote no report",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [INITRD_BEGUN],
        after: [],
        fix: "systemctl status nvpreflight-initrd.service; ls -l /run/nvpreflight",
        nixos: "",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    const REPORT: &str = "run/nvpreflight/initrd.json";
    let begun = f.initrd_begun == Seen::Yes(true);
    match &f.initrd {
        Seen::Yes(_) => {}
        Seen::Unreadable(e) => {
            out.add(format_args!("the initrd phase's report cannot be read: {e}")).path(REPORT);
        }
        Seen::Absent if begun => {
            out.add(format_args!("the initrd phase started but wrote no report")).path(REPORT);
        }
        // The owner wants modules in the initrd, and nobody looked there.
        Seen::Absent if !want.initrd_modules.is_empty() => {
            out.add(format_args!("modules are expected in the initrd, but no check ran there"))
                .path(REPORT)
                .severity(Severity::Note);
        }
        Seen::NotLooked if begun => out.could_not("the initrd phase's report was not checked"),
        Seen::Absent | Seen::NotLooked => {}
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::facts::InitrdReport;
    use crate::seen::{Errno, Seen};
    use crate::testing::{Case, fires, quiet, skips};

    fn case(report: Seen<()>) -> Case {
        Case::pre_display("").knowing(move |f| f.initrd = report.map(|()| InitrdReport::default()))
    }

    const MARKER: &str = "run/nvpreflight/initrd.started =\n";

    #[test]
    fn a_phase_that_was_cut_short_shows() {
        fires(
            &RULE,
            case(Seen::Absent).and(MARKER),
            "NVP903 warning run/nvpreflight/initrd.json: the initrd phase started but wrote no report",
        );
        fires(
            &RULE,
            case(Seen::Unreadable(Errno::EIO)).and(MARKER),
            "NVP903 warning run/nvpreflight/initrd.json: the initrd phase's report cannot be \
             read: EIO",
        );
    }

    #[test]
    fn a_phase_that_ended_is_quiet_and_so_is_a_machine_without_one() {
        quiet(&RULE, case(Seen::Yes(())).and(MARKER));
        quiet(&RULE, case(Seen::Absent));
    }

    #[test]
    fn modules_wanted_in_the_initrd_want_a_check_there() {
        fires(
            &RULE,
            case(Seen::Absent).wanting(|w| w.initrd_modules.push("nvidia".into()).unwrap()),
            "NVP903 note run/nvpreflight/initrd.json: modules are expected in the initrd, \
             but no check ran there",
        );
    }

    #[test]
    fn a_report_that_was_not_looked_for_is_missed_only_where_the_phase_began() {
        let why = "the initrd phase's report was not checked";
        skips(&RULE, case(Seen::NotLooked).and(MARKER), why);
        quiet(&RULE, case(Seen::NotLooked));
    }
}
