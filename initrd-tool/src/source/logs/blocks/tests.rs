//! Texts of several outputs, cut.

use super::*;
use crate::source::logs::evidence::Entry;

fn after(text: &str) -> (Evidence, String) {
    let mut evidence = Evidence::default();
    let rest = cut(text, &mut evidence).join("\n");
    (evidence, rest)
}

const LSPCI: &str = "01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA104 \
    [GeForce RTX 3070] [10de:2484] (rev a1)\n\tKernel driver in use: nvidia\n";
const LOG: &str = "[    6.310000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:751)";

#[test]
fn every_output_before_a_log_is_put_in_its_place_and_the_log_stays() {
    for (output, path) in [
        (LSPCI, "sys/bus/pci/devices/0000:01:00.0/device"),
        ("Module                  Size  Used by\nnvidia_drm 118784 4\n", "proc/modules"),
        ("nvidia 60620800 2 nvidia_drm, Live 0xffffffffc0a00000 (OE)\n", "proc/modules"),
        ("NAME=\"Fedora Linux\"\nVERSION=\"41\"\nID=fedora\n", "etc/os-release"),
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module 550\nGCC version: 14\n",
            "proc/driver/nvidia/version",
        ),
        (
            "options nvidia-drm modeset=1\nblacklist nouveau\n",
            "etc/modprobe.d/pasted-at-line-1.conf",
        ),
        ("$ uname -r\n6.8.0-40-generic\n", "proc/sys/kernel/osrelease"),
        (
            "Linux box 6.8.0-40-generic #40-Ubuntu SMP PREEMPT x86_64 GNU/Linux\n",
            "proc/sys/kernel/osrelease",
        ),
        (
            "/usr/lib/modprobe.d/nv.conf:options nvidia-drm modeset=1\n",
            "usr/lib/modprobe.d/nv.conf",
        ),
        (
            "01:00.0 3D controller: NVIDIA Corporation TU117M [GeForce GTX 1650] (rev a1)\n",
            "sys/bus/pci/devices/0000:01:00.0/vendor",
        ),
        ("BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda1 quiet\n", "proc/cmdline"),
        ("root=UUID=1a quiet nvidia-drm.modeset=1 rw\n", "proc/cmdline"),
        ("- /etc/modprobe.d/nv.conf: `blacklist nouveau`\n", "etc/modprobe.d/nv.conf"),
        ("$ cat /etc/modprobe.d/nv.conf\noptions nvidia-drm modeset=1\n", "etc/modprobe.d/nv.conf"),
        (
            "me@box:~$ cat /sys/module/nvidia_drm/parameters/modeset\nY\n",
            "sys/module/nvidia_drm/parameters/modeset",
        ),
        (
            "==> /etc/modprobe.d/nv.conf <==\noptions nvidia-drm modeset=1\n",
            "etc/modprobe.d/nv.conf",
        ),
    ] {
        for between in ["", "\n", "```\n```\n", "$ sudo dmesg\n"] {
            let text = format!("{output}{between}{LOG}\n");
            let (evidence, rest) = after(&text);
            assert!(evidence.files.contains_key(path), "{text}: {:?}", evidence.files.keys());
            assert!(rest.ends_with(LOG), "{text}");
            assert_eq!(rest.lines().count(), text.lines().count(), "numbers stay");
        }
    }
}

#[test]
fn lines_of_modprobe_d_are_as_long_as_kmod_makes_them() {
    for text in [
        "options nvidia NVreg_EnableMSI=1 \\\n  NVreg_UsePageAttributeTable=1",
        "options\tnvidia-drm\tmodeset=1",
        "options nvidia NVreg_RegistryDwords=\"A=0x1; B=0x2\"",
        "options nvidia-drm modeset",
        "options nvidia-drm modeset=1 # for Wayland",
        "blacklist\tnouveau",
    ] {
        let (evidence, rest) = after(&format!("{text}\nand then I rebooted"));
        let file = evidence.text("etc/modprobe.d/pasted-at-line-1.conf");
        assert_eq!(file.as_deref(), Some(&*format!("{text}\n")), "{text}");
        assert_eq!(rest.trim(), "and then I rebooted");
    }
}

