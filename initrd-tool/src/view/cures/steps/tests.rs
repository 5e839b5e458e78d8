//! Cases of [`super::Steps`].

use super::*;
use crate::change::edit::Edit;
use nvpreflight::capture::Capture;
use nvpreflight::facts::Phase;

type Commands = (Vec<String>, Vec<String>);

/// What a change makes of a root: the files that are edited and the plan; `None` where it is
/// left to a person.
fn steps(root: &str, change: Change, path: &str, found: &str) -> Option<(Vec<Edit>, Plan)> {
    let (whole, edits, plan) = tried(root, change, path, found);
    whole.then_some((edits, plan))
}

/// The same with whether a person has to do it, whose words stand in the plan then.
fn tried(root: &str, change: Change, path: &str, found: &str) -> (bool, Vec<Edit>, Plan) {
    let tree = Capture::new(root.as_bytes());
    let facts = Box::new(Facts::new(Phase::Image));
    let machine = Machine::look(&tree, &facts);
    let mut draft = Draft::new(&tree);
    let plan = Plan::default();
    let mut steps =
        Steps { draft: &mut draft, machine: &machine, facts: &facts, report: None, plan };
    let origin = if path.is_empty() { Place::Nowhere } else { Place::file(path) };
    let (module, parameter, expected) = ("nvidia", "", "plain");
    let at = At { origin: &origin, module, parameter, expected, found, gpu: None };
    let whole = steps.step(change, at) && initrd::hold_options(&mut steps);
    let plan = steps.plan;
    (whole, draft.edits(), plan)
}

#[test]
fn a_file_for_the_image_is_told_of_in_the_words_of_its_maker() {
    const FILE: &str = "lib/firmware/nvidia/580.95.05/gsp_ga10x.bin";
    let there = format!("usr/{FILE} = x\n");
    for (root, words) in [
        ("etc/mkinitcpio.conf = FILES=()\n", "install the package that has"),
        ("usr/lib/booster/x = x\n", "install the package that has"),
        ("run/ostree-booted = x\netc/dracut.conf = #\n", "rpm-ostree install"),
        (&format!("usr/lib/booster/x = x\n{there}"), "extra_files"),
        (&format!("run/ostree-booted = x\n{there}"), "--arg=--install"),
    ] {
        let (whole, _, plan) = tried(root, Change::Bring, FILE, "");
        let told = plan.instead.unwrap_or_default();
        assert!(!whole && told.contains(words) && told.contains(FILE), "{root}: {told}");
        assert!(!told.contains("install_items"), "{root}: {told}");
    }
}

/// The commands of a change of the file, and those that take it back.
fn planned(root: &str, change: Change, path: &str, found: &str) -> Option<Commands> {
    steps(root, change, path, found).map(|(_, plan)| (plan.commands, plan.undo))
}

fn unpacked(root: &str, found: &str) -> Option<Commands> {
    planned(root, Change::Unpack, "lib/firmware/nvidia/535.1/gsp_ga10x.bin", found)
}

const EARLY: Change = Change::LoadEarly(&["nvidia", "nvidia_drm"]);

#[test]
fn loading_early_is_left_where_another_file_or_form_would_undo_it() {
    let dracut = "etc/dracut.conf = #\n";
    let booster = "usr/lib/booster/x = x\netc/booster.yaml = modules_force_load:";
    let ostree = "run/ostree-booted = x\nostree/deploy/f/deploy/a.0.origin";
    for (root, works) in [
        (dracut.to_owned(), true),
        (format!("{dracut}etc/dracut.conf.d/a.conf = force_drivers=\" ext4 \"\n"), true),
        (format!("{dracut}etc/dracut.conf.d/zz.conf = force_drivers=\" ext4 \"\n"), false),
        (
            format!("{dracut}etc/dracut.conf.d/zz.conf = omit_drivers+=\" nvidia nvidia-drm \"\n"),
            true,
        ),
        (
            format!("{dracut}usr/lib/dracut/dracut.conf.d/9.conf = omit_drivers+=\" nvidia.* \"\n"),
            false,
        ),
        (format!("{dracut}etc/dracut.conf.d/a.conf = omit_drivers+=\" nouveau \" # no *\n"), true),
        (
            format!("{dracut}etc/dracut.conf.d/a.conf = omit_drivers+=\" .*/amd76x_edac.* \"\n"),
            true,
        ),
        // One below /etc hides the package's.
        (
            format!(
                "{dracut}usr/lib/dracut/dracut.conf.d/9.conf = omit_drivers+=\" nvidia.* \"\netc/dracut.conf.d/9.conf = #\n"
            ),
            true,
        ),
        (format!("{booster} btrfs, nvidia\n"), true),
        (format!("{booster} \"nvidia,btrfs\"\n"), false),
        (format!("{booster} nvidia # early\n"), false),
        (format!("{booster}\n"), false),
        (format!("{ostree} = [origin]\n"), true),
        (format!("{ostree} = regenerate-initramfs=true\n"), false),
    ] {
        assert_eq!(planned(&root, EARLY, "", "").is_some(), works, "{root}");
    }
}

