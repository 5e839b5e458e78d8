//! The initrd's part of a cure, one row for each maker: how a module is loaded early,
//! and how images are built again (man mkinitcpio.conf, dracut.conf, initramfs-tools,
//! update-initramfs, booster, rpm-ostree).

mod dracut;
mod mkinitcpio;

use super::draft::{Draft, has};
use super::machine::Loader;
use super::words::listed;
use super::{Plan, Safety, Steps};
use crate::view::maker::Maker;

/// Lists of packages for initramfs-tools (mkinitramfs).
const DEBIAN_FOLDER: &str = "usr/share/initramfs-tools/modules.d";
const DEBIAN: &str = "etc/initramfs-tools/modules";
const BOOSTER: &str = "etc/booster.yaml";
/// How its list of modules begins (booster(1)).
const BOOSTER_KEY: &str = "modules_force_load:";
/// The hook of ours that puts files into images of initramfs-tools (initramfs-tools(7),
/// "HOOK SCRIPTS"), which runs only where it may be executed.
const DEBIAN_HOOK: &str = "etc/initramfs-tools/hooks/nvpreflight-files";
/// How it begins; a line for each file follows (hook-functions, `copy_file`, which fails for
/// a file that is in the image already, and a hook that fails keeps the image from being
/// made: what is missing there is NVP417's to tell).
const DEBIAN_HOOK_HEAD: [&str; 4] = [
    "#!/bin/sh",
    "# Files for the initrd, by `nvpreflight fix`.",
    "case $1 in prereqs) exit 0 ;; esac",
    ". /usr/share/initramfs-tools/hook-functions",
];

/// Plans the commands that build every installed kernel's image again, and words where it
/// is no command. The files that the images have to hold are named to rpm-ostree, whose
/// images are made elsewhere.
pub(super) fn rebuild(steps: &Steps<'_, '_>, files: &[String], plan: &mut Plan) {
    let machine = steps.machine;
    if machine.loader == Loader::RpmOstree {
        let tracked = tracked(steps.draft);
        for file in files.iter().filter(|file| file.starts_with("etc/modprobe.d/")) {
            let path = format!("/{file}");
            let etc = |option| format!("rpm-ostree initramfs-etc --{option}={path}");
            match tracked.contains(&path) {
                // What its owner tracks stays tracked when the cure is taken back.
                true => plan.run("rpm-ostree initramfs-etc --force-sync"),
                false => plan.change(etc("track"), etc("untrack")),
            }
        }
        return;
    }
    // kernel-install puts images where the boot loader looks for them.
    let by_script = machine.entries.filter(|command| *command == "reinstall-kernels");
    match by_script.or(command(machine.maker)) {
        Some(command) => plan.run(command),
        None => plan.words.push("rebuild the initrd".to_owned()),
    }
}

/// The command that builds every installed kernel's image again.
#[must_use]
pub const fn command(maker: Maker) -> Option<&'static str> {
    match maker {
        Maker::Dracut => Some("dracut --force --regenerate-all"),
        Maker::Mkinitcpio => Some("mkinitcpio -P"),
        Maker::InitramfsTools => Some("update-initramfs -u -k all"),
        Maker::Booster => Some("/usr/lib/booster/regenerate_images"),
        Maker::NixOs => Some("nixos-rebuild boot"),
        Maker::Unknown => None,
    }
}

/// Has the image hold the files of options that a cure changed. dracut takes those of
/// /etc/modprobe.d along only where `hostonly` is on (90kernel-modules/module-setup.sh),
/// which Debian leaves off; the other makers take all of them.
pub(super) fn hold_options(steps: &mut Steps<'_, '_>) -> bool {
    let ours = |path: &&String| path.starts_with("etc/modprobe.d/");
    let files: Vec<String> = steps.plan.says.iter().filter(ours).cloned().collect();
    if steps.machine.maker == Maker::Mkinitcpio && mkinitcpio::lacks_modconf(steps.draft) {
        let plain = files.iter().all(|path| is_plain(path));
        return plain && files.iter().all(|path| mkinitcpio::add_file(steps, path));
    }
    if steps.machine.maker != Maker::Dracut
        || steps.machine.loader == Loader::RpmOstree
        || dracut::hostonly(steps.draft)
    {
        return true;
    }
    files.iter().all(|path| is_plain(path))
        && files
            .iter()
            .all(|path| steps.draft.add(dracut::OURS, &format!("install_items+=\" /{path} \"")))
}

