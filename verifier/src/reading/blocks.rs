//! Lines that keep modules of the stack from loading, and whom that concerns.
//! Finds them; whether one is a fault is for the rules.

#[cfg(feature = "logs")]
use crate::driver::said::nvidia;
use crate::expect::{Expectations, Goal};
use crate::facts::{ConfLine, Directive, Facts, Origin, Phase, Place, STACK};
use crate::finding::Severity;
use crate::kmod::names::matches;
use crate::parse::cmdline;
use crate::text::{Name, same_name};

/// How a line keeps a module out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// `module_blacklist=`: the kernel rejects it, whoever loads it.
    Kernel,
    /// `blacklist NAME`: for loads by alias and for systemd-modules-load only.
    Blacklist,
    /// `install NAME /bin/false`: for every load through kmod, unless a softdep
    /// of the module is in force (kmod issue 446).
    Install,
    /// `alias NAME off`: the name leads nowhere.
    AliasOff,
}

/// A line, or a word of the command line, that is meant to keep a module out.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The module, in kernel spelling.
    pub module: &'a str,
    /// How.
    pub how: How,
    /// The name as written.
    pub name: Name,
    /// The rest of a line of modprobe.d.
    pub rest: &'a str,
    /// Where it stands.
    pub place: Place,
    /// True for a word of the command line.
    pub on_command_line: bool,
    /// True when its reader takes the name for this module. The kernel compares
    /// bytes and length with the module's own name, which has underscores
    /// (kernel/module/main.c `blacklisted`); kmod turns the dashes of files and
    /// leaves those of `modprobe.blacklist=` (libkmod-config.c
    /// `kcmdline_parse_result`; `modprobe -c` of kmod 30).
    pub names_it: bool,
}

impl Block<'_> {
    /// The line's first word, or the word's key with its equals sign.
    #[must_use]
    pub const fn directive(&self) -> &'static str {
        match (self.how, self.on_command_line) {
            (How::Kernel, _) => "module_blacklist=",
            (How::Blacklist, true) => "modprobe.blacklist=",
            (How::Blacklist, false) => "blacklist",
            (How::Install, _) => "install",
            (How::AliasOff, _) => "alias",
        }
    }
}

/// Every line that keeps a module of the stack out as its reader compares names.
pub fn of_stack(facts: &Facts) -> impl Iterator<Item = Block<'_>> {
    meant_for_stack(facts).filter(|block| block.names_it)
}

/// Every line that keeps the module out as its reader compares names: modprobe.d in
/// kmod's order, then `module_blacklist=`.
pub fn of<'a>(facts: &'a Facts, module: &'a str) -> impl Iterator<Item = Block<'a>> {
    meant_for(facts, module).filter(|block| block.names_it)
}

/// The lines for the stack, those too whose spelling makes them miss.
pub fn meant_for_stack(facts: &Facts) -> impl Iterator<Item = Block<'_>> {
    STACK.into_iter().flat_map(|module| meant_for(facts, module))
}

/// The lines for a module, those too whose spelling makes them miss.
pub fn meant_for<'a>(facts: &'a Facts, module: &'a str) -> impl Iterator<Item = Block<'a>> {
    let lines = facts.config.lines.yes().map_or(&[][..], |v| v.as_slice());
    let raw = facts.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    // Of several install lines for a module kmod runs the first, which may load it.
    let installs =
        |line: &&ConfLine| line.directive == Directive::Install && matches(&line.module, module);
    let first = lines.iter().find(installs).map(|line| &line.place);
    let counts = move |line: &&ConfLine| {
        line.directive != Directive::Install || first.is_none_or(|first| *first == line.place)
    };
    let of_kmod = lines.iter().filter(counts).filter_map(move |line| of_line(line, module));
    // What stands behind `--` is init's.
    of_kmod.chain(cmdline::rejecting(raw).into_iter().flat_map(move |word| of_kernel(word, module)))
}

fn of_line<'a>(line: &'a ConfLine, module: &'a str) -> Option<Block<'a>> {
    let on_command_line = line.origin == Origin::Cmdline;
    let how = match line.directive {
        Directive::Blacklist if same_name(&line.module, module) => How::Blacklist,
        Directive::Install if matches(&line.module, module) && refuses(&line.rest) => How::Install,
        Directive::Alias if same_name(&line.module, module) && line.rest == "off" => How::AliasOff,
        _ => return None,
    };
    Some(Block {
        module,
        how,
        name: line.module.clone(),
        rest: &line.rest,
        place: line.place.clone(),
        on_command_line,
        names_it: !on_command_line || line.module == *module,
    })
}

