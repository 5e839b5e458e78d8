//! Cures of what only a booted machine shows: made for its files, which are judged again
//! with the edits in them.

use super::{Cure, Safety, commands, each, of, plan};
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

/// A desk whose command line and options have several faults in the same files.
fn faulty_desk() -> Desk {
    let words = "quiet nomodeset module_blacklist=pcspkr,nvidia_drm video=efifb:off";
    let grub = "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"quiet nomodeset \
                module_blacklist=pcspkr,nvidia_drm video=efifb:off\"";
    let conf = "# mine\nblacklist nvidia_drm\noptions nvidia_drm modeset=0 fbdev=maybe\n\
                options nvidia_drm modset=1\nblacklist nvidia";
    Desk::new(&[
        ("proc/cmdline", words),
        ("proc/modules", "nvidia 1 0 - Live 0x0 (OE)"),
        ("etc/default/grub", grub),
        ("etc/modprobe.d/a.conf", conf),
    ])
}

#[test]
fn the_lines_of_several_findings_can_be_pasted_one_after_another() {
    let desk = faulty_desk();
    let (one_by_one, at_once) = desk.judged(|tree, facts, report| {
        let all = each(facts, report, Some(tree));
        let roots = report.findings.iter().zip(all).filter(|(finding, _)| finding.cause.is_none());
        let roots: Vec<Cure> = roots.map(|(_, cure)| cure).collect();
        (roots, plan(&[(facts, report)], Some(tree), &|_| true))
    });
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, text) in &desk.0 {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{text}\n")).unwrap();
    }
    for folder in ["dracut.conf.d", "modules-load.d", "udev/rules.d"] {
        std::fs::create_dir_all(root.join("etc").join(folder)).unwrap();
    }
    for line in one_by_one.iter().flat_map(commands) {
        if line.contains("sed -i") || line.contains("| sudo tee") {
            let (start, path) = line.rsplit_once(" /etc/").unwrap();
            let line = format!("{} {}/etc/{path}", start.replace("sudo ", ""), root.display());
            let status = std::process::Command::new("sh").args(["-c", &line]).status().unwrap();
            assert!(status.success(), "{line}");
        }
    }
    let edits: Vec<_> = at_once.iter().flat_map(|cure| &cure.edits).collect();
    let grub: Vec<_> = edits.iter().filter(|edit| edit.path == "etc/default/grub").collect();
    assert!(grub.len() > 1, "several cures change one line: {at_once:#?}");
    for edit in edits {
        let last = at_once.iter().flat_map(|cure| &cure.edits).rfind(|e| e.path == edit.path);
        let text = std::fs::read_to_string(root.join(&edit.path)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, last.unwrap().after, "{}", edit.path);
    }
}

#[test]
fn what_is_safe_stands_on_nothing_that_needs_a_decision() {
    faulty_desk().judged(|tree, facts, report| {
        let cures = plan(&[(facts, report)], Some(tree), &|_| true);
        let decided = cures.iter().position(|cure| cure.safety != Safety::Safe).expect("one");
        let safe = cures.iter().rposition(|cure| cure.safety == Safety::Safe).expect("one");
        assert!(safe < decided, "{cures:#?}");
        // What `--apply` makes unasked is what was shown.
        let alone = plan(&[(facts, report)], Some(tree), &|cure| cure.safety == Safety::Safe);
        assert_eq!(alone[..=safe], cures[..=safe]);
    });
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
fn nouveau_stays_where_nvidia_has_no_module_or_not_this_gpu() {
    let nouveau = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![
            ("sys/bus/pci/devices/0000:01:00.0/driver", "-> ../../../../bus/pci/drivers/nouveau"),
            ("proc/modules", "nouveau 1 0 - Live 0x0"),
            ("proc/sys/kernel/osrelease", "6.12.1"),
            (
                "dmesg",
                "[    5.000000] NVRM: The NVIDIA probe routine was not called for 1 device(s).",
            ),
        ];
        all.extend(more);
        Desk::new(&all).cure(501).safety
    };
    let index = "lib/modules/6.12.1/modules.dep";
    assert_ne!(nouveau(&[(index, "updates/nvidia.ko:\nkernel/nouveau.ko:")]), Safety::ByHand);
    assert_eq!(nouveau(&[(index, "kernel/nouveau.ko:")]), Safety::ByHand);
}

#[test]
fn a_word_that_did_not_help_is_not_added_again() {
    let lost = "[    9.000000] NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.";
    let cure = |words: &'static str| {
        let grub = ("etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"");
        Desk::new(&[("dmesg", lost), ("proc/cmdline", words), grub]).cure(509)
    };
    assert_eq!(cure("quiet").safety, Safety::Decide);
    let again = cure("quiet pcie_aspm=off");
    assert_eq!(again.safety, Safety::ByHand);
    assert!(again.words.iter().any(|line| line.contains("did not help")), "{again:?}");
}