/// A path that a shell file, as the makers' configuration is, reads as one word.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

/// Loads modules in the initrd. What dracut's `omit_drivers` names is loaded nevertheless:
/// `force_drivers` takes a name off that list, in the spelling with underscores that the
/// list is compared in (dracut.sh, `omit_drivers_corrected`).
pub(super) fn load_early(steps: &mut Steps<'_, '_>, modules: &[&str]) -> bool {
    // A larger image, another order of a boot, no resume from hibernation.
    steps.plan.weigh(Safety::Decide);
    steps.plan.rebuild = true;
    if steps.machine.loader == Loader::RpmOstree && regenerates(steps.draft) {
        // Its arguments would be lost, and taking it back would end it.
        steps.plan.instead = Some(format!(
            "rpm-ostree builds this initrd with arguments already: run rpm-ostree initramfs \
             --enable again with all of them (rpm-ostree status -v) and --arg=--force-drivers \
             --arg='{}'",
            modules.join(" ")
        ));
        return false;
    }
    if steps.machine.loader == Loader::RpmOstree {
        let list = modules.join(" ");
        steps.plan.change(
            format!("rpm-ostree initramfs --enable --arg=--force-drivers --arg='{list}'"),
            "rpm-ostree initramfs --disable",
        );
        return true;
    }
    let planned = match steps.machine.maker {
        Maker::Dracut => {
            !dracut::overrules(steps.draft)
                && steps
                    .draft
                    .add(dracut::OURS, &format!("force_drivers+=\" {} \"", modules.join(" ")))
        }
        Maker::Mkinitcpio => mkinitcpio::load_early(steps, modules),
        Maker::InitramfsTools => modules.iter().all(|module| steps.draft.add(DEBIAN, module)),
        Maker::Booster => booster(steps, modules),
        Maker::NixOs | Maker::Unknown => false,
    };
    if !planned {
        steps.plan.instead = early_in_words(steps.machine.maker, modules);
    }
    planned
}

/// How a maker is told to load modules in the initrd, in words. Its files are added to, and
/// never written anew: they are the owner's.
#[must_use]
pub fn early_in_words(maker: Maker, modules: &[&str]) -> Option<String> {
    let names = modules.join(" ");
    let list = match maker {
        Maker::Dracut => {
            format!("add force_drivers+=\" {names} \" to the last file in /etc/dracut.conf.d")
        }
        Maker::Mkinitcpio => format!("add {names} to MODULES=(…) of /{}", mkinitcpio::FILE),
        Maker::InitramfsTools => format!("add {names} to /{DEBIAN}, one a line"),
        Maker::Booster => format!("add {names} to {BOOSTER_KEY} in /{BOOSTER}, with commas"),
        Maker::NixOs | Maker::Unknown => return None,
    };
    Some(format!("{list}; then {}", command(maker).unwrap_or_default()))
}

/// Whether rpm-ostree makes this machine's images itself already, with arguments of its owner's
/// (rpm-ostree(1), "initramfs": the deployment's origin).
fn regenerates(draft: &Draft<'_>) -> bool {
    origins(draft).iter().any(|line| line == "regenerate-initramfs=true")
}

/// The files of /etc that rpm-ostree lays over its images already (rpm-ostree's origin,
/// group "rpmostree", key "initramfs-etc": a list).
fn tracked(draft: &Draft<'_>) -> Vec<String> {
    let lines = origins(draft);
    let lists = lines.iter().filter_map(|line| line.strip_prefix("initramfs-etc="));
    lists.flat_map(|list| list.split(';').map(str::to_owned)).collect()
}