fn of_kernel<'a>(
    word: cmdline::Word<'a>,
    module: &'a str,
) -> impl Iterator<Item = Block<'a>> + use<'a> {
    let names = word.rejected_modules().map(Name::from_bytes);
    names.filter(move |name| same_name(name, module)).map(move |name| Block {
        module,
        how: How::Kernel,
        names_it: name == *module,
        name,
        rest: "",
        place: Place::Word(word.number),
        on_command_line: true,
    })
}

/// The line that keeps nvidia or nvidia_drm out, among lines and words that somebody sent
/// where the modules themselves were not seen: `None` where the driver came up anyway, or
/// where the GPU is kept for a guest.
#[cfg(feature = "logs")]
#[must_use]
pub fn shown<'a>(f: &'a Facts, want: &Expectations, on_command_line: bool) -> Option<Block<'a>> {
    use crate::facts::Look;
    let guest = want.goals.has(Goal::Vfio)
        || f.logged(&["vfio"]).is_some()
        || f.nvidia_gpus().any(|gpu| gpu.driven_by("vfio-pci"))
        || f.config.lines.yes().is_some_and(|lines| {
            lines.iter().any(|line| line.module.contains("vfio") || line.rest.contains("vfio"))
        });
    let up = f.modules.proc.is_yes()
        || f.logged(&[nvidia::LOADING]).is_some()
        || f.nvidia_gpus().any(|gpu| gpu.driven_by("nvidia"));
    if f.look != Look::Log || guest || up {
        return None;
    }
    let mut blocks = of_stack(f).filter(|block| block.on_command_line == on_command_line);
    // bumblebee keeps the aliases off on purpose, and loads the module by its name.
    let by_bumblebee = |place: &Place| matches!(place, Place::Line { path, .. } if path.ends_with("bumblebee.conf"));
    blocks.find(|block| {
        matches!(block.module, "nvidia" | "nvidia_drm") && !by_bumblebee(&block.place)
    })
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
             proc/cmdline = modprobe.blacklist=nvidia_modeset module_blacklist=nvidia_uvm\n",
        )
        .facts();
        let got: Vec<_> = of_stack(&facts).map(|b| (b.module, b.how, b.on_command_line)).collect();
        let expected = [
            ("nvidia", How::Install, false),
            ("nvidia_modeset", How::Blacklist, true),
            ("nvidia_drm", How::Blacklist, false),
            ("nvidia_uvm", How::AliasOff, false),
            ("nvidia_uvm", How::Kernel, true),
        ];
        assert_eq!(got.len(), expected.len());
        assert!(expected.iter().all(|block| got.contains(block)), "{got:?}");
    }

    #[test]
    fn of_several_install_lines_the_first_alone_counts() {
        let of_nvidia = |a: &str, b: &str| {
            let tree = std::format!("etc/modprobe.d/a.conf = {a}\netc/modprobe.d/b.conf = {b}\n");
            of(&Case::initrd(&tree).facts(), "nvidia").count()
        };
        let (loads, refuses) =
            ("install nvidia /sbin/modprobe --ignore-install nvidia", "install nv* /bin/false");
        assert_eq!((of_nvidia(loads, refuses), of_nvidia(refuses, loads)), (0, 1));
    }

    // kernel/module/main.c `blacklisted` compares length and bytes; kmod turns no
    // dash of `modprobe.blacklist=`. The name of a module has underscores.
    #[test]
    fn a_dash_on_the_command_line_keeps_nothing_out() {
        for word in ["modprobe.blacklist=nvidia-drm", "module_blacklist=nvidia-drm,nvidia_"] {
            let facts = Case::initrd(&std::format!("proc/cmdline = {word}\n")).facts();
            assert_eq!(of_stack(&facts).count(), 0, "{word}");
            assert_eq!(meant_for_stack(&facts).count(), 1, "{word}");
        }
        let init = Case::initrd("proc/cmdline = -- module_blacklist=nvidia\n").facts();
        assert_eq!(meant_for_stack(&init).count(), 0);
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

    #[test]
    #[cfg(feature = "logs")]
    fn beside_a_log_a_line_for_the_driver_is_shown_and_bumblebees_is_not() {
        let shown = |path: &str, module: &str| {
            let tree = std::format!("etc/modprobe.d/{path} = blacklist {module}\n");
            let case = Case::initrd(&tree).and("proc/modules ?\n").of_log();
            shown(&case.facts(), &case.want, false).is_some()
        };
        assert!(shown("a.conf", "nvidia") && shown("a.conf", "nvidia-drm"));
        assert!(!shown("a.conf", "nvidia-uvm") && !shown("bumblebee.conf", "nvidia"));
    }
}
