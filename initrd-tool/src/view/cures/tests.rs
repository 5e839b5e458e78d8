//! Cures of what only a booted machine shows: made for its files, which are judged again
//! with the edits in them.

use super::{Cure, Safety, of};
use nvpreflight::capture::Capture;
use nvpreflight::engine;
use nvpreflight::evidence;
use nvpreflight::expect::{Expectations, Goal};
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A desktop whose driver is up, as its files show it.
const MACHINE: [(&str, &str); 18] = [
    (
        "proc/modules",
        "nvidia_drm 1 0 - Live 0x0 (OE)\nnvidia_modeset 1 1 nvidia_drm, Live 0x0 (OE)\n\
         nvidia 1 1 nvidia_modeset, Live 0x0 (OE)",
    ),
    ("proc/cmdline", "quiet splash"),
    ("proc/driver/nvidia/params", "DynamicPowerManagement: 2"),
    ("sys/module/nvidia_drm/parameters/modeset", "Y"),
    ("sys/bus/pci/devices/0000:01:00.0/class", "0x030000"),
    ("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de"),
    ("sys/bus/pci/devices/0000:01:00.0/device", "0x2206"),
    ("sys/bus/pci/devices/0000:01:00.0/driver", "-> ../../../../bus/pci/drivers/nvidia"),
    ("sys/bus/pci/devices/0000:01:00.0/power/control", "on"),
    ("sys/class/drm/card1/device", "-> ../../../bus/pci/devices/0000:01:00.0"),
    ("sys/class/graphics/fb0/name", "nvidia-drmdrmfb"),
    ("etc/dracut.conf", "#"),
    ("etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet splash\""),
    ("boot/grub2/x", "x"),
    ("usr/sbin/grub2-mkconfig", "x"),
    ("usr/lib/udev/rules.d/61-gdm.rules", "LABEL=\"gdm_disable_wayland\""),
    ("etc/systemd/system/display-manager.service", "-> /usr/lib/systemd/system/gdm.service"),
    ("usr/lib/systemd/system/gdm.service", "x"),
];

struct Desk(BTreeMap<String, String>);

