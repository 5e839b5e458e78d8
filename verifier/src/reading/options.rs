//! Options as kmod merges them: modprobe.d lines in kmod's file order, then the
//! kernel command line, all passed on; the kernel takes the last of a name
//! (libkmod-module.c `kmod_module_get_options`; kernel/params.c `parse_args`).

use crate::driver::parameters::{self, Kind};
use crate::facts::{ConfLine, Directive, Facts, Origin, Place};
use crate::parse::cmdline;
use crate::text::same_name;

/// Why a setting is not compared whose line was cut inside of its value.
pub const CUT: &str = "the end of a long line was not kept: a value on it is not known whole";

/// One `name=value` of an options line.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// The module as written.
    pub module: &'a str,
    /// Parameter name as written.
    pub name: &'a str,
    /// Value as written, as far as its line was kept; "" for a bare word.
    pub value: &'a str,
    /// False for a bare word (`modeset` alone means true for a boolean).
    pub has_value: bool,
    /// True where the line ends inside of this word because its end was not kept: what
    /// is left out is counted as lost, and nothing is compared with it.
    pub cut: bool,
    /// Where it stands.
    pub place: &'a Place,
    /// Who said it.
    pub origin: Origin,
    /// The whole line.
    pub line: &'a ConfLine,
}

impl<'a> Setting<'a> {
    /// The value as written, `None` for a bare word.
    #[must_use]
    pub fn said(&self) -> Option<&'a str> {
        self.has_value.then_some(self.value)
    }
}

/// Every setting of a module in the order in which the kernel sees them.
pub fn of<'a>(facts: &'a Facts, module: &'a str) -> impl Iterator<Item = Setting<'a>> {
    all(facts).filter(move |s| same_name(s.module, module))
}

/// Every setting of every module kept.
pub fn all(facts: &Facts) -> impl Iterator<Item = Setting<'_>> {
    settings(&facts.config)
}

/// Every setting of a module in a configuration, such as that of an image's root.
#[cfg(feature = "image")]
pub fn in_config<'a>(
    config: &'a crate::facts::Config,
    module: &'a str,
) -> impl Iterator<Item = Setting<'a>> {
    settings(config).filter(move |s| same_name(s.module, module))
}

/// Every setting of every module kept in a configuration.
#[cfg(feature = "image")]
pub fn all_in(config: &crate::facts::Config) -> impl Iterator<Item = Setting<'_>> {
    settings(config)
}

fn settings(config: &crate::facts::Config) -> impl Iterator<Item = Setting<'_>> {
    config.of(Directive::Options).flat_map(|line| {
        cmdline::words(line.rest.as_bytes()).map(move |word| {
            // kmod hands the words on as they stand; the kernel takes the quotes off.
            let (name, value) = word.key_value();
            Setting {
                module: &line.module,
                name: text(name),
                value: text(value.unwrap_or_default()),
                has_value: value.is_some(),
                cut: line.rest.is_cut() && ends(word.raw) == ends(line.rest.as_bytes()),
                place: &line.place,
                origin: line.origin,
                line,
            }
        })
    })
}

/// A part of a line that was cut at ASCII bytes, and so is text as the line is.
fn text(part: &[u8]) -> &str {
    core::str::from_utf8(part).unwrap_or_default()
}

const fn ends(part: &[u8]) -> *const u8 {
    part.as_ptr_range().end
}

/// The last setting of a parameter: the one the kernel keeps.
#[must_use]
pub fn last<'a>(facts: &'a Facts, module: &'a str, name: &str) -> Option<Setting<'a>> {
    last_in(&facts.config, module, name)
}

/// The same of a configuration, such as that of an image's root.
#[must_use]
pub fn last_in<'a>(
    config: &'a crate::facts::Config,
    module: &'a str,
    name: &str,
) -> Option<Setting<'a>> {
    settings(config).filter(|s| same_name(s.module, module) && same_name(s.name, name)).last()
}

/// True for the setting that the kernel keeps, of those of its configuration.
#[must_use]
pub fn is_last(config: &crate::facts::Config, setting: &Setting<'_>) -> bool {
    let last = last_in(config, setting.module, setting.name);
    last.is_some_and(|last| last.place == setting.place && last.value == setting.value)
}

/// A boolean as the kernel reads it (lib/kstrtox.c `kstrtobool`): first letter
/// y/t/1/e or n/f/0/d, or on/off. Kernels before [`ENABLE_SINCE`] refuse e and d, which
/// [`takes_boolean`] tells.
#[must_use]
pub fn boolean(value: &str) -> Option<bool> {
    match value.as_bytes() {
        [b'y' | b'Y' | b't' | b'T' | b'1' | b'e' | b'E', ..] => Some(true),
        [b'n' | b'N' | b'f' | b'F' | b'0' | b'd' | b'D', ..] => Some(false),
        [b'o' | b'O', b'n' | b'N', ..] => Some(true),
        [b'o' | b'O', b'f' | b'F', ..] => Some(false),
        _ => None,
    }
}

