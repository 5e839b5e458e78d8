//! NVP529: the list that an initrd's generator goes by will not do what it is for.

use crate::expect::Expectations;
use crate::facts::{Facts, in_stack};
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::text::Name;
use list::{List, is_unknown};

mod list;

rule! {
    /// ## What it checks
    /// Of the text of mkinitcpio.conf, dracut.conf, initramfs-tools' modules or a
    /// configuration.nix, before an image is built: whether a list names only a part of
    /// the stack, a module that does not exist, or nouveau beside nvidia; whether dracut
    /// gets the modules without being told to load them; whether a word of dracut's is
    /// glued to the next one.
    ///
    /// ## Why
    /// nvidia alone drives no screen: nvidia_drm does, and it brings the other two. A
    /// generator warns of a name that it does not know and goes on. dracut's
    /// `add_drivers+=` only copies a module, `force_drivers+=` loads it early too; values
    /// of several files are put one behind the other, so each needs blanks at its ends.
    /// mkinitcpio's hook `kms` adds nouveau.
    ///
    /// ## Fix
    /// One line with the whole stack, then a new image.
    ///
    /// ## Sources
    /// mkinitcpio.conf(5), mkinitcpio install/kms; dracut.conf(5), dracut.sh
    /// ("force_drivers"); initramfs-tools(7); NixOS nixos/modules/system/boot/kernel.nix.
    529 generator_list {
        title: "the initrd generator's list of modules is wrong",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [LOG, GENERATOR_LIST],
        after: [],
        fix: "mkinitcpio: MODULES=(nvidia nvidia_modeset nvidia_uvm nvidia_drm); dracut: force_drivers+=\" nvidia nvidia_modeset nvidia_uvm nvidia_drm \"; then rebuild the initrd",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_uvm\" \"nvidia_drm\" ];",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let lists = || f.records().iter().filter_map(List::of);
    let forced = lists().any(|list| list.setting == "force_drivers" && list.names("nvidia_drm"));
    let any = |module: &str| lists().any(|list| list.loads() && list.names(module));
    for list in lists().filter(|list| list.setting != "HOOKS" && list.setting != "omit_drivers") {
        let List { record, file, setting, .. } = list;
        let unknown = list.words().find(|word| is_unknown(word));
        let ends = list.value.trim_matches(['"', '\'']);
        if let Some(word) = unknown {
            out.add(format_args!("{file}: {setting} names {word}, and there is no such module"))
                .severity(Severity::Error)
                .logged(record.us, &record.text);
        } else if list.names("nouveau") && any("nvidia") {
            out.add(format_args!(
                "{file}: {setting} names nouveau beside nvidia: the first to load takes the GPU"
            ))
            .severity(Severity::Error)
            .module("nouveau")
            .logged(record.us, &record.text);
        } else if list.loads() && list.names("nvidia") && !any("nvidia_drm") {
            out.add(format_args!(
                "{file}: {setting} names nvidia without nvidia_drm, which drives the screen"
            ))
            .module("nvidia_drm")
            .logged(record.us, &record.text);
        } else if setting == "add_drivers" && list.names("nvidia_drm") && !forced {
            out.add(format_args!(
                "{file}: add_drivers copies the stack into the initrd, and nothing loads it there: \
                 force_drivers does"
            ))
            .module("nvidia_drm")
            .logged(record.us, &record.text);
        } else if file == "dracut.conf"
            && list.words().any(|word| in_stack(&Name::from(word)))
            && !(ends.starts_with(' ') && ends.ends_with(' '))
        {
            out.add(format_args!(
                "{file}: {setting} lacks a blank at an end of its value: dracut glues it to the next file's"
            ))
            .logged(record.us, &record.text);
        }
    }
    hook(f, out);
}

/// mkinitcpio's hook `kms` beside the stack. It serves another maker's GPU too, so it is a
/// note.
fn hook(f: &Facts, out: &mut Findings<'_>) {
    let lists = || f.records().iter().filter_map(List::of).filter(|l| l.file == "mkinitcpio.conf");
    let stack = lists().any(|list| list.setting == "MODULES" && list.names("nvidia"));
    let Some(list) =
        lists().find(|l| stack && l.setting == "HOOKS" && l.words().any(|w| w == "kms"))
    else {
        return;
    };
    out.add(format_args!(
        "mkinitcpio.conf: the hook kms adds nouveau to the initrd that loads nvidia"
    ))
    .severity(Severity::Note)
    .module("nouveau")
    .fix("take kms out of HOOKS, unless another GPU needs it; else blacklist nouveau")
    .logged(list.record.us, &list.record.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    fn file(lines: &[&str]) -> Case {
        let log: std::string::String =
            lines.iter().map(|line| std::format!("<30>[    0.000000] {line}\n")).collect();
        Case::journal(&log)
    }

    #[test]
    fn each_wrong_list_is_told() {
        for (lines, says) in [
            (
                &["mkinitcpio.conf: MODULES=(nvidia nvidia_modeset)"][..],
                "warning: mkinitcpio.conf: MODULES names nvidia without nvidia_drm, which drives the screen",
            ),
            (
                &["mkinitcpio.conf: MODULES=(nvidia nvidia_modset nvidia_drm)"],
                "error: mkinitcpio.conf: MODULES names nvidia_modset, and there is no such module",
            ),
            (
                &["mkinitcpio.conf: MODULES=(nouveau nvidia nvidia_drm)"],
                "error: mkinitcpio.conf: MODULES names nouveau beside nvidia: the first to load takes the GPU",
            ),
            (
                &[
                    "mkinitcpio.conf: MODULES=(nvidia_drm nvidia)",
                    "mkinitcpio.conf: HOOKS=(base udev kms)",
                ],
                "note: mkinitcpio.conf: the hook kms adds nouveau to the initrd that loads nvidia",
            ),
            (
                &["dracut.conf: add_drivers+=\" nvidia nvidia_drm \""],
                "warning: dracut.conf: add_drivers copies the stack into the initrd, and nothing loads it \
                 there: force_drivers does",
            ),
            (
                &["dracut.conf: force_drivers+=\"nvidia nvidia_drm\""],
                "warning: dracut.conf: force_drivers lacks a blank at an end of its value: dracut glues \
                 it to the next file's",
            ),
            (
                &["configuration.nix: boot.initrd.kernelModules = [ \"nvidia\" ];"],
                "warning: configuration.nix: boot.initrd.kernelModules names nvidia without nvidia_drm, \
                 which drives the screen",
            ),
        ] {
            fires(&RULE, file(lines), &std::format!("NVP529 {says}"));
        }
    }

    #[test]
    fn whole_lists_and_other_modules_are_quiet() {
        for lines in [
            &["mkinitcpio.conf: MODULES=(nvidia nvidia_modeset nvidia_uvm nvidia_drm)"][..],
            &["mkinitcpio.conf: MODULES=(btrfs)", "mkinitcpio.conf: HOOKS=(base udev kms)"],
            &[
                "dracut.conf: force_drivers+=\" nvidia nvidia-drm \"",
                "dracut.conf: add_drivers+=\" nvidia_drm \"",
            ],
            &["dracut.conf: omit_drivers+=\" nvidia nvidia_drm \""],
            &["initramfs-tools/modules: MODULES=(nvidia-current nvidia-current-drm)"],
        ] {
            quiet(&RULE, file(lines));
        }
    }

    #[test]
    fn what_is_left_out_does_not_load_and_one_blank_is_too_few() {
        let omits = "dracut.conf: omit_drivers+=\" nouveau \"";
        quiet(&RULE, file(&[omits, "mkinitcpio.conf: MODULES=(nvidia nvidia_drm)"]));
        fires(
            &RULE,
            file(&["dracut.conf: force_drivers+=\" nvidia nvidia_drm\""]),
            "NVP529 warning: dracut.conf: force_drivers lacks a blank at an end of its value: dracut \
             glues it to the next file's",
        );
    }

    #[test]
    fn a_list_that_only_copies_and_hooks_without_kms_are_quiet() {
        let hooks = "mkinitcpio.conf: HOOKS=(base udev autodetect)";
        quiet(&RULE, file(&["mkinitcpio.conf: MODULES=(nvidia_drm nvidia)", hooks]));
        quiet(&RULE, file(&["dracut.conf: add_drivers+=\" nvidia \""]));
    }
}