#[test]
fn lines_below_the_path_of_a_file_are_in_that_file_and_no_lines_are_lost() {
    let block = "**/etc/modprobe.d/nv.conf**\n```\nblacklist nvidia\n```\n";
    let (evidence, _) = after(&format!("{block}\noptions nvidia-drm modeset=1\n"));
    assert_eq!(evidence.text("etc/modprobe.d/nv.conf").as_deref(), Some("blacklist nvidia\n"));
    let second = evidence.text("etc/modprobe.d/pasted-at-line-6.conf");
    assert_eq!(second.as_deref(), Some("options nvidia-drm modeset=1\n"));
    for above in [
        "/etc/modprobe.d/a.conf and /etc/modprobe.d/nv.conf",
        &format!("/etc/modprobe.d/{}nv.conf:", "of-the-installer-".repeat(9)),
    ] {
        let (evidence, _) = after(&format!("{above}\noptions nvidia-drm modeset=0\n"));
        assert!(evidence.text("etc/modprobe.d/pasted-at-line-2.conf").is_some(), "{above}");
    }
}

#[test]
fn the_next_boots_command_line_counts_where_no_boots_own_is_shown() {
    let grub = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet nomodeset\"\nGRUB_CMDLINE_LINUX=\"rw\"\n";
    let file = format!("$ cat /etc/default/grub\nGRUB_TIMEOUT=5\n{grub}");
    for text in [grub, &file] {
        let (evidence, _) = after(text);
        assert_eq!(evidence.next, "rw quiet nomodeset", "{text}");
    }
    let (evidence, _) = after(&format!("{grub}BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro\n"));
    assert_eq!(evidence.text(CMDLINE).as_deref(), Some("BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro"));
    let nix = "boot.extraModprobeConfig = ''\n  options nvidia NVreg_EnableMSI=1\n'';\n";
    let (evidence, _) = after(nix);
    assert!(
        evidence
            .text("etc/modprobe.d/pasted-at-line-1.conf")
            .is_some_and(|text| text.contains("MSI"))
    );
}

#[test]
fn prose_and_logs_are_left_as_they_are() {
    for text in [
        "Mar 03 08:11:02 mux-switch[811]: Loading nvidia_modules",
        "I set options nvidia-drm modeset=1 and blacklist nouveau, no luck",
        "blacklist nouveau and reboot",
        "options nvidia drivers have",
        "options nvidia has are \\\nmany",
        "HOME=/root",
        "root= is what I set, quiet too",
        "- /etc/modprobe.d/nv.conf: the options are gone",
        "Driver: 550",
        LOG,
    ] {
        let (evidence, rest) = after(text);
        assert!(evidence.files.is_empty(), "{text}: {:?}", evidence.files);
        assert_eq!(rest, text);
    }
}

#[test]
fn a_file_that_was_not_there_is_no_evidence_of_its_content() {
    let (evidence, _) = after(
        "$ cat /etc/modprobe.d/nv.conf\ncat: /etc/modprobe.d/nv.conf: No such file or directory\n",
    );
    assert!(evidence.files.is_empty());
}

const DRIVER: &str = "sys/bus/pci/devices/0000:01:00.0/driver";

fn driver(evidence: &Evidence) -> Option<String> {
    match evidence.files.get(DRIVER) {
        Some(Entry::Link(target)) => target.rsplit('/').next().map(str::to_owned),
        _ => None,
    }
}

#[test]
fn rows_that_a_mailer_broke_are_whole_again() {
    let mail = "From: a@b.c\nSubject: x\nDate: today\n\nHello,\n\n\
        01:00.0 VGA compatible controller: NVIDIA Corporation GM107 [GeForce GTX\n\
        750 Ti] (rev a2) (prog-if 00 [VGA controller])\n\tKernel driver in use: nvidia\n\n\
        nvidia_uvm 2576384 0 - Live 0x0000000000000000 (POE)\n\n\
        nvidia 36966400 1393 nvidia_uvm,nvidia_modeset, Live 0x0000000000000000 \n(POE)\n\
        wmi 45056 1 mxm_wmi, Live 0x0000000000000000\n";
    let (evidence, _) = after(mail);
    assert_eq!(driver(&evidence).as_deref(), Some("nvidia"));
    let modules = evidence.text("proc/modules").expect("a list");
    for name in ["nvidia_uvm ", "nvidia 36966400", "wmi "] {
        assert!(modules.contains(name), "{name} in {modules}");
    }
}

#[test]
fn another_functions_driver_is_not_the_gpus() {
    for other in ["Network controller: Atheros QCA9377 (rev 31)", "Multimedia: Intel (rev 10)"] {
        let listing = format!(
            "01:00.0 3D controller: NVIDIA Corporation TU117M [GeForce] (rev a1)\n\
             \tKernel driver in use: nvidia\n\tKernel modules: nouveau, nvidia_drm, nvidia\n\
             02:00.0 {other}\n\tKernel driver in use: ath10k_pci\n"
        );
        let (evidence, _) = after(&listing);
        assert_eq!(driver(&evidence).as_deref(), Some("nvidia"), "{listing}");
    }
}