/// The lines of every deployment's origin, without blanks.
fn origins(draft: &Draft<'_>) -> Vec<String> {
    const FOLDER: &str = "ostree/deploy";
    let systems = listed(draft.tree(), FOLDER, "");
    let origins =
        systems.iter().flat_map(|os| listed(draft.tree(), &format!("{os}/deploy"), ".origin"));
    let lines = origins.filter_map(|path| draft.lines(&path)).flatten();
    lines.map(|line| line.replace(' ', "")).collect()
}

/// Takes the stack's modules off the lists of what the initrd loads, and leaves a line of
/// them alone as a comment; false where no list that can be read names one.
pub(super) fn load_late(steps: &mut Steps<'_, '_>) -> bool {
    steps.plan.weigh(Safety::Decide);
    steps.plan.rebuild = true;
    if steps.machine.loader == Loader::RpmOstree {
        steps.plan.instead = Some(
            "run rpm-ostree initramfs --enable again with the arguments that rpm-ostree status \
             -v shows, without nvidia's --force-drivers; without any other argument run \
             rpm-ostree initramfs --disable"
                .to_owned(),
        );
        return false;
    }
    let tree = steps.draft.tree();
    // Each file with the one that is written: below /etc one hides the package's.
    let mut files: Vec<(String, String)> = vec![];
    let mut own = |path: String| files.push((path.clone(), path));
    match steps.machine.maker {
        Maker::Dracut => {
            files.extend(dracut::files(tree).into_iter().map(|path| {
                let written = dracut::written(&path);
                (path, written)
            }));
        }
        Maker::Mkinitcpio => mkinitcpio::files(tree).into_iter().for_each(own),
        Maker::InitramfsTools => {
            own(DEBIAN.to_owned());
            // A package's, of which there is none below /etc.
            listed(tree, DEBIAN_FOLDER, "").into_iter().for_each(own);
        }
        Maker::Booster => own(BOOSTER.to_owned()),
        Maker::NixOs | Maker::Unknown => return false,
    }
    let mut found = false;
    for (path, written) in files {
        let Some(lines) = steps.draft.lines(&path) else { continue };
        let plain = steps.machine.maker == Maker::InitramfsTools;
        let late: Vec<String> = lines.iter().map(|line| without_stack(line, plain)).collect();
        // One list that goes and another that stays are no change.
        if names_stack(&late) || late != lines && !written.starts_with("etc/") {
            return false;
        }
        if late != lines {
            found = true;
            steps.draft.put(&written, late);
        }
    }
    found
}