/// The first kernel that takes `enable` and `disable` for a boolean (commit ae5b3500856f,
/// "kstrtox: add support for enabled and disabled in kstrtobool()").
#[cfg(any(feature = "image", feature = "logs"))]
pub const ENABLE_SINCE: (u64, u64) = (6, 16);

/// True when a kernel of that release takes the value for a boolean; `None` where that
/// depends on the kernel, and the release is not known.
#[cfg(any(feature = "image", feature = "logs"))]
#[must_use]
pub fn takes_boolean(value: &str, release: Option<&str>) -> Option<bool> {
    if boolean(value).is_none() || !value.starts_with(['e', 'E', 'd', 'D']) {
        return Some(boolean(value).is_some());
    }
    let digits = |part: &str| {
        let end = part.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(part.len());
        crate::text::decimal(part.as_bytes().get(..end)?)
    };
    let mut parts = release?.split('.').map(digits);
    let release = (parts.next()??, parts.next()??);
    Some(release >= ENABLE_SINCE)
}

/// True for what `kstrtoint` takes with base 0 (lib/kstrtox.c), as `module_param(…,
/// int, …)` asks it: one sign at most, and no more than 32 bits with it.
#[must_use]
pub fn is_integer(value: &str) -> bool {
    let (digits, most) = match value.strip_prefix('-') {
        Some(digits) if digits.starts_with(['+', '-']) => return false,
        Some(digits) => (digits, 1 << 31),
        None => (value, (1 << 31) - 1),
    };
    number(digits).is_some_and(|number| number <= most)
}

/// An integer as the kernel reads it (lib/kstrtox.c, base 0): hexadecimal after
/// `0x`, octal after `0`, else decimal. A minus wraps at 32 bits, as the driver
/// prints its parameters unsigned (nvidia/nv-procfs.c).
#[must_use]
pub fn number(value: &str) -> Option<u64> {
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let number = match digits.as_bytes() {
        [b'0', b'x' | b'X', b'0', b'x', ..] => return None,
        [b'0', b'x' | b'X', hex @ ..] => crate::text::hex(hex)?,
        [b'0', octal @ ..] => octal.iter().try_fold(0u64, |n, b| {
            let digit = (*b as char).to_digit(8)?;
            n.checked_mul(8)?.checked_add(u64::from(digit))
        })?,
        decimal => crate::text::decimal(decimal)?,
    };
    if !negative {
        return Some(number);
    }
    let small = u32::try_from(number).ok()?;
    Some(u64::from(0u32.wrapping_sub(small)))
}

/// True when two values mean the same: equal text, equal number, or one boolean
/// of which at least one side is a single letter or digit, as sysfs prints it.
#[must_use]
pub fn same_value(a: &str, b: &str) -> bool {
    let letter = a.len() == 1 || b.len() == 1;
    let both = |x: Option<u64>, y: Option<u64>| x.is_some() && x == y;
    let truth = match (number(a), number(b)) {
        // Two numbers are compared as numbers only: 1 and 12 are not both true.
        (Some(_), Some(_)) => false,
        _ => letter && boolean(a).is_some() && boolean(a) == boolean(b),
    };
    a == b || both(number(a), number(b)) || truth
}

/// Whether two settings of a parameter mean the same to the kernel, a value of `None`
/// being a bare word: `1` and `T` do to a boolean, which reads the first letter, so that
/// `0x1` is off (lib/kstrtox.c `kstrtobool`); `1` and `0x1` to an integer; to a text only
/// equal ones. `None` where the kind is not known, and some kind makes them equal.
#[must_use]
pub fn same_setting(module: &str, name: &str, a: Option<&str>, b: Option<&str>) -> Option<bool> {
    let truth = |said: Option<&str>| said.map_or(Some(true), boolean);
    let boolean = truth(a).is_some() && truth(a) == truth(b);
    let value = |said: Option<&str>| said.and_then(number);
    let integer = value(a).is_some() && value(a) == value(b);
    let some_kind = match parameters::kind(module, name) {
        _ if a == b => return Some(true),
        Some(Kind::Boolean) => return Some(boolean),
        Some(Kind::Integer) => return Some(integer),
        Some(Kind::Text) => false,
        None => boolean || integer,
    };
    if some_kind { None } else { Some(false) }
}

/// [`same_setting`] of two settings of one parameter; `None` also where the end of a value
/// was not kept.
#[must_use]
pub fn agree(a: &Setting<'_>, b: &Setting<'_>) -> Option<bool> {
    if a.cut || b.cut { None } else { same_setting(a.module, a.name, a.said(), b.said()) }
}

/// True when a setting gives this value; a bare word means true
/// (kernel/params.c `param_set_bool`).
#[must_use]
pub fn gives(said: Option<&str>, value: &str) -> bool {
    match said {
        Some(said) => same_value(said, value),
        None => boolean(value) == Some(true),
    }
}

/// A parameter's value in force when it was seen and is no empty string.
#[must_use]
pub fn in_force<'a>(facts: &'a Facts, module: &str, name: &str) -> Option<&'a str> {
    match facts.modules.param(module, name) {
        crate::seen::Seen::Yes(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