#[test]
fn options_reach_an_image_of_mkinitcpio_without_its_hook() {
    let set = Change::Set { module: "nvidia_drm", name: "modeset", value: "1" };
    let edits = |hooks: &str, more: &str| {
        let root = format!("etc/mkinitcpio.conf = HOOKS=({hooks})\n{more}");
        let (edits, _) = steps(&root, set, "", "").expect("a plan");
        edits.into_iter().map(|edit| edit.path).collect::<Vec<_>>()
    };
    let ours = "etc/modprobe.d/nvpreflight.conf";
    assert_eq!(edits("base udev modconf", ""), [ours]);
    assert_eq!(edits("base udev", ""), ["etc/mkinitcpio.conf", ours]);
    let drop_in = "etc/mkinitcpio.conf.d/z.conf = FILES=(/b)\n";
    assert_eq!(edits("base udev", drop_in), ["etc/mkinitcpio.conf.d/z.conf", ours]);
}

#[test]
fn a_word_is_left_where_an_entry_is_another_ones_or_nothing_writes_it() {
    let entry = |title: &str, key: &str| {
        format!(
            "boot/loader/entries/a.conf <<EOF\ntitle {title}\n{key} /x\noptions root=/dev/a\nEOF\n"
        )
    };
    let sdboot = |lines: &str| {
        let conf = format!("etc/sdboot-manage.conf <<EOF\nLINUX_OPTIONS=\"quiet\"\n{lines}\nEOF\n");
        format!("usr/bin/sdboot-manage = x\n{conf}")
    };
    let kernel = "etc/mkinitcpio.conf = #\netc/kernel/cmdline = quiet\n";
    let uki = "etc/mkinitcpio.d/linux.preset = default_uki=\"/efi/EFI/Linux/arch.efi\"\n";
    for (root, works) in [
        (entry("Arch", "linux"), true),
        (entry("Windows", "efi"), false),
        (entry("Arch (safe graphics)", "linux"), false),
        (sdboot(""), true),
        (sdboot("NO_AUTOGEN=\"yes\""), false),
        (sdboot("NO_AUTOGEN=\"yes\"\nPRESERVE_FOREIGN=\"yes\""), true),
        (sdboot("REMOVE_EXISTING=\"no\""), false),
        (format!("{kernel}{uki}"), true),
        (format!("{kernel}etc/mkinitcpio.d/linux.preset = #default_uki=\"x\"\n"), false),
    ] {
        let word = planned(&root, Change::AddWord("iommu=pt"), "", "");
        assert_eq!(word.is_some(), works, "{root}");
    }
}

#[test]
fn a_device_node_is_made_again_by_the_drivers_own_program() {
    let made = |root: &str, node: &str| planned(root, Change::MakeNode, node, "195:1");
    let root = "usr/bin/nvidia-modprobe = x\n";
    for (node, option) in [("0", "-c 0"), ("ctl", "-c 255"), ("-uvm", "-u"), ("-modeset", "-m")] {
        let commands =
            vec![format!("rm -f /dev/nvidia{node}"), format!("nvidia-modprobe {option}")];
        assert_eq!(made(root, &format!("dev/nvidia{node}")), Some((commands, vec![])));
    }
    assert_eq!(made(root, "dev/nvidia-caps"), None);
    assert_eq!(made("etc/x = x\n", "dev/nvidia0"), None, "nothing there makes one");
}

#[test]
fn firmware_is_unpacked_where_the_root_has_it_packed() {
    let file = "usr/lib/firmware/nvidia/535.1/gsp_ga10x.bin";
    let root = |ending: &str| format!("etc/dracut.conf = x\n{file}.{ending} = x\n");
    for (ending, found, command) in [("xz", "xz", "unxz --keep"), ("zst", "zstd", "unzstd --keep")]
    {
        let commands = vec![format!("{command} /{file}.{ending}")];
        let undo = vec![format!("rm -f /{file}")];
        assert_eq!(unpacked(&root(ending), found), Some((commands, undo)));
    }
    assert_eq!(unpacked("etc/dracut.conf = x\n", "xz"), None, "the root has it no more");
    let done = format!("etc/dracut.conf = x\n{file} = x\n");
    assert_eq!(unpacked(&done, "xz"), Some((vec![], vec![])), "a new image is all it takes");
    let nixos = format!("{}etc/NIXOS =\n", root("xz"));
    assert_eq!(unpacked(&nixos, "xz"), None, "a package cannot change there");
}
