//! What was asked for: modprobe.d, the command line, modules-load.d, modules.dep.
//! Asked for is never taken for what happened.

use super::Place;
use crate::seen::Seen;
use crate::text::{Line, Name, same_name};
use heapless::Vec;

/// Configuration lines kept: those that name something of interest, whether kmod
/// understands them or not. A desktop's modprobe.d has two to five hundred lines, of which
/// a handful concern a GPU.
pub const LINE_MAX: usize = 128;
/// The longest command line Linux takes: COMMAND_LINE_SIZE is 2048 on x86 and
/// arm64 and at most 4096 elsewhere.
pub const CMDLINE_MAX: usize = 4096;
/// modules-load.d entries kept; NixOS writes one file of them.
pub const REQUEST_MAX: usize = 64;
/// modules.dep lines kept: the stack and its known companions.
pub const DEP_MAX: usize = 24;

/// The first word of a modprobe.d line (man modprobe.d).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub enum Directive {
    /// `alias wildcard module`.
    Alias,
    /// `blacklist module`.
    Blacklist,
    /// `install module command`.
    Install,
    /// `options module parameters`.
    Options,
    /// `remove module command`.
    Remove,
    /// `softdep module pre: … post: …`.
    Softdep,
    /// `weakdep module …` (kmod 33 and later; an error line before).
    Weakdep,
    /// Anything else: kmod prints a message and ignores the line.
    Unknown,
}

impl Directive {
    /// Each with its word; `Unknown` has none.
    pub const NAMED: [(&'static str, Self); 7] = [
        ("alias", Self::Alias),
        ("blacklist", Self::Blacklist),
        ("install", Self::Install),
        ("options", Self::Options),
        ("remove", Self::Remove),
        ("softdep", Self::Softdep),
        ("weakdep", Self::Weakdep),
    ];

    /// The directive that a word is; `Unknown` for any other.
    #[must_use]
    pub fn named(word: &[u8]) -> Self {
        let is = |(name, _): &&(&str, Self)| name.as_bytes() == word;
        Self::NAMED.iter().find(is).map_or(Self::Unknown, |(_, directive)| *directive)
    }

    /// Its word; nothing for `Unknown`.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::NAMED.iter().find(|(_, directive)| *directive == self).map_or("", |(word, _)| word)
    }
}

/// Who said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub enum Origin {
    /// A modprobe.d file.
    File,
    /// lib/modules/RELEASE/modules.softdep: written by depmod from the modules'
    /// own MODULE_SOFTDEP, read by kmod among the files under that name.
    ModulesSoftdep,
    /// The kernel command line, which kmod reads last.
    Cmdline,
}

/// One line, in the order in which kmod reads them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfLine {
    /// The directive.
    pub directive: Directive,
    /// The module or alias as written.
    pub module: Name,
    /// The rest of the line, white space trimmed; a softdep keeps the blanks behind
    /// the first, which kmod counts.
    pub rest: Line,
    /// "etc/modprobe.d/nixos.conf:2", or "kernel command line, word 7".
    pub place: Place,
    /// Who said it.
    pub origin: Origin,
}

impl ConfLine {
    /// An `options` line as it stands in its file, white space folded.
    #[must_use]
    pub fn as_options(&self) -> Line {
        Line::of(format_args!("options {} {}", self.module, self.rest))
    }
}

/// Who asks for a module by name at boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub enum Asker {
    /// systemd-modules-load: modules-load.d and `modules_load=`; a `blacklist` line
    /// counts for it.
    #[default]
    ModulesLoad,
    /// dracut's `rd.driver.pre=` and `rd.driver.post=`, of the command line or of the
    /// image's etc/cmdline and etc/cmdline.d: a plain `modprobe` (dracut
    /// modules.d/90kernel-modules/parse-kernel.sh).
    Dracut,
    /// initramfs-tools' conf/modules: a plain `modprobe` (scripts/functions
    /// `load_modules`).
    InitramfsTools,
    /// mkinitcpio's `MODULES=`: `modprobe -qab` before the udev hook's trigger
    /// (mkinitcpio `init`); a `blacklist` line counts for it.
    Mkinitcpio,
}

impl Asker {
    /// True when a `blacklist` line keeps out what it asks for.
    #[must_use]
    pub const fn obeys_blacklist(self) -> bool {
        matches!(self, Self::ModulesLoad | Self::Mkinitcpio)
    }
}

/// A module that somebody asks for by name.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub struct Request {
    /// Name as written.
    pub module: Name,
    /// Place of the request.
    pub place: Place,
    /// Who asks.
    #[cfg_attr(feature = "image", serde(default))]
    pub by: Asker,
}

/// A module's line in modules.dep.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub struct Dep {
    /// Name in kernel spelling, from the file name.
    pub module: Name,
    /// File below lib/modules/RELEASE.
    pub file: Line,
    /// Number of dependencies named on the line, indirect ones included.
    pub needs: u32,
}

/// The kernel command line as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub struct Cmdline {
    /// Its bytes, without the final line feed.
    pub raw: Vec<u8, CMDLINE_MAX>,
}

/// Everything that was asked for.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "image", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// /proc/cmdline.
    pub cmdline: Seen<Cmdline>,
    /// Whether the modprobe.d folders were looked at. `lines` may hold the command
    /// line's share where they were not.
    pub files: Seen<()>,
    /// modprobe.d lines of interest in kmod's order, command line last.
    pub lines: Seen<Vec<ConfLine, LINE_MAX>>,
    /// Lines of modprobe.d that concern other modules.
    pub other_lines: u32,
    /// Requests of every [`Asker`].
    pub requests: Seen<Vec<Request, REQUEST_MAX>>,
    /// modules.dep lines of the stack; an `Absent` list means no module index.
    pub deps: Seen<Vec<Dep, DEP_MAX>>,
}

impl Config {
    /// Before anybody looked.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cmdline: Seen::NotLooked,
            files: Seen::NotLooked,
            lines: Seen::NotLooked,
            other_lines: 0,
            requests: Seen::NotLooked,
            deps: Seen::NotLooked,
        }
    }

    /// Lines of one directive in kmod's order.
    pub fn of(&self, directive: Directive) -> impl Iterator<Item = &ConfLine> {
        self.lines
            .yes()
            .map_or(&[][..], |v| v.as_slice())
            .iter()
            .filter(move |l| l.directive == directive)
    }

    /// True when modules-load.d or the command line asks for the module here.
    #[must_use]
    pub fn requests(&self, module: &str) -> Option<&Request> {
        self.requests.yes()?.iter().find(|r| same_name(&r.module, module))
    }

    /// The module's line in modules.dep.
    #[must_use]
    pub fn dep(&self, module: &str) -> Option<&Dep> {
        self.deps.yes()?.iter().find(|d| same_name(&d.module, module))
    }
}