impl Desk {
    fn new(more: &[(&str, &str)]) -> Self {
        let all = MACHINE.iter().chain(more);
        Self(all.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn judged<T>(&self, look: impl FnOnce(&Capture<'_>, &Facts, &Report) -> T) -> T {
        let mut text = String::from("sys/module/ ino=1\nproc/devices =\n");
        text.push_str(if self.0.contains_key("dmesg") { "" } else { "dev/kmsg =\n" });
        for (path, content) in &self.0 {
            let _ = match (content.starts_with("-> "), content.contains('\n')) {
                (true, _) => writeln!(text, "{path} {content}"),
                (false, true) => writeln!(text, "{path} <<EOF\n{content}\nEOF"),
                (false, false) => writeln!(text, "{path} = {content}"),
            };
        }
        let tree = Capture::new(text.as_bytes());
        assert_eq!(tree.first_odd_line(), None, "{text}");
        let mut want = Expectations::new();
        want.goals.insert(Goal::named("wayland").expect("a goal"));
        let mut facts = Box::new(Facts::new(Phase::PreDisplay));
        evidence::collect(&tree, &want, &mut facts);
        let mut report = Box::new(Report::new(Phase::PreDisplay));
        engine::run(&facts, &want, &mut report);
        look(&tree, &facts, &report)
    }

    fn codes(&self) -> Vec<u16> {
        self.judged(|_, _, report| report.findings.iter().map(|f| f.rule.code.0).collect())
    }

    fn cure(&self, code: u16) -> Cure {
        self.judged(|tree, facts, report| {
            let found = report.findings.iter().find(|f| f.rule.code.0 == code);
            of(facts, report, found.unwrap_or_else(|| panic!("{code} in {report:?}")), Some(tree))
        })
    }

    fn with(&self, cure: &Cure) -> Self {
        let mut files = self.0.clone();
        for edit in &cure.edits {
            files.insert(edit.path.clone(), edit.after.join("\n"));
        }
        Self(files)
    }
}

#[test]
fn a_card_by_number_gets_a_name_and_is_not_told_again() {
    for (line, now) in [
        ("WLR_DRM_DEVICES=/dev/dri/card0", "WLR_DRM_DEVICES=/dev/dri/nvidia-card"),
        (
            "WLR_DRM_DEVICES=/dev/dri/by-path/pci-0000:01:00.0-card",
            "WLR_DRM_DEVICES=/dev/dri/nvidia-card",
        ),
    ] {
        let desk = Desk::new(&[("etc/environment", line)]);
        let cure = desk.cure(203);
        assert_eq!(cure.safety, Safety::Decide, "{cure:?}");
        let after = desk.with(&cure);
        assert_eq!(after.0.get("etc/environment").map(String::as_str), Some(now));
        let rule = after.0.get("etc/udev/rules.d/61-nvidia-card.rules").expect("a rule");
        assert!(rule.ends_with("SYMLINK+=\"dri/nvidia-card\""), "{rule}");
        assert!(!after.codes().contains(&203), "{:?}", after.codes());
    }
}

#[test]
fn another_gpus_card_and_two_nvidia_cards_are_left_to_their_owner() {
    let other = [
        ("etc/environment", "WLR_DRM_DEVICES=/dev/dri/card2"),
        ("sys/class/drm/card2/device", "-> ../../../bus/pci/devices/0000:00:02.0"),
        ("sys/bus/pci/devices/0000:00:02.0/class", "0x030000"),
        ("sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086"),
        ("sys/bus/pci/devices/0000:00:02.0/device", "0x1234"),
        ("sys/bus/pci/devices/0000:00:02.0/driver", "-> ../../../../bus/pci/drivers/i915"),
    ];
    assert_eq!(Desk::new(&other).cure(203).safety, Safety::ByHand);
    let second = [
        ("etc/environment", "WLR_DRM_DEVICES=/dev/dri/card0"),
        ("sys/class/drm/card2/device", "-> ../../../bus/pci/devices/0000:02:00.0"),
        ("sys/bus/pci/devices/0000:02:00.0/class", "0x030000"),
        ("sys/bus/pci/devices/0000:02:00.0/vendor", "0x10de"),
        ("sys/bus/pci/devices/0000:02:00.0/device", "0x2206"),
        ("sys/bus/pci/devices/0000:02:00.0/driver", "-> ../../../../bus/pci/drivers/nvidia"),
    ];
    assert_eq!(Desk::new(&second).cure(203).safety, Safety::ByHand);
}

#[test]
fn a_gpu_that_is_kept_awake_gets_the_drivers_udev_rule() {
    let cure = Desk::new(&[]).cure(605);
    let [edit] = cure.edits.as_slice() else { panic!("{cure:?}") };
    assert_eq!(edit.path, "etc/udev/rules.d/80-nvidia-pm.rules");
    assert_eq!((edit.after.len(), cure.safety), (1, Safety::Safe));
}

#[test]
fn units_that_are_not_there_are_not_enabled() {
    let more = [("proc/driver/nvidia/params", "PreserveVideoMemoryAllocations: 0")];
    let cure = Desk::new(&more).cure(219);
    assert_eq!(cure.safety, Safety::ByHand, "{cure:?}");
    let units = ["suspend", "hibernate", "resume"]
        .map(|unit| format!("usr/lib/systemd/system/nvidia-{unit}.service"));
    let mut all = more.to_vec();
    all.extend(units.iter().map(|unit| (unit.as_str(), "x")));
    let cure = Desk::new(&all).cure(219);
    let enable = "systemctl enable nvidia-suspend.service nvidia-hibernate.service \
                  nvidia-resume.service";
    assert!(cure.commands.iter().any(|command| command == enable), "{cure:?}");
    let line = "options nvidia NVreg_PreserveVideoMemoryAllocations=1";
    assert!(cure.edits.iter().any(|edit| edit.after == [line]), "{cure:?}");
}

#[test]
fn registry_keys_of_two_files_and_behind_a_blank_come_together() {
    let conf = |a: &'static str, b: &'static str, shown: &'static str| {
        Desk::new(&[
            ("etc/modprobe.d/a.conf", a),
            ("etc/modprobe.d/b.conf", b),
            ("proc/driver/nvidia/params", shown),
        ])
    };
    let files = |desk: &Desk| {
        let cure = desk.cure(307);
        let after = desk.with(&cure);
        ["a", "b"].map(|name| after.0[&format!("etc/modprobe.d/{name}.conf")].clone())
    };
    let two = conf(
        "options nvidia NVreg_RegistryDwords=A=1;B=1 NVreg_EnableMSI=1",
        "options nvidia NVreg_RegistryDwords=b=2",
        "RegistryDwords: \"b=2\"",
    );
    let [a, b] = files(&two);
    assert_eq!(a, "options nvidia NVreg_EnableMSI=1");
    assert_eq!(b, "options nvidia NVreg_RegistryDwords=A=1;b=2");
    let blank = conf(
        "options nvidia NVreg_RegistryDwords=A=0x1; B=0x2",
        "# nothing",
        "RegistryDwords: \"A=0x1;\"",
    );
    assert_eq!(files(&blank)[0], "options nvidia NVreg_RegistryDwords=A=0x1;B=0x2");
}

#[test]
fn a_gpu_that_is_held_for_a_guest_leaves_the_list_and_the_others_stay() {
    let held = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![
            ("sys/bus/pci/devices/0000:01:00.0/driver", "-> ../../../../bus/pci/drivers/vfio-pci"),
            ("proc/modules", "vfio_pci 1 0 - Live 0x0"),
        ];
        all.extend(more);
        Desk::new(&all).cure(502)
    };
    let file = "etc/modprobe.d/vfio.conf";
    for (line, now) in [
        (
            "options vfio-pci ids=10de:2206,8086:1533 disable_vga=1",
            "options vfio-pci ids=8086:1533 disable_vga=1",
        ),
        ("options vfio-pci ids=10DE:2206", ""),
    ] {
        let cure = held(&[(file, line)]);
        let edit = cure.edits.iter().find(|edit| edit.path == file).expect("the file");
        assert_eq!(edit.after.join(""), now);
        assert_eq!(cure.safety, Safety::Decide);
        assert!(cure.commands.iter().any(|command| command.starts_with("dracut")), "{cure:?}");
    }
    let two = held(&[
        ("etc/modprobe.d/a.conf", "options vfio-pci ids=10de:2206"),
        ("etc/modprobe.d/b.conf", "options vfio-pci ids=10de:2206"),
    ]);
    assert_eq!(two.edits.iter().filter(|edit| edit.path.contains("modprobe.d/")).count(), 2);
    let doubled = "options vfio-pci ids=8086:15f3,10de:2206 ids=10de:2206,1b21:2142";
    assert_eq!(held(&[(file, doubled)]).safety, Safety::ByHand, "which one was meant?");
    let both = held(&[
        ("sys/bus/pci/devices/0000:02:00.0/class", "0x030000"),
        ("sys/bus/pci/devices/0000:02:00.0/vendor", "0x10de"),
        ("sys/bus/pci/devices/0000:02:00.0/device", "0x2684"),
        ("sys/bus/pci/devices/0000:02:00.0/driver", "-> ../../../../bus/pci/drivers/vfio-pci"),
        (file, "options vfio-pci ids=10de:2206,10de:2684"),
    ]);
    let edit = both.edits.iter().find(|edit| edit.path == file).expect("the file");
    assert_eq!(edit.after, ["options vfio-pci ids=10de:2684"], "the other GPU stays the guest's");
    let words = "quiet vfio-pci.ids=10de:2206,10de:1aef";
    let grub = "GRUB_CMDLINE_LINUX=\"quiet vfio-pci.ids=10de:2206,10de:1aef\"";
    let cure = held(&[("proc/cmdline", words), ("etc/default/grub", grub)]);
    let edit = cure.edits.iter().find(|edit| edit.path == "etc/default/grub").expect("GRUB's");
    assert_eq!(edit.after, ["GRUB_CMDLINE_LINUX=\"quiet vfio-pci.ids=10de:1aef\""]);
}

#[test]
fn nvidia_uvm_follows_nvidia_by_a_softdep_where_there_is_none() {
    let failed = "[    5.000000] systemd-modules-load[9]: Failed to insert module 'nvidia_uvm': \
                  Unknown symbol\n[    9.000000] NVRM: loading NVIDIA UNIX x86_64  595.45.04";
    let desk = |conf: &'static str| {
        let modules = "nvidia 1 0 - Live 0x0 (OE)";
        Desk::new(&[("proc/modules", modules), ("dmesg", failed), ("etc/modprobe.d/a.conf", conf)])
    };
    let cure = desk("options nvidia NVreg_EnableMSI=1").cure(105);
    let ours = "etc/modprobe.d/00-nvidia.conf";
    let edit = cure.edits.iter().find(|edit| edit.path == ours).expect("ours");
    assert_eq!(edit.after, ["softdep nvidia post: nvidia-uvm"]);
    for conf in ["softdep nvidia pre: i2c-core", "softdep nvidi* pre: i2c-core"] {
        let own = desk(conf).cure(105);
        assert_eq!(own.safety, Safety::ByHand, "the owner's softdep would lose its force: {own:?}");
    }
    let mut hidden = desk("# nothing");
    let package = "options nvidia NVreg_EnableMSI=1\nblacklist nouveau";
    hidden.0.insert("usr/lib/modprobe.d/00-nvidia.conf".into(), package.into());
    let cure = hidden.cure(105);
    let edit = cure.edits.iter().find(|edit| edit.path.ends_with("00-nvidia.conf")).expect("it");
    assert_eq!(edit.after.len(), 3, "what the package says stays: {edit:?}");
    assert!(cure.commands.iter().any(|command| command.starts_with("dracut")), "{cure:?}");
}
