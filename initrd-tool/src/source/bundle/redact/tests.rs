//! Hostile and ordinary samples of what must go, and of what must stay.

use super::{Learner, Names};

fn hidden(before: &str) -> String {
    let mut learner = Learner::new(&Names::new(["brunhild", "anna", "ann", "nvidia"]));
    learner.text(before);
    learner.done().text(before)
}

#[test]
fn what_names_the_machine_goes_and_lengths_stay() {
    let before = "root=UUID=6e2d4c1a-0b3f-4a9d-8c77-d2f1a0b9c8e7 quiet # on brunhild\n\
                  link 52:54:00:ab:cd:ef up\nSerial Number: \t 0412-ABC\n";
    let after = hidden(before);
    assert_eq!(
        after,
        "root=UUID=00000000-0000-0000-0000-000000000000 quiet # on xxxxxxxx\n\
         link 00:00:00:00:00:00 up\nSerial Number: \t xxxx-xxx\n"
    );
    assert_eq!(before.len(), after.len());
}

#[test]
fn network_addresses_go() {
    for (before, after) in [
        (
            "ip=192.168.178.23::192.168.178.1:255.255.255.0",
            "ip=xxx.xxx.xxx.xx::xxx.xxx.xxx.x:xxx.xxx.xxx.x",
        ),
        ("SRC=10.0.0.7 DST=8.8.8.8 LEN=40", "SRC=00.0.0.0 DST=0.0.0.0 LEN=40"),
        ("from 10.1.2.3:5353.", "from 00.0.0.0:0000."),
        ("addr fe80::5054:ff:feab:cdef/64", "addr 0000::0000:00:0000:0000/64"),
        ("on 2001:db8:0:1:2:3:4:5,", "on 0000:000:0:0:0:0:0:0,"),
        ("listening on ::1.", "listening on ::0."),
    ] {
        assert_eq!(hidden(before), after);
    }
}

#[test]
fn people_go_by_name_and_by_place() {
    for (before, after) in [
        ("/home/karla/.config", "/home/xxxxx/.config"),
        ("opened for user karla(uid=1000) by anna", "opened for user xxxxx(uid=1000) by xxxx"),
        (
            "systemd[1]: Hostname set to <wotan.example.org>.",
            "systemd[1]: Hostname set to <xxxxx.xxxxxxx.xxx>.",
        ),
        ("anna@brunhild:~$ ann annals", "xxxx@xxxxxxxx:~$ xxx annals"),
    ] {
        assert_eq!(hidden(before), after);
    }
}

#[test]
fn disks_and_secrets_go() {
    for (before, after) in [
        (
            "/dev/disk/by-id/nvme-Samsung_SSD_980_S64DNX0R123456-part2 /",
            "/dev/disk/by-id/xxxx-xxxxxxx_xxx_xxx_xxxxxxxxxxxxxx-xxxxx /",
        ),
        (
            "rd.luks.uuid=luks-6e2d4c1a-0b3f-4a9d-8c77-d2f1a0b9c8e7",
            "rd.luks.uuid=xxxx-00000000-0000-0000-0000-000000000000",
        ),
        ("root=LABEL=karlas-disk ro", "root=LABEL=xxxxxx-xxxx ro"),
        ("UUID=1A2B-3C4D /boot vfat", "UUID=xxxx-xxxx /boot vfat"),
        ("usb 1-1: SerialNumber: 4C530001", "usb 1-1: SerialNumber: xxxxxxxx"),
        ("0123456789abcdef0123456789abcdef", "00000000000000000000000000000000"),
        (
            "GPU UUID: \t GPU-7a1b2c3d-1111-2222-3333-444455556666",
            "GPU UUID: \t GPU-00000000-0000-0000-0000-000000000000",
        ),
    ] {
        assert_eq!(hidden(before), after);
    }
}

#[test]
fn what_the_rules_read_stays() {
    for line in [
        "0000:01:00.0",
        "nvidia 0000:0b:00.0: 12:34:56",
        "595.45.04 é",
        "nvidia: loading out-of-tree module taints kernel.",
        "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x61:0x56:1770)",
        "[drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 1",
        "version magic '6.12.107+deb13-amd64 SMP' should be '6.12.74'",
        "options nvidia NVreg_RegistryDwords=\"a=1;b=2\" NVreg_EnableGpuFirmware=1",
        "x86_64  550.163.01  Tue Apr  8 12:41:17 UTC 2025",
        "Video BIOS: \t 94.02.42.00.b4",
        "6.12.1.0-arch",
        "0x00000000fd000000 0x00000000fdffffff 0x0000000000040200",
        "srcversion 0123456789ABCDEF0123456",
    ] {
        assert_eq!(hidden(line), line);
    }
}

/// Taken out of a text that names it once and says it again elsewhere.
#[test]
fn what_a_place_shows_goes_everywhere() {
    for (names, again) in [
        ("rd.luks.name=6e2d4c1a-0b3f-4a9d-8c77-d2f1a0b9c8e7=tresor", "dm-0: TRESOR ready"),
        ("luks 6e2d4c1a-0b3f-4a9d-8c77-d2f1a0b9c8e7", "6e2d4c1a0b3f4a9d8c77d2f1a0b9c8e7"),
        ("eth0: 3c:7c:3f:aa:bb:cc", "renamed to enp3s0, was x3c7c3faabbcc"),
        ("wifi.psk=hunter2hunter2", "a hunter2hunter2b"),
        ("'luks-pass=correct horse'", "a correct\n   horse"),
        ("(karla@werkstatt) #1 SMP", "karla on werkstatt"),
        ("SSID 'Cafe Sperl'", "at Cafe Sperl"),
        ("netroot=iscsi:carlo:pa55w0rd@192.168.7.9::3260", "carlo has pa55w0rd"),
        ("nas.example.org:/export/pool /mnt nfs4 rw 0 0", "to nas.example.org"),
        ("nvme nvme0: Samsung SSD 990 PRO 2TB S7KHNJ0W123456 ", "disk s7khnj0w123456"),
        (r"systemd-cryptsetup@luks\x2dtresor.service", "luks-tresor"),
    ] {
        let after = hidden(&format!("{names}\n{again}\n"));
        let kept = [
            "dm-0: ",
            " ready",
            "renamed to enp3s0, was x",
            "a ",
            " on ",
            "at ",
            " has ",
            "to ",
            "disk ",
        ];
        let mut last = after.lines().skip(1).collect::<Vec<_>>().join(" ");
        for word in kept {
            last = last.replace(word, "");
        }
        assert!(last.chars().all(|c| "x0 .-b".contains(c)), "{names}: {after}");
    }
}

/// Comments are people's prose.
#[test]
fn comments_go_and_lines_stay() {
    let before = "# ask Karla, ext. 4711\noptions nvidia-drm modeset=1\n  # x\n";
    assert_eq!(hidden(before), "# xxx xxxxx, xxx. xxxx\noptions nvidia-drm modeset=1\n  # x\n");
}

proptest::proptest! {
    #[test]
    fn any_text_keeps_its_lines_and_never_panics(before in ".{0,200}(\n.{0,60}){0,3}") {
        let after = hidden(&before);
        proptest::prop_assert_eq!(before.matches('\n').count(), after.matches('\n').count());
        proptest::prop_assert_eq!(before.chars().count(), after.chars().count());
    }
}
