//! What becomes of a module of the stack at the next boot of an image: the one answer
//! that the rules about blacklists, `loads` and the doctor go by. Judges nothing.

use super::super::blocks::{self, Block, How};
use super::super::next_boot::{Asked, asked, brings};
use super::super::softdeps;
use crate::expect::Expectations;
use crate::facts::config::Request;
use crate::facts::{Facts, STACK};
use crate::text::same_name;

/// What becomes of a module.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack of a rule without a heap"
)]
pub enum Fate<'a> {
    /// A line keeps it out.
    Kept(Block<'a>),
    /// Another module brings it in: it needs this one, or its softdep names it.
    PulledIn(&'static str),
    /// Somebody asks for it by name.
    Asked(Asked<'a>),
    /// udev finds it by its alias.
    ByAlias,
    /// Nothing loads it from this image.
    Unasked,
    /// The image does not bring it.
    NotThere,
}

/// What a line that should keep a module out does.
#[derive(Clone, Debug)]
pub enum Effect<'a> {
    /// It keeps the module out.
    Keeps,
    /// Another module brings it in all the same.
    PulledIn(&'static str),
    /// A plain modprobe loads it all the same.
    Asked(&'a Request),
    /// A softdep of the module is in force, and kmod inserts it itself.
    SoftdepFirst,
    /// Its reader does not take the name for the module's.
    Misspelt,
}

/// Modules followed on the way to a module: the stack, each once.
const DEPTH: usize = STACK.len();

/// What becomes of a module of the stack.
#[must_use]
pub fn of<'a>(f: &'a Facts, want: &Expectations, module: &'a str) -> Fate<'a> {
    at(f, want, module, DEPTH)
}

/// What a line does for the module that it names.
#[must_use]
pub fn effect<'a>(f: &'a Facts, want: &Expectations, block: &Block<'_>) -> Effect<'a> {
    effect_at(f, want, block, DEPTH)
}

fn effect_at<'a>(f: &'a Facts, want: &Expectations, b: &Block<'_>, depth: usize) -> Effect<'a> {
    if !b.names_it {
        return Effect::Misspelt;
    }
    match b.how {
        How::Kernel => Effect::Keeps,
        How::Install if softdep_counts(f, b.module) => Effect::SoftdepFirst,
        How::Install => Effect::Keeps,
        // Who follows an alias or obeys a blacklist asks for the module itself: what
        // another module needs comes by its file, and a plain modprobe asks no list.
        How::Blacklist | How::AliasOff => {
            let plain = (b.how == How::Blacklist).then(|| plainly_asked(f, b.module)).flatten();
            match (pulled_in(f, want, b.module, depth), plain) {
                (Some(by), _) => Effect::PulledIn(by),
                (None, Some(request)) => Effect::Asked(request),
                (None, None) => Effect::Keeps,
            }
        }
    }
}

fn at<'a>(f: &'a Facts, want: &Expectations, module: &'a str, depth: usize) -> Fate<'a> {
    if brings(f, module).is_none() {
        return Fate::NotThere;
    }
    let Some(depth) = depth.checked_sub(1) else { return Fate::Unasked };
    let keeps = |b: &Block<'_>| matches!(effect_at(f, want, b, depth), Effect::Keeps);
    if let Some(block) = blocks::of(f, module).find(keeps) {
        return Fate::Kept(block);
    }
    // Without what it needs it cannot be loaded either; a blacklist of that does
    // not stop it.
    let hard = |b: &Block<'_>| matches!(b.how, How::Kernel | How::Install) && keeps(b);
    let needed = || STACK.into_iter().filter(|other| softdeps::needs(module, other));
    if let Some(block) = needed().find_map(|other| blocks::of(f, other).find(hard)) {
        return Fate::Kept(block);
    }
    if let Some(by) = asked(f, want, module) {
        return Fate::Asked(by);
    }
    // nvidia and nvidia_drm carry an alias (kernel-open nvidia/nv-pci-table.c).
    let named = matches!(module, "nvidia" | "nvidia_drm");
    if named && blocks::of(f, module).next().is_none() {
        return Fate::ByAlias;
    }
    match pulled_in(f, want, module, depth) {
        Some(by) => Fate::PulledIn(by),
        None if plainly_asked(f, module).is_some() || named => Fate::ByAlias,
        None => Fate::Unasked,
    }
}

/// The module of the stack that is loaded and brings this one in.
fn pulled_in(f: &Facts, want: &Expectations, module: &str, depth: usize) -> Option<&'static str> {
    STACK.into_iter().rev().filter(|other| !same_name(other, module)).find(|other| {
        let softdep = || {
            let line = softdeps::in_force(f, other);
            line.is_some_and(|line| softdeps::targets(line).any(|(_, t)| same_name(t, module)))
        };
        (softdeps::needs(other, module) || softdep())
            && matches!(
                at(f, want, other, depth),
                Fate::Asked(_) | Fate::ByAlias | Fate::PulledIn(_)
            )
    })
}

/// True when the softdep in force of a module names a module of this image.
fn softdep_counts(f: &Facts, module: &str) -> bool {
    let line = softdeps::in_force(f, module);
    line.is_some_and(|line| softdeps::targets(line).any(|(_, t)| brings(f, t).is_some()))
}

/// A request whose asker no blacklist stops.
fn plainly_asked<'a>(f: &'a Facts, module: &str) -> Option<&'a Request> {
    let requests = f.config.requests.yes().map_or(&[][..], |v| v.as_slice());
    requests.iter().find(|r| same_name(&r.module, module) && !r.by.obeys_blacklist())
}

impl Fate<'_> {
    /// True when the module comes up on a machine with the hardware.
    #[must_use]
    pub const fn loads(&self) -> bool {
        matches!(self, Self::PulledIn(_) | Self::Asked(_) | Self::ByAlias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    // A plain modprobe of initramfs-tools' list; nothing of the stack needs nvidia_uvm.
    #[test]
    fn a_module_that_only_a_plain_modprobe_names_loads() {
        let loads = |tree: &str| {
            let case = Case::image_with_stack(tree);
            of(&case.facts(), &case.want, "nvidia_uvm").loads()
        };
        assert!(loads("conf/modules = nvidia_uvm\n"));
        assert!(!loads("") && !loads("conf/modules = vfio_pci\n"));
    }
}
