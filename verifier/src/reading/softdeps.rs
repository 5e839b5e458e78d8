//! Softdeps as kmod applies them: of all lines whose pattern matches a module
//! only the first counts, whatever else later lines say
//! (libkmod-module.c `kmod_module_get_softdeps`). Explains, never judges.

use super::order::FORCED;
use crate::facts::{ConfLine, Directive, Facts, STACK};
use crate::kmod::names::matches;
pub use crate::parse::modprobe_d::Side;
use crate::parse::modprobe_d::{self, softdep_targets};
use crate::text::same_name;

/// True when one module of the stack needs another through its symbols, direct or not:
/// they force this order whatever a softdep says.
#[must_use]
pub fn needs(module: &str, other: &str) -> bool {
    FORCED.iter().any(|(first, then)| same_name(then, module) && same_name(first, other))
}

/// True where a softdep of `module` wants `target` on the side on which the modules'
/// own dependency does not let it be.
#[must_use]
pub fn inverted(module: &str, side: Side, target: &str) -> bool {
    match side {
        Side::Pre => needs(target, module),
        Side::Post => needs(module, target),
    }
}

/// Softdep lines in kmod's order.
pub fn lines(facts: &Facts) -> impl Iterator<Item = &ConfLine> {
    facts.config.of(Directive::Softdep)
}

/// The names a line puts before or after its module.
pub fn targets(line: &ConfLine) -> impl Iterator<Item = (Side, &str)> {
    // A line is text, and words are cut between bytes of ASCII.
    softdep_targets(line.rest.as_bytes())
        .filter_map(|(side, name)| Some((side, core::str::from_utf8(name).ok()?)))
}

/// The word `pre:` or `post:` that a second blank after the module's name hides
/// from kmod.
#[must_use]
pub fn hidden_side(line: &ConfLine) -> Option<&'static str> {
    modprobe_d::hidden_side(line.rest.as_bytes())
}

/// The modules of the stack that a line's pattern matches.
pub fn of_stack(line: &ConfLine) -> impl Iterator<Item = &'static str> {
    STACK.into_iter().filter(|module| matches(&line.module, module))
}

/// The one line that kmod uses for a module.
#[must_use]
pub fn in_force<'a>(facts: &'a Facts, module: &str) -> Option<&'a ConfLine> {
    lines(facts).find(|line| matches(&line.module, module))
}

/// The line that takes this one's place for a module of the stack and says
/// something else; `None` when this line is in force or says the same.
#[must_use]
pub fn shadowed_by<'a>(facts: &'a Facts, line: &ConfLine) -> Option<(&'static str, &'a ConfLine)> {
    of_stack(line).find_map(|module| Some((module, shadow(facts, line, module)?)))
}

/// The same for one module that the line speaks of.
#[must_use]
pub fn shadow<'a>(facts: &'a Facts, line: &ConfLine, module: &str) -> Option<&'a ConfLine> {
    let winner = in_force(facts, module)?;
    (winner.place != line.place && !same_targets(winner, line)).then_some(winner)
}

/// What a line has the wrong way round: the module, the side, and the target that stands
/// there. For a module of which kmod obeys another line it turns nothing round.
pub fn inversions<'a>(
    facts: &'a Facts,
    line: &'a ConfLine,
) -> impl Iterator<Item = (&'static str, Side, &'a str)> {
    let obeyed = move |module: &&str| shadow(facts, line, module).is_none();
    of_stack(line).filter(obeyed).flat_map(move |module| {
        targets(line)
            .filter(move |(side, target)| inverted(module, *side, target))
            .map(move |(side, target)| (module, side, target))
    })
}

/// True when two lines name the same targets on the same sides.
fn same_targets(a: &ConfLine, b: &ConfLine) -> bool {
    let within = |a: &ConfLine, b: &ConfLine| {
        targets(a).all(|(side, name)| {
            targets(b).any(|(other_side, other)| side == other_side && same_name(name, other))
        })
    };
    within(a, b) && within(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;
    use std::format;
    use std::string::String;
    use std::vec::Vec as StdVec;

    fn dead(tree: &str) -> StdVec<String> {
        let facts = Case::initrd(tree).facts();
        lines(&facts)
            .filter_map(|l| {
                shadowed_by(&facts, l).map(|(m, w)| format!("{} {m} {}", l.place, w.place))
            })
            .collect()
    }

    // kmod's own test-multi-softdep is an expected failure: its issue 33.
    #[test]
    fn only_the_first_line_of_a_name_counts() {
        assert_eq!(
            dead(
                "etc/modprobe.d/a.conf <<EOF\nsoftdep nvidia post: nvidia-drm\n\
                  softdep nvidia post: nvidia-uvm\nEOF\n"
            ),
            ["etc/modprobe.d/a.conf:2 nvidia etc/modprobe.d/a.conf:1"]
        );
    }

    #[test]
    fn modules_softdep_hides_files_that_sort_behind_it_only() {
        let own =
            "lib/modules/6.12/modules.softdep = softdep nvidia pre: ecdh_generic,ecdsa_generic\n";
        let line =
            |name: &str| format!("{own}etc/modprobe.d/{name} = softdep nvidia post: nvidia-uvm\n");
        assert_eq!(
            dead(&line("nixos.conf")),
            ["etc/modprobe.d/nixos.conf:1 nvidia lib/modules/6.12/modules.softdep:1"]
        );
        assert_eq!(
            dead(&line("modules.conf")),
            ["lib/modules/6.12/modules.softdep:1 nvidia etc/modprobe.d/modules.conf:1"]
        );
    }

    #[test]
    fn the_same_targets_twice_are_no_loss() {
        let twice = "etc/modprobe.d/a.conf = softdep nvidia post: nvidia-uvm\n\
                     etc/modprobe.d/b.conf = softdep nv* post: nvidia_uvm\n";
        assert!(dead(twice).is_empty());
    }

    #[test]
    fn the_stack_needs_its_order() {
        assert!(needs("nvidia-drm", "nvidia_modeset") && needs("nvidia_uvm", "nvidia"));
        assert!(!needs("nvidia", "nvidia_drm") && !needs("nvidia_uvm", "nvidia_drm"));
    }

    #[test]
    fn a_line_that_names_one_target_more_loses_it() {
        assert_eq!(
            dead(
                "etc/modprobe.d/a.conf <<EOF\nsoftdep nvidia post: nvidia-uvm\n\
                  softdep nvidia post: nvidia-uvm nvidia-drm\nEOF\n"
            ),
            ["etc/modprobe.d/a.conf:2 nvidia etc/modprobe.d/a.conf:1"]
        );
    }
}
