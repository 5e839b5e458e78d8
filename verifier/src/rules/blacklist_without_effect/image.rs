//! NVP309 of an image: a blacklist that a module which needs the blacklisted one
//! will pass by.

use crate::reading::blocks::{self, How};
use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::Findings;
use crate::reading::{next_boot, softdeps};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for block in blocks::of_stack(f).filter(|b| b.how == How::Blacklist) {
        let module = block.module;
        let blocked = |m: &str| blocks::of_stack(f).any(|b| b.module == m);
        let puller = STACK.into_iter().rev().find(|other| {
            softdeps::needs(other, module) && !blocked(other) && next_boot::loads(f, want, other)
        });
        if let Some(puller) = puller {
            let place = &block.line.place;
            out.add(format_args!(
                "blacklist {} of {place} will not keep {module} out: {puller} needs it and is \
                 loaded",
                block.line.module
            ))
            .module(module)
            .at(place);
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
             not keep nvidia out: nvidia_drm needs it and is loaded",
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
}
