//! A list of modules in a generator's configuration, taken apart. Judges nothing.

use crate::facts::{LogRecord, in_stack};
use crate::reading::sayings::GENERATOR;
use crate::text::kernel_name;

/// Modules of the driver's packages beside the stack.
const BESIDE: [&str; 3] = ["nvidia_peermem", "nvidia_fs", "nvidia_wmi_ec_backlight"];

/// A list as it was read.
pub(super) struct List<'a> {
    /// The record that it is.
    pub(super) record: &'a LogRecord,
    /// The file's name.
    pub(super) file: &'a str,
    /// The setting's name.
    pub(super) setting: &'a str,
    /// What stands behind it, quotes and brackets included.
    pub(super) value: &'a str,
}

impl<'a> List<'a> {
    /// The list of a record that is one.
    pub(super) fn of(record: &'a LogRecord) -> Option<Self> {
        let known = GENERATOR.iter().any(|saying| saying.is(&record.text));
        let (file, rest) = record.text.split_once(": ").filter(|_| known)?;
        let (setting, value) = rest.split_once('=')?;
        Some(Self { record, file, setting: setting.trim_end_matches(['+', ' ']), value })
    }

    /// Its words without brackets and quotes.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        let inside = |c: char| {
            c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"' | '\'' | ';' | ',')
        };
        self.value
            .split(inside)
            .filter(|word| !word.is_empty())
            .map(|word| word.trim_end_matches('?'))
    }

    /// Whether it names that module.
    pub(super) fn names(&self, module: &str) -> bool {
        self.words().any(|word| kernel_name(word.as_bytes()) == *module)
    }

    /// True for a list whose modules are loaded early.
    pub(super) fn loads(&self) -> bool {
        matches!(
            self.setting,
            "MODULES" | "force_drivers" | "boot.initrd.kernelModules" | "boot.kernelModules"
        )
    }
}

/// A word that means a module of the stack and is the name of none. Debian and Ubuntu have
/// `nvidia-current` and `nvidia-550-drm`.
pub(super) fn is_unknown(word: &str) -> bool {
    let name = kernel_name(word.as_bytes());
    let Some(rest) = name.strip_prefix("nvidia_") else { return false };
    let packaged = rest.starts_with(|c: char| c.is_ascii_digit())
        || ["current", "legacy", "tesla", "open"].iter().any(|start| rest.starts_with(start));
    !packaged && !in_stack(&name) && !BESIDE.iter().any(|known| name == **known)
}
