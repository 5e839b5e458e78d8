//! Reports made of a few parts.

use super::*;
use nvpreflight::seen::Seen;
use nvpreflight::tree::Tree;

fn report(sections: &[&str]) -> (Evidence, Vec<Vec<String>>) {
    let head = format!("{TITLE}.\n\nnvidia-bug-report.sh Version: 32599928\n");
    let parts: Vec<&str> = [head.as_str()].into_iter().chain(sections.iter().copied()).collect();
    let text = parts.iter().map(|part| format!("{UNDERLINE}\n\n{part}\n")).collect::<String>();
    assert!(looks_like_one(&text));
    let mut evidence = Evidence::default();
    let boots = read(&text, &mut evidence);
    let texts = |boot: Boot| boot.records.into_iter().map(|record| record.text).collect();
    (evidence, boots.into_iter().map(texts).collect())
}

#[test]
fn files_stand_at_their_paths_and_missing_ones_are_known_to_be() {
    let (tree, _) = report(&[
        "*** /proc/cmdline\n*** ls: -r--r--r-- 1 root root 0 2026 /proc/cmdline\nquiet\n",
        "*** /proc/driver/nvidia/./version\n*** ls: x\nNVRM version: NVIDIA UNIX x86_64\n",
        "*** /proc/devices does not exist\n",
        "*** /etc/../etc/shadow\nroot\n",
        "*** /proc/version\nLinux version 6.1.0-30 (x@y) #1\n",
        "/sys/module/nvidia_drm/parameters/modeset:Y\n",
    ]);
    assert_eq!(tree.text("proc/cmdline").as_deref(), Some("quiet\n"));
    assert_eq!(tree.text("proc/sys/kernel/osrelease").as_deref(), Some("6.1.0-30"));
    assert_eq!(tree.stat("proc/devices"), Seen::Absent);
    assert_eq!(tree.list("proc/driver/nvidia/gpus", &mut |_| {}), Seen::Yes(()));
    assert_eq!(tree.text("sys/module/nvidia_drm/parameters/modeset").as_deref(), Some("Y"));
    assert!(!tree.files.keys().any(|path| path.contains("shadow")));
}

#[test]
fn a_report_without_the_driver_says_so() {
    let (tree, _) = report(&[
        "*** /proc/driver/nvidia/./version does not exist\n",
        "*** /proc/driver/nvidia/./params does not exist\n",
    ]);
    assert_eq!(tree.stat("proc/driver/nvidia"), Seen::Absent);
}

#[test]
fn the_ring_buffer_is_the_last_boot_and_the_journal_fills_its_beginning() {
    let scan = "Scanning kernel log files for NVIDIA kernel messages:\n\n  \
                journalctl -b -0:\nNov 22 10:00:00 box kernel: NVRM: early\n\
                Nov 22 10:00:00 box kernel: NVRM: late\n\n  journalctl -b -1:\n\
                Nov 21 10:00:00 box kernel: NVRM: yesterday\n";
    let late = "dmesg:\n\n[  900.000000] NVRM: late\n";
    let (_, boots) = report(&[scan, late]);
    assert_eq!(boots, [vec!["NVRM: yesterday"], vec!["NVRM: early", "NVRM: late"]]);
    let whole = "dmesg:\n\n[    0.000000] Linux version 6.1\n[    9.000000] NVRM: late\n";
    let (_, boots) = report(&[scan, whole]);
    assert_eq!(boots[1], ["Linux version 6.1", "NVRM: late"]);
}

/// What is told beside the kernel's lines in the last boot.
fn told(sections: &[&str]) -> Vec<String> {
    let dmesg = "dmesg:\n\n[    0.000000] Linux version 6.1\n[    9.000000] NVRM: late\n";
    let parts: Vec<&str> = sections.iter().copied().chain([dmesg]).collect();
    report(&parts).1.pop().unwrap_or_default().split_off(2)
}

#[test]
fn what_clients_say_belongs_to_their_boot() {
    let smi = "/usr/bin/nvidia-smi --query\n\nNVIDIA-SMI has failed because it couldn't \
               communicate with the NVIDIA driver. Make sure\n";
    assert_eq!(told(&[smi]).len(), 1);
    let glx = "(EE) NVIDIA(0): Failed to initialize the GLX module; please check";
    let journal = |boot: usize| {
        format!("journalctl -b -{boot} _COMM=Xorg\n\nNov 22 10:00:00 box Xorg[9]: {glx}\n")
    };
    assert_eq!(told(&[&journal(0)]).len(), 1);
    assert!(told(&[&journal(1)]).is_empty());
    let cmdline = "*** /proc/cmdline\nquiet\n";
    let log = |time: &str, line: &str| {
        format!(
            "*** /var/log/Xorg.0.log\n[ 9.0] (==) Log file: \"x\", Time: {time}\n[ 9.1] Kernel \
             command line: {line}\n[ 9.2] {glx}\n"
        )
    };
    let date = "Date: Mon Jan  5 08:58:27 AM EST 2026\n";
    let of = |time: &str, line: &str| told(&[date, &log(time, line), cmdline]);
    assert_eq!(of("Mon Jan  5 10:00:00 2026", "quiet").len(), 1);
    assert!(of("Mon Jan  5 10:00:00 2026", "another").is_empty(), "of another boot");
    assert!(of("Sun Jan  4 10:00:00 2026", "quiet").is_empty(), "of another day");
}

#[test]
fn what_is_said_of_a_boot_without_a_kernel_line_is_no_earlier_boots() {
    let smi = "/usr/bin/nvidia-smi --query\n\nNVIDIA-SMI has failed because it couldn't \
               communicate with the NVIDIA driver. Make sure\n";
    let earlier = "Scanning kernel log files for NVIDIA kernel messages:\n\n  \
                   journalctl -b -1:\nNov 22 10:00:00 box kernel: NVRM: loading NVIDIA\n";
    let (_, boots) = report(&[smi, earlier]);
    assert_eq!(boots.len(), 2, "{boots:?}");
    assert!(boots[0].len() == 1 && boots[1].len() == 1, "{boots:?}");
}

#[test]
fn a_gpu_that_is_tried_once_more_is_no_fault_where_its_screen_is_up() {
    let helper = "[ 9.2] (EE) NVIDIA(G0): Failing initialization of X screen\n";
    let log = |up: &str| format!("journalctl -b -0 _COMM=Xorg\n\n{helper}{up}");
    assert_eq!(told(&[&log("")]).len(), 1);
    let up = "[ 9.3] (II) NVIDIA(0): Setting mode \"DP-0: nvidia-auto-select\"\n";
    assert!(told(&[&log(up)]).is_empty());
}
