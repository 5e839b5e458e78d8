//! Lines that keep modules of the stack from loading, and whom that concerns.
//! Finds them; whether one is a fault is for the rules.

use crate::expect::{Expectations, Goal};
use crate::facts::{ConfLine, Directive, Facts, Origin, Phase, STACK};
use crate::finding::Severity;
use crate::reading::softdeps;
use crate::text::same_name;

/// How a line keeps a module out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// `blacklist NAME`: for loads by alias and for systemd-modules-load only.
    Blacklist,
    /// `install NAME /bin/false`: for every load through kmod, unless a softdep
    /// of the module is in force (kmod issue 446).
    Install,
    /// `alias NAME off`: the name leads nowhere.
    AliasOff,
}

/// A line that keeps a module of the stack out.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The module, in kernel spelling.
    pub module: &'static str,
    /// How.
    pub how: How,
    /// The line.
    pub line: &'a ConfLine,
}

impl Block<'_> {
    /// The line as one would write it.
    #[must_use]
    pub const fn directive(&self) -> &'static str {
        match self.how {
            How::Blacklist => "blacklist",
            How::Install => "install",
            How::AliasOff => "alias",
        }
    }

    /// True for `modprobe.blacklist=` on the command line.
    #[must_use]
    pub fn on_command_line(&self) -> bool {
        self.line.origin == Origin::Cmdline
    }
}

/// Every line that keeps a module of the stack out, in kmod's order.
pub fn of_stack(facts: &Facts) -> impl Iterator<Item = Block<'_>> {
    let lines = facts.config.lines.yes().map_or(&[][..], |v| v.as_slice());
    lines.iter().flat_map(|line| {
        STACK.into_iter().filter_map(move |module| {
            let how = match line.directive {
                Directive::Blacklist if is_listed(line, module) => How::Blacklist,
                Directive::Install
                    if softdeps::matches(&line.module, module) && refuses(&line.rest) =>
                {
                    How::Install
                }
                Directive::Alias if same_name(&line.module, module) && line.rest == "off" => {
                    How::AliasOff
                }
                _ => return None,
            };
            Some(Block { module, how, line })
        })
    })
}

/// True when a blacklist line names the module as kmod compares: dashes of a file
/// are underscores to it, those of `modprobe.blacklist=` stay (libkmod-config.c
/// `kcmdline_parse_result`; `modprobe -c` of kmod 30), so that such a word keeps
/// nothing out.
fn is_listed(line: &ConfLine, module: &str) -> bool {
    match line.origin {
        Origin::Cmdline => line.module == *module,
        _ => same_name(&line.module, module),
    }
}

/// True for commands that load nothing: `/bin/false`, `/usr/bin/true`, `:`.
#[must_use]
pub fn refuses(command: &str) -> bool {
    let first = command.split_ascii_whitespace().next().unwrap_or("");
    matches!(first.rsplit('/').next(), Some("false" | "true" | ":"))
}

/// True when the goals or the owner's lists want the module in this phase.
#[must_use]
pub fn is_wanted(facts: &Facts, want: &Expectations, module: &str) -> bool {
    let listed = match facts.phase {
        Phase::Initrd | Phase::Image => want.in_initrd(module),
        Phase::PreDisplay => want.before_display(module),
    };
    let display = want.goals.wants_display() && module != "nvidia_uvm";
    let compute = want.goals.has(Goal::Cuda) && matches!(module, "nvidia" | "nvidia_uvm");
    // An initrd may leave the driver to the real root; only a prompt cannot wait.
    let now = facts.phase == Phase::PreDisplay || want.goals.has(Goal::LuksPrompt);
    listed || now && (display || compute)
}

/// How bad it is that the module is kept out: an error for those who want it, a
/// warning where nothing was declared and a request or the command line shows
/// that somebody meant to use it; `None` where it may be meant.
#[must_use]
pub fn severity(facts: &Facts, want: &Expectations, module: &str) -> Option<Severity> {
    if is_wanted(facts, want, module) {
        return Some(Severity::Error);
    }
    let requested = facts.config.requests(module).is_some();
    (requested && want.goals.none()).then_some(Severity::Warning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;
    use std::vec::Vec;

    #[test]
    fn every_way_to_keep_a_module_out_is_seen() {
        let facts = Case::initrd(
            "etc/modprobe.d/a.conf <<EOF\nblacklist nvidia-drm\ninstall nvidia /bin/false\n\
             alias nvidia_uvm off\nblacklist nouveau\ninstall nvidia_modeset /sbin/modprobe -i x\n\
             alias nvidia-modeset nvidia-current-modeset\nEOF\n\
             proc/cmdline = modprobe.blacklist=nvidia_modeset\n",
        )
        .facts();
        let got: Vec<_> = of_stack(&facts).map(|b| (b.module, b.how)).collect();
        assert_eq!(
            got,
            [
                ("nvidia_drm", How::Blacklist),
                ("nvidia", How::Install),
                ("nvidia_uvm", How::AliasOff),
                ("nvidia_modeset", How::Blacklist),
            ]
        );
        assert!(of_stack(&facts).last().unwrap().on_command_line());
    }

    #[test]
    fn a_dash_on_the_command_line_keeps_nothing_out() {
        let facts = Case::initrd("proc/cmdline = modprobe.blacklist=nvidia-drm\n").facts();
        assert_eq!(of_stack(&facts).count(), 0);
    }

    #[test]
    fn uvm_is_not_wanted_by_a_screen_and_nothing_early_without_a_prompt() {
        let case = Case::pre_display("").goal("wayland");
        let facts = case.facts();
        assert!(is_wanted(&facts, &case.want, "nvidia_drm"));
        assert!(!is_wanted(&facts, &case.want, "nvidia_uvm"));
        let early = Case::initrd("").goal("wayland");
        assert!(!is_wanted(&early.facts(), &early.want, "nvidia_drm"));
    }
}
