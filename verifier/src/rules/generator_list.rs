//! NVP529: the list that an initrd's generator goes by will not do what it is for.

use crate::expect::Expectations;
use crate::facts::{Facts, in_stack};
use crate::finding::{Findings, Severity};
use crate::reading::sayings::SENDER;
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

/// The fix for the file that is at fault.
fn fix_of(file: &str) -> Option<&'static str> {
    Some(match file {
        "mkinitcpio.conf" => {
            "MODULES=(nvidia nvidia_modeset nvidia_uvm nvidia_drm)    # in /etc/mkinitcpio.conf; then \
             mkinitcpio -P"
        }
        "dracut.conf" => {
            "force_drivers+=\" nvidia nvidia_modeset nvidia_uvm nvidia_drm \"    # in \
             /etc/dracut.conf.d/nvidia.conf; then dracut --force --regenerate-all"
        }
        _ => return None,
    })
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let lists = || f.records().iter().filter_map(List::of);
    let forced = lists().any(|list| list.setting == "force_drivers" && list.names("nvidia_drm"));
    let any = |module: &str| lists().any(|list| list.loads() && list.names(module));
    for list in lists().filter(|list| list.setting != "HOOKS" && list.setting != "omit_drivers") {
        let List { record, file, setting, .. } = list;
        let unknown = list.words().find(|word| is_unknown(word));
        let ends = list.value.trim_matches(['"', '\'']);
        // What a boot shows goes before what a list will do to the next one.
        let severity = if shows_a_boot(f) { Severity::Warning } else { Severity::Error };
        let finding = if let Some(word) = unknown {
            out.add(format_args!("{file}: {setting} names {word}, and there is no such module"))
                .severity(severity)
                .logged(record.us, &record.text)
        } else if list.names("nouveau") && any("nvidia") {
            out.add(format_args!(
                "{file}: {setting} names nouveau beside nvidia: the first to load takes the GPU"
            ))
            .severity(severity)
            .module("nouveau")
            .logged(record.us, &record.text)
        } else if list.loads() && list.names("nvidia") && !any("nvidia_drm") {
            out.add(format_args!(
                "{file}: {setting} names nvidia without nvidia_drm, which drives the screen"
            ))
            .module("nvidia_drm")
            .logged(record.us, &record.text)
        } else if setting == "add_drivers" && list.names("nvidia_drm") && !forced {
            out.add(format_args!(
                "{file}: add_drivers copies the stack into the initrd, and nothing loads it there: \
                 force_drivers does"
            ))
            .module("nvidia_drm")
            .logged(record.us, &record.text)
        } else if file == "dracut.conf"
            && list.words().any(|word| in_stack(&Name::from(word)))
            && !(ends.starts_with(' ') && ends.ends_with(' '))
        {
            out.add(format_args!(
                "{file}: {setting} lacks a blank at an end of its value: dracut glues it to the next file's"
            ))
            .logged(record.us, &record.text)
        } else {
            continue;
        };
        if let Some(fix) = fix_of(file) {
            finding.fix(fix);
        }
    }
    hook(f, out);
}

/// Whether the text holds more than lists: lines of a kernel's log or of a program.
fn shows_a_boot(f: &Facts) -> bool {
    f.records().iter().any(|record| List::of(record).is_none() && !record.text.starts_with(SENDER))
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
mod tests;
