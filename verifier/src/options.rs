//! Options as kmod merges them: modprobe.d lines in kmod's file order, then the
//! kernel command line, all passed on; the kernel takes the last of a name
//! (libkmod-module.c `kmod_module_get_options`; kernel/params.c `parse_args`).

use crate::facts::{ConfLine, Directive, Facts, Origin};
use crate::text::{Name, Value, same_name};

/// One `name=value` of an options line.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// The module as written.
    pub module: &'a str,
    /// Parameter name as written.
    pub name: Name,
    /// Value as written; "" for a bare word.
    pub value: Value,
    /// False for a bare word (`modeset` alone means true for a boolean).
    pub has_value: bool,
    /// Where it stands.
    pub place: &'a str,
    /// Who said it.
    pub origin: Origin,
    /// The whole line.
    pub line: &'a ConfLine,
}

/// Every setting of a module in the order in which the kernel sees them.
pub fn of<'a>(facts: &'a Facts, module: &'a str) -> impl Iterator<Item = Setting<'a>> {
    all(facts).filter(move |s| same_name(s.module, module))
}

/// Every setting of every module kept.
pub fn all(facts: &Facts) -> impl Iterator<Item = Setting<'_>> {
    facts.config.of(Directive::Options).flat_map(|line| {
        quoted_words(&line.rest).map(move |word| {
            let (name, value) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
            Setting {
                module: &line.module,
                name: Name::from(name),
                value: Value::from(value.unwrap_or("").trim_matches('"')),
                has_value: value.is_some(),
                place: &line.place,
                origin: line.origin,
                line,
            }
        })
    })
}

/// The last setting of a parameter: the one the kernel keeps.
#[must_use]
pub fn last<'a>(facts: &'a Facts, module: &'a str, name: &str) -> Option<Setting<'a>> {
    of(facts, module).filter(|s| same_name(&s.name, name)).last()
}

/// Words split at blanks outside double quotes (kernel lib/cmdline.c `next_arg`).
fn quoted_words(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c: char| {
        if c == '"' {
            quoted = !quoted;
        }
        !quoted && c.is_ascii_whitespace()
    })
    .filter(|word| !word.is_empty())
}

/// A boolean as the kernel reads it (lib/kstrtox.c `kstrtobool`): first letter
/// y/t/1 or n/f/0, or on/off.
#[must_use]
pub fn boolean(value: &str) -> Option<bool> {
    match value.as_bytes() {
        [b'y' | b'Y' | b't' | b'T' | b'1', ..] | [b'o' | b'O', b'n' | b'N', ..] => Some(true),
        [b'n' | b'N' | b'f' | b'F' | b'0', ..] | [b'o' | b'O', b'f' | b'F', ..] => Some(false),
        _ => None,
    }
}

/// True when two values mean the same: equal text, equal number, equal boolean.
#[must_use]
pub fn same_value(a: &str, b: &str) -> bool {
    let number = |s: &str| match s.strip_prefix("0x") {
        Some(_) => crate::text::hex(s.as_bytes()),
        None => crate::text::decimal(s.as_bytes()),
    };
    a == b
        || matches!((number(a), number(b)), (Some(x), Some(y)) if x == y)
        || matches!((boolean(a), boolean(b)), (Some(x), Some(y)) if x == y && (a.len() == 1 || b.len() == 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn quotes_hold_words_together() {
        let words: Vec<_> = quoted_words(r#" a=1 dyndbg="file x +p"  b "#).collect();
        assert_eq!(words, ["a=1", r#"dyndbg="file x +p""#, "b"]);
    }

    #[test]
    fn values_compare_by_meaning() {
        assert!(same_value("1", "Y") && same_value("0x02", "2") && same_value("N", "0"));
        assert!(!same_value("1", "2") && !same_value("12", "Y1"));
    }
}
