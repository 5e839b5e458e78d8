//! The kernel command line: words as the kernel splits them, and the module
//! parameters that kmod takes from it. The words of an options line are cut the same.

use crate::kmod::names::is_space;

/// One word, with its position counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word<'a> {
    /// Position, counted from 1.
    pub number: u32,
    /// The word as it stands, quotes included.
    pub raw: &'a [u8],
}

impl<'a> Word<'a> {
    /// Names that `module_blacklist=` rejects, as they stand: the kernel compares their
    /// bytes with a module's own name (kernel/module/main.c, `blacklisted`).
    pub fn rejected_modules(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let list = match self.key_value() {
            (b"module_blacklist", list) => list,
            _ => None,
        };
        list.into_iter().flat_map(|list| list.split(|b| *b == b','))
    }

    /// Key and value as the kernel sees them: quotes around the whole word or
    /// around the value are taken off (lib/cmdline.c `next_arg`).
    #[must_use]
    pub fn key_value(&self) -> (&'a [u8], Option<&'a [u8]>) {
        let (bare, quoted) = match self.raw.strip_prefix(b"\"") {
            Some(rest) => (rest, true),
            None => (self.raw, false),
        };
        // A first byte `=` belongs to the name: `next_arg` looks for it from
        // the second byte on.
        let equals = bare.iter().skip(1).position(|b| *b == b'=').map(|at| at + 1);
        let (key, value) = match equals.and_then(|at| bare.split_at_checked(at)) {
            Some((key, value)) => (key, value.strip_prefix(b"=")),
            None => (bare, None),
        };
        let (key, value) = match value {
            Some(value) => match value.strip_prefix(b"\"") {
                Some(inner) => (key, Some(without_quote(inner))),
                None if quoted => (key, Some(without_quote(value))),
                None => (key, Some(value)),
            },
            None if quoted => (without_quote(key), None),
            None => (key, None),
        };
        (key, value)
    }

    /// The module parameter that kmod makes of this word, if it makes one.
    ///
    /// kmod wants `module.parameter` or `module.parameter=value`; a quote may
    /// open the word or stand in the value, and must be closed; anything else is
    /// skipped without a message (libkmod-config.c `kmod_config_parse_kcmdline`).
    #[must_use]
    pub fn module_parameter(&self) -> Option<ModuleParameter<'a>> {
        if self.raw.iter().filter(|b| **b == b'"').count() % 2 == 1 {
            return None;
        }
        let (bare, quoted) = match self.raw.strip_prefix(b"\"") {
            Some(rest) => (rest, true),
            None => (self.raw, false),
        };
        let name_end = bare.iter().position(|b| *b == b'=');
        let (path, value) = match name_end.and_then(|at| bare.split_at_checked(at)) {
            Some((path, value)) => (path, value.strip_prefix(b"=")),
            None if quoted => return None,
            None => (bare, None),
        };
        let mut parts = path.split(|b| *b == b'.');
        let (module, name) = (parts.next()?, parts.next()?);
        let odd = |b: &u8| *b == b'"' || is_space(b);
        let closed = super::modprobe_d::brackets_close(module);
        if parts.next().is_some() || module.is_empty() || !closed || path.iter().any(odd) {
            return None;
        }
        let value = value.map(|v| {
            let inner = v.strip_prefix(b"\"");
            inner.map_or(if quoted { without_quote(v) } else { v }, without_quote)
        });
        Some(ModuleParameter { module, name, value })
    }
}

fn without_quote(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\"").unwrap_or(bytes)
}

/// `module.name=value` of the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModuleParameter<'a> {
    /// Module as written.
    pub module: &'a [u8],
    /// Parameter as written.
    pub name: &'a [u8],
    /// Value without quotes; `None` for a bare name.
    pub value: Option<&'a [u8]>,
}

/// The words of a command line or of an options line: split at white space outside
/// double quotes (lib/cmdline.c `next_arg`).
pub fn words(line: &[u8]) -> impl Iterator<Item = Word<'_>> {
    let mut quoted = false;
    line.split(move |b| {
        quoted ^= *b == b'"';
        !quoted && is_space(b)
    })
    .filter(|raw| !raw.is_empty())
    .zip(1u32..)
    .map(|(raw, number)| Word { number, raw })
}

/// The words the kernel itself reads: those before `--`, which hands the rest
/// to init (init/main.c, `parse_args` with "Booting kernel").
pub fn kernel_words(line: &[u8]) -> impl Iterator<Item = Word<'_>> {
    words(line).take_while(|word| word.raw != b"--")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;
    use std::vec::Vec;

    fn parameters(line: &str) -> Vec<String> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        words(line.as_bytes())
            .filter_map(|w| w.module_parameter().map(|p| (w.number, p)))
            .map(|(n, p)| {
                let value = p.value.map_or(String::from("-"), text);
                std::format!("{n} {}.{} {value}", text(p.module), text(p.name))
            })
            .collect()
    }

    #[test]
    fn words_keep_their_quotes_and_positions() {
        let got: Vec<_> = words(b" quiet  a=\"b c\" \"d e\"\n").collect();
        assert_eq!(got.iter().map(|w| w.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(got[1].key_value(), (&b"a"[..], Some(&b"b c"[..])));
        assert_eq!(got[2].key_value(), (&b"d e"[..], None));
    }

    // The cases of kmod's own testsuite/test-modprobe kcmdline fixtures.
    #[test]
    fn kmod_takes_well_formed_parameters_only() {
        let line = r#"psmouse.foo parport.dyndbg="file a.c +mpf" "quiet.dyndbg=file b.c +p" ivrs_acpihid[14:00.5]=PNP0D40:00 root=/dev/x a.b.c=1 nvidia-drm.modeset=1.5G quiet"#;
        assert_eq!(
            parameters(line),
            [
                "1 psmouse.foo -",
                "2 parport.dyndbg file a.c +mpf",
                "3 quiet.dyndbg file b.c +p",
                "7 nvidia-drm.modeset 1.5G"
            ]
        );
    }

    #[test]
    fn an_open_quote_hides_the_word_from_kmod() {
        assert!(parameters("nvidia.NVreg_RegistryDwords=\"a=1 b=2").is_empty());
        assert!(parameters("\"nvidia.x\"").is_empty());
    }

    #[test]
    fn the_kernel_stops_at_two_dashes_and_kmod_does_not() {
        let line = b"nomodeset -- module_blacklist=nvidia";
        assert_eq!(kernel_words(line).count(), 1);
        assert_eq!(words(line).count(), 3);
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_without_panic(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            for word in words(&line) {
                prop_assert!(!word.raw.is_empty());
                let _ = (word.key_value(), word.module_parameter());
            }
        }
    }
}
