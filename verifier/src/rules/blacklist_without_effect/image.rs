//! NVP309 of an image: a blacklist that a module which needs the blacklisted one
//! will pass by.

use super::{misspelt, tell};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::blocks;
use crate::reading::fate::next::{self, Effect};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for block in blocks::meant_for_stack(f) {
        let mut say = |why: core::fmt::Arguments<'_>| tell(&block, "will not", why, out);
        match next::effect(f, want, &block) {
            Effect::Keeps => {}
            Effect::PulledIn(by) => say(format_args!("{by} needs it and is loaded")),
            Effect::Asked(request) => {
                say(format_args!("{} loads it by name", request.place));
            }
            Effect::SoftdepFirst => {
                say(format_args!("a softdep of it is in force, and kmod inserts it itself"));
            }
            Effect::Misspelt if next::of(f, want, block.module).loads() => {
                say(format_args!("{}", misspelt(&block)));
            }
            Effect::Misspelt => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_module_that_another_one_needs_comes_in_all_the_same() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = blacklist nvidia\n"),
            "NVP309 note etc/modprobe.d/a.conf:1: blacklist nvidia of etc/modprobe.d/a.conf:1 will \
             not stop nvidia from loading: nvidia_drm needs it and is loaded",
        );
    }

    #[test]
    fn a_load_by_name_asks_no_blacklist() {
        fires(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = blacklist nvidia_uvm\nconf/modules = nvidia_uvm\n",
            ),
            "NVP309 note etc/modprobe.d/a.conf:1: blacklist nvidia_uvm of etc/modprobe.d/a.conf:1 \
             will not stop nvidia_uvm from loading: conf/modules:1 loads it by name",
        );
    }

    #[test]
    fn a_dash_on_the_command_line_misses() {
        fires(
            &RULE,
            Case::image_with_stack("proc/cmdline = modprobe.blacklist=nvidia-drm\n"),
            "NVP309 note kernel command line, word 1: modprobe.blacklist=nvidia-drm of kernel \
             command line, word 1 will not stop nvidia_drm from loading: kmod turns no dash of \
             modprobe.blacklist=, and modules have underscores",
        );
    }

    #[test]
    fn a_blacklist_of_the_whole_stack_works() {
        quiet(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf <<EOF\nblacklist nvidia\nblacklist nvidia_drm\n\
                 blacklist nvidia_modeset\nEOF\n",
            ),
        );
        quiet(&RULE, Case::image("etc/modprobe.d/a.conf = blacklist nvidia\n"));
    }

    #[test]
    fn an_install_line_loses_to_a_softdep_whose_target_is_there() {
        let tree = |softdep: &str| {
            Case::image_with_stack(&std::format!(
                "etc/modprobe.d/a.conf <<EOF\ninstall nvidia /bin/false\n{softdep}\nEOF\n"
            ))
        };
        fires(
            &RULE,
            tree("softdep nvidia pre: drm"),
            "NVP309 note etc/modprobe.d/a.conf:1: install nvidia of etc/modprobe.d/a.conf:1 will not \
             stop nvidia from loading: a softdep of it is in force, and kmod inserts it itself",
        );
        quiet(&RULE, tree("softdep nvidia pre: ecdh_generic"));
        quiet(&RULE, tree(""));
    }

    #[test]
    fn who_obeys_a_blacklist_is_stopped_and_a_module_that_is_not_there_needs_no_word() {
        quiet(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = blacklist nvidia_uvm\n\
                 etc/modules-load.d/a.conf = nvidia_uvm\n",
            ),
        );
        quiet(&RULE, Case::image("proc/cmdline = modprobe.blacklist=nvidia-drm\n"));
    }
}