#[test]
fn of_two_lines_both_say_the_same_and_a_packages_is_not_copied() {
    let drm = ("sys/module/nvidia_drm/parameters/modeset", "N");
    let off = "options nvidia_drm modeset=0 fbdev=1";
    let two = Desk::new(&[drm, ("etc/modprobe.d/a.conf", off), ("etc/modprobe.d/b.conf", off)]);
    let after = two.with(&two.cure(201));
    assert_eq!(after.0["etc/modprobe.d/a.conf"], "options nvidia_drm fbdev=1");
    assert_eq!(after.0["etc/modprobe.d/b.conf"], "options nvidia_drm modeset=1 fbdev=1");
    let said = |path: &'static str, value: &'static str| (path, value);
    let [on, off] = ["options nvidia_drm fbdev=1", "options nvidia_drm fbdev=0"];
    let owners = said("etc/modprobe.d/a.conf", off);
    let package = said("usr/lib/modprobe.d/z.conf", on);
    let own = Desk::new(&[owners, package]).cure(302);
    assert_eq!(own.safety, Safety::ByHand, "the owner's line stays");
    let cure = Desk::new(&[said("usr/lib/modprobe.d/a.conf", off), package]).cure(302);
    assert_eq!(cure.safety, Safety::Decide, "which one was meant?");
    let files: Vec<&str> = cure.edits.iter().map(|edit| edit.path.as_str()).collect();
    assert!(!files.contains(&"etc/modprobe.d/z.conf"), "{files:?}");
    // One word in both of GRUB's lines.
    let words = "quiet nvidia_drm.modeset=0 splash nvidia_drm.modeset=0";
    let grub = "GRUB_CMDLINE_LINUX_DEFAULT=\"splash nvidia_drm.modeset=0\"\n\
                GRUB_CMDLINE_LINUX=\"quiet nvidia_drm.modeset=0\"";
    let both = Desk::new(&[drm, ("proc/cmdline", words), ("etc/default/grub", grub)]);
    let after = both.with(&both.cure(201));
    assert_eq!(after.0["etc/default/grub"], grub.replace("modeset=0", "modeset=1"));
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
    // Its owner masked it.
    let mut masked = all.clone();
    masked.push(("etc/systemd/system/nvidia-suspend.service", "-> /dev/null"));
    assert_eq!(Desk::new(&masked).cure(219).safety, Safety::ByHand);
    // What is enabled already is not taken back.
    all.push((
        "etc/systemd/system/systemd-suspend.service.wants/nvidia-suspend.service",
        "-> /usr/lib/systemd/system/nvidia-suspend.service",
    ));
    let rest = Desk::new(&all).cure(219);
    let disable = "systemctl disable nvidia-hibernate.service nvidia-resume.service";
    assert!(rest.undo.iter().any(|command| command == disable), "{rest:?}");
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
    let twins = held(&[
        ("sys/bus/pci/devices/0000:02:00.0/class", "0x030000"),
        ("sys/bus/pci/devices/0000:02:00.0/vendor", "0x10de"),
        ("sys/bus/pci/devices/0000:02:00.0/device", "0x2206"),
        ("sys/bus/pci/devices/0000:02:00.0/driver", "-> ../../../../bus/pci/drivers/vfio-pci"),
        (file, "options vfio-pci ids=10de:2206"),
    ]);
    assert_eq!(twins.safety, Safety::ByHand);
    assert!(twins.words.join("").contains("driverctl set-override 0000:0"), "{twins:?}");
    let words = "quiet vfio-pci.ids=10de:2206,10de:1aef";
    let grub = "GRUB_CMDLINE_LINUX=\"quiet vfio-pci.ids=10de:2206,10de:1aef\"";
    let odd = "GRUB_CMDLINE_LINUX=\"quiet vfio-pci.ids=10de:2206,10de:1aef $(cat /etc/more)\"";
    let by_hand = held(&[("proc/cmdline", words), ("etc/default/grub", odd)]);
    assert_eq!(
        by_hand.words,
        ["kernel command line: write vfio-pci.ids=10de:1aef in the place of \
          vfio-pci.ids=10de:2206,10de:1aef in GRUB_CMDLINE_LINUX_DEFAULT or GRUB_CMDLINE_LINUX \
          of /etc/default/grub, then run grub2-mkconfig -o /boot/grub2/grub.cfg"]
    );
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

#[test]
fn a_file_that_its_owner_gives_to_rpm_ostree_stays_tracked_when_a_cure_is_taken_back() {
    let commands = |origin: &'static str| {
        let cure = Desk::new(&[
            ("sys/module/nvidia_drm/parameters/modeset", "N"),
            ("etc/modprobe.d/nvidia.conf", "options nvidia_drm modeset=0"),
            ("run/ostree-booted", "x"),
            ("ostree/deploy/fedora/deploy/a.0.origin", origin),
        ])
        .cure(201);
        (cure.commands, cure.undo)
    };
    let etc = |option: &str, path: &str| format!("rpm-ostree initramfs-etc --{option}{path}");
    let (run, back) = commands("[origin]\nrefspec=x");
    let file = "/etc/modprobe.d/nvidia.conf";
    assert_eq!(run, [etc("track=", file)]);
    assert_eq!(back, [etc("untrack=", file)]);
    let own = "[rpmostree]\ninitramfs-etc=/etc/modprobe.d/nvidia.conf;/etc/crypttab;";
    assert_eq!(commands(own), (vec![etc("force-sync", "")], vec![etc("force-sync", "")]));
}
