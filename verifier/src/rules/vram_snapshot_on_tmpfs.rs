//! NVP603: the snapshot of video memory goes to memory.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// The file system of the folder that video memory is saved to before sleep,
    /// where saving is in force: NVreg_TemporaryFilePath, by default /tmp.
    ///
    /// ## Why
    /// On tmpfs the snapshot takes as much main memory as the GPU has video memory,
    /// at the worst moment, and for hibernation it is part of the image. When it
    /// does not fit, suspend fails or programs lose their picture.
    ///
    /// ## Fix
    /// Point the driver to a directory on disk.
    ///
    /// ## Sources
    /// nvidia/nv-reg.h (NVreg_TemporaryFilePath; an unnamed temporary file, which
    /// the file system must support); GLF-OS#39, ocf/nix#417.
    603 vram_snapshot_on_tmpfs {
        title: "video memory is saved to main memory",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [NV_PARAMS, SNAPSHOT_FS],
        after: [],
        fix: "echo 'options nvidia NVreg_TemporaryFilePath=/var/tmp' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd",
        nixos: "boot.extraModprobeConfig = \"options nvidia NVreg_TemporaryFilePath=/var/tmp\";    # from 26.05 on: hardware.nvidia.moduleParams.nvidia.NVreg_TemporaryFilePath = \"/var/tmp\";",
        change: [Set { module: "nvidia", name: "NVreg_TemporaryFilePath", value: "/var/tmp" }],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let param = |name: &str| f.modules.param("nvidia", name);
    let saving = match param("NVreg_PreserveVideoMemoryAllocations") {
        Seen::Yes("1") => true,
        Seen::Yes("2") => param("NVreg_UseKernelSuspendNotifiers") == Seen::Yes("1"),
        _ => false,
    };
    let Some(fs) =
        f.stage2.snapshot_fs.yes().filter(|fs| ["tmpfs", "ramfs"].contains(&fs.as_str()))
    else {
        return;
    };
    if !saving {
        return;
    }
    let folder = match param("NVreg_TemporaryFilePath") {
        Seen::Yes(path) if path.starts_with('/') => path,
        _ => "/tmp",
    };
    let finding = out.add(format_args!(
        "before sleep, video memory is saved to {folder}, \
        which is on {fs}"
    ));
    finding.module("nvidia").parameter("NVreg_TemporaryFilePath").values("a directory on disk", fs);
    if want.goals.has(Goal::Suspend) || want.goals.has(Goal::Hibernate) {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const MOUNTS: &str = "proc/mounts <<EOF\n/dev/sda2 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw,size=8G \
        0 0\nEOF\n";

    fn case(params: &str) -> Case {
        Case::pre_display(MOUNTS).and(&std::format!(
            "proc/driver/nvidia/params \
            <<EOF\n{params}EOF\n"
        ))
    }

    #[test]
    fn the_default_folder_can_be_memory() {
        fires(
            &RULE,
            case("PreserveVideoMemoryAllocations: 1\nTemporaryFilePath: \"\"\n").goal("suspend"),
            "NVP603 warning: before sleep, video memory is saved to /tmp, which is on tmpfs",
        );
        fires(
            &RULE,
            case("PreserveVideoMemoryAllocations: 2\nUseKernelSuspendNotifiers: 1\n"),
            "NVP603 note: before sleep, video memory is saved to /tmp, which is on tmpfs",
        );
    }

    #[test]
    fn a_folder_on_disk_and_no_saving_at_all_are_quiet() {
        quiet(&RULE, case("PreserveVideoMemoryAllocations: 1\nTemporaryFilePath: \"/var/tmp\"\n"));
        quiet(&RULE, case("PreserveVideoMemoryAllocations: 2\nUseKernelSuspendNotifiers: 0\n"));
    }

    #[test]
    fn the_folder_that_was_set_is_named() {
        fires(
            &RULE,
            case("PreserveVideoMemoryAllocations: 1\nTemporaryFilePath: \"/tmp/nvidia\"\n"),
            "NVP603 note: before sleep, video memory is saved to /tmp/nvidia, which is on tmpfs",
        );
    }
}