/// Whether a list of what is loaded still names a module of the stack: one over several
/// lines, or with words of a shell.
fn names_stack(lines: &[String]) -> bool {
    /// Settings that load something (mkinitcpio.conf(5), dracut.conf(5), booster(1)).
    const LOADS: [&str; 5] = ["MODULES", "force_drivers", "add_drivers", "drivers", BOOSTER_KEY];
    let mut open = false;
    lines.iter().any(|line| {
        let text = line.trim().trim_start_matches("export ");
        if text.starts_with('#') {
            return false;
        }
        let begins = LOADS.iter().any(|key| {
            let rest = text.strip_prefix(key);
            rest.is_some_and(|rest| {
                rest.trim_start_matches('+').starts_with('=') || key.ends_with(':')
            })
        });
        let was_open = open;
        open = match (begins, was_open) {
            (true, _) => {
                text.contains('(') && !text.contains(')') || text.matches('"').count() == 1
            }
            (false, true) => !text.contains([')', '"']),
            (false, false) => false,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let mut names = text.split(|c| !is_name(c));
        (begins || was_open) && names.any(|name| in_stack(&name))
    })
}

/// A line of a maker's list without the stack's modules; as it is where it is no such line.
/// A file that is a list has one module a line.
fn without_stack(line: &str, one_a_line: bool) -> String {
    /// How such a line begins and ends, and what stands between the names.
    const LISTS: [(&str, &str, char); 6] = [
        ("MODULES=(", ")", ' '),
        ("MODULES+=(", ")", ' '),
        ("force_drivers+=\"", "\"", ' '),
        ("add_drivers+=\"", "\"", ' '),
        (BOOSTER_KEY, "", ','),
        ("", "", ' '),
    ];
    let text = line.trim();
    let inner = |head: &str, tail: &str| text.strip_prefix(head)?.strip_suffix(tail);
    let fits = |head: &str| head.is_empty() == one_a_line;
    let mut lists = LISTS.iter().filter(|(head, ..)| fits(head));
    let list = lists.find_map(|(head, tail, by)| Some((head, tail, by, inner(head, tail)?)));
    let Some((head, tail, by, names)) = list.filter(|_| !text.starts_with('#')) else {
        return line.to_owned();
    };
    let names: Vec<&str> = names.split([*by, ' ', '\t']).filter(|name| !name.is_empty()).collect();
    // A module with its parameters, or words of a shell.
    let bare = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let left: Vec<&str> = names.iter().filter(|name| !in_stack(name)).copied().collect();
    let plain = head.is_empty() && names.first().is_some_and(in_stack);
    match () {
        () if left.len() == names.len() => line.to_owned(),
        // A list of one module a line has its parameters behind it.
        () if plain || left.is_empty() => format!("# {line}"),
        () if head.is_empty() || !names.iter().all(bare) => line.to_owned(),
        () => {
            let blank = if head.contains('"') { " " } else { "" };
            let gap = if *by == ',' { " " } else { blank };
            format!("{head}{gap}{}{blank}{tail}", left.join(&by.to_string()))
        }
    }
}

/// Whether a name is one of the stack's, in either spelling.
fn in_stack(name: &&str) -> bool {
    nvpreflight::facts::in_stack(name)
}

/// Puts a file of the root into the image; one that the root does not have has to be
/// installed first, which is for words.
pub(super) fn bring(steps: &mut Steps<'_, '_>, path: &str) -> bool {
    let path = path.strip_prefix("usr/").unwrap_or(path);
    let there = |path: &str| has(steps.draft.tree(), &[path]);
    let known = there(path) || there(&format!("usr/{path}"));
    let below = path.starts_with("lib/firmware/") && path.split('/').all(|part| part != "..");
    let (maker, ostree) = (steps.machine.maker, steps.machine.loader == Loader::RpmOstree);
    let then = command(maker).unwrap_or("rebuild the initrd");
    steps.plan.instead = match (known, maker) {
        _ if !below => None,
        (true, _) if ostree => Some(format!(
            "sudo rpm-ostree initramfs --enable --arg=--install --arg='/{path}'    # and the \
             arguments that rpm-ostree status -v shows"
        )),
        (false, _) if ostree => {
            Some(format!("layer the package that has /{path} (rpm-ostree install)"))
        }
        (true, Maker::Booster) => {
            Some(format!("add /{path} to extra_files: in /{BOOSTER}, with commas; then {then}"))
        }
        (true, _) => None,
        // It is the driver's of the same version, or of a package of its firmware.
        (false, _) => Some(format!("install the package that has /{path}, then {then}")),
    };
    // rpm-ostree makes its images elsewhere, of the packages alone.
    if !known || !below || !is_plain(path) || ostree {
        return false;
    }
    steps.plan.rebuild = true;
    match maker {
        Maker::Dracut => steps.draft.add(dracut::OURS, &format!("install_items+=\" /{path} \"")),
        Maker::Mkinitcpio => mkinitcpio::add_file(steps, path),
        Maker::InitramfsTools => hook(steps, path),
        // booster takes a list of its own.
        _ => false,
    }
}

/// Has our hook of initramfs-tools copy a file.
fn hook(steps: &mut Steps<'_, '_>, path: &str) -> bool {
    if !steps.draft.is_free(DEBIAN_HOOK) {
        return false;
    }
    let mut lines = steps.draft.lines(DEBIAN_HOOK).unwrap_or_default();
    if lines.is_empty() {
        lines.extend(DEBIAN_HOOK_HEAD.map(str::to_owned));
    }
    // A file of this name that is not ours is somebody's program.
    if !lines.starts_with(&DEBIAN_HOOK_HEAD.map(str::to_owned)) {
        return false;
    }
    let copy = format!("copy_file firmware /{path} || :");
    if !lines.contains(&copy) {
        lines.push(copy);
    }
    steps.draft.put(DEBIAN_HOOK, lines);
    steps.plan.run_once(format!("chmod 755 /{DEBIAN_HOOK}"));
    true
}

/// `modules_force_load: a,b` of booster.yaml (booster(1)).
fn booster(steps: &mut Steps<'_, '_>, modules: &[&str]) -> bool {
    let mut lines = steps.draft.lines(BOOSTER).unwrap_or_default();
    let known = lines.iter_mut().find(|line| line.starts_with(BOOSTER_KEY));
    let list = |line: &str| line.trim_start_matches(BOOSTER_KEY).trim().to_owned();
    // YAML has other forms of a value, which a name behind it would break.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-, ".contains(c);
    if let Some(line) = &known {
        let value = list(line);
        if value.is_empty() || !value.chars().all(is_plain) {
            return false;
        }
    }
    match known {
        Some(line) => {
            let mut names: Vec<String> =
                list(line).split(',').map(|n| n.trim().to_owned()).collect();
            names.retain(|name| !name.is_empty() && !modules.contains(&name.as_str()));
            names.extend(modules.iter().map(|m| (*m).to_owned()));
            *line = format!("{BOOSTER_KEY} {}", names.join(","));
        }
        None => lines.push(format!("{BOOSTER_KEY} {}", modules.join(","))),
    }
    steps.draft.put(BOOSTER, lines);
    true
}

/// Reads the files that loading early, or no longer so, would touch.
pub fn note(draft: &Draft<'_>) {
    for folder in [mkinitcpio::FOLDER, DEBIAN_FOLDER] {
        for path in listed(draft.tree(), folder, "") {
            let _ = draft.lines(&path);
        }
    }
    for path in [dracut::OURS, mkinitcpio::FILE, DEBIAN, DEBIAN_HOOK, BOOSTER] {
        let _ = draft.lines(path);
    }
    let _ = dracut::hostonly(draft);
}

#[cfg(test)]
mod tests {
    use super::{names_stack, without_stack};

    #[test]
    fn a_list_over_several_lines_is_seen() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        for text in [
            "MODULES=(\n  btrfs\n  nvidia-drm\n)",
            "force_drivers+=\" nvidia \\\n  btrfs \"",
            "MODULES=(${NVIDIA} nvidia)",
        ] {
            assert!(names_stack(&lines(text)), "{text}");
        }
        for text in [
            "MODULES=()\nHOOKS=(base nvidia)",
            "omit_drivers+=\" nvidia nvidia_drm \"",
            "#MODULES=(nvidia)",
            "MODULES=(btrfs)\nFILES=(/usr/bin/nvidia)",
        ] {
            assert!(!names_stack(&lines(text)), "{text}");
        }
    }

    #[test]
    fn lists_lose_the_stack_and_nothing_else() {
        for (line, late) in [
            ("MODULES=(btrfs nvidia nvidia_modeset nvidia-drm)", "MODULES=(btrfs)"),
            ("MODULES+=(nvidia)", "# MODULES+=(nvidia)"),
            ("force_drivers+=\" nvidia nvidia_drm \"", "# force_drivers+=\" nvidia nvidia_drm \""),
            ("add_drivers+=\" i915 nvidia_drm \"", "add_drivers+=\" i915 \""),
            ("modules_force_load: nvidia,btrfs,nvidia_uvm", "modules_force_load: btrfs"),
            ("nvidia_drm modeset=1", "# nvidia_drm modeset=1"),
        ] {
            let one_a_line = line.starts_with("nvidia_drm");
            assert_eq!(without_stack(line, one_a_line), late);
        }
        for same in [
            "MODULES=(btrfs)",
            "MODULES=(${NVIDIA} nvidia)",
            "# nvidia_drm",
            "nvidiafb",
            "HOOKS=(base nvidia)",
            "hostonly=yes",
            "options nvidia_drm modeset=1",
            "",
        ] {
            assert_eq!(without_stack(same, false), same);
            assert_eq!(without_stack(same, true), same);
        }
    }
}
