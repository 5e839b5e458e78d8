//! The kernel command line: words as the kernel splits them, and the module
//! parameters that kmod takes from it. The one reader of both, for options lines too.

use crate::text::{c_string, is_space};

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
        self.rejected().into_iter().flat_map(|list| list.split(|b| *b == b','))
    }

    /// The list of `module_blacklist=`; a dash in a parameter's name is an underscore to
    /// the kernel (kernel/params.c, `parameq`).
    fn rejected(&self) -> Option<&'a [u8]> {
        let (key, list) = self.key_value();
        let spelled = key.iter().map(|b| if *b == b'-' { b'_' } else { *b });
        list.filter(|_| spelled.eq(b"module_blacklist".iter().copied()))
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
    /// skipped without a message (libkmod-config.c `kmod_config_parse_kcmdline`,
    /// whose states begin anew with each word). Its brackets are not looked at: kmod
    /// does so where it spells the module's name.
    #[must_use]
    pub fn module_parameter(&self) -> Option<ModuleParameter<'a>> {
        if self.raw.iter().filter(|b| **b == b'"').count() % 2 == 1 {
            return None;
        }
        let (bare, opened) = match self.raw.strip_prefix(b"\"") {
            Some(rest) => (rest, true),
            None => (self.raw, false),
        };
        let (module, rest) = until_odd(bare);
        let (name, rest) = until_odd(rest.strip_prefix(b".")?);
        let value = match rest {
            [b'=', value @ ..] => Some(value),
            [] if !opened => None,
            _ => return None,
        };
        Some(ModuleParameter { word: self.number, module, name, value, opened })
    }
}

/// What stands before the first byte that ends a module's or a parameter's name for
/// kmod, and the rest from that byte on.
fn until_odd(bytes: &[u8]) -> (&[u8], &[u8]) {
    let odd = |b: &u8| matches!(b, b'.' | b'=' | b'"') || is_space(b);
    let at = bytes.iter().position(odd).unwrap_or(bytes.len());
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

fn without_quote(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\"").unwrap_or(bytes)
}

/// `module.name=value` of the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModuleParameter<'a> {
    /// Position of its word, counted from 1.
    pub word: u32,
    /// Module as written.
    pub module: &'a [u8],
    /// Parameter as written.
    pub name: &'a [u8],
    /// What stands behind the equals sign, quotes included; `None` for a bare name.
    value: Option<&'a [u8]>,
    /// True when a quote opened the word.
    opened: bool,
}

impl<'a> ModuleParameter<'a> {
    /// The option as kmod passes it on, in pieces: quotes included, and one that opened
    /// the word moved behind the equals sign, since some boot loaders put it first.
    #[must_use]
    pub fn text(&self) -> [&'a [u8]; 4] {
        match self.value {
            Some(value) => [self.name, b"=", self.moved_quote(), value],
            None => [self.name, b"", b"", b""],
        }
    }

    /// The names of `modprobe.blacklist=`, each in two pieces; `None` for any other
    /// parameter. A quote is part of a name to kmod, which then names no module
    /// (libkmod-config.c `kcmdline_parse_result`).
    #[must_use]
    pub fn blacklisted(&self) -> Option<impl Iterator<Item = [&'a [u8]; 2]> + use<'a>> {
        let value =
            self.value.filter(|_| (self.module, self.name) == (b"modprobe", b"blacklist"))?;
        let mut quote = self.moved_quote();
        Some(value.split(|b| *b == b',').map(move |name| [core::mem::take(&mut quote), name]))
    }

    const fn moved_quote(&self) -> &'static [u8] {
        if self.opened { b"\"" } else { b"" }
    }
}

/// Bytes of the command line that kmod reads: its buffer of 4096 less the NUL
/// (libkmod-config.c `KCMD_LINE_SIZE`).
pub const KMOD_MAX: usize = 4095;

/// The module parameters that kmod takes from a command line, in their order.
pub fn module_parameters(line: &[u8]) -> impl Iterator<Item = ModuleParameter<'_>> {
    words(line.get(..KMOD_MAX).unwrap_or(line)).filter_map(|word| word.module_parameter())
}

/// The words of a command line: split at white space outside double quotes, as the
/// kernel (lib/cmdline.c `next_arg`) and kmod do. To both a line is a C string. The
/// kernel's `isspace` takes byte 0xa0 as well, which stands in no word that is looked for.
pub fn words(line: &[u8]) -> impl Iterator<Item = Word<'_>> {
    let mut quoted = false;
    c_string(line)
        .split(move |b| {
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

/// Keeps simpledrm from the firmware framebuffer (init/main.c, `initcall_blacklisted`, which
/// compares the function's name byte by byte).
pub const NO_SIMPLEDRM: &[u8] = b"initcall_blacklist=simpledrm_platform_driver_init";
/// Keeps efifb from it (drivers/video/fbdev/efifb.c, before 6.1).
pub const NO_EFIFB: &[u8] = b"video=efifb:off";
/// Keeps simplefb from it (drivers/video/fbdev/simplefb.c, before 6.1).
pub const NO_SIMPLEFB: &[u8] = b"video=simplefb:off";
/// Each of them: without a driver of its own the screen stays dark.
pub const FRAMEBUFFER_OFF: [&[u8]; 3] = [NO_SIMPLEDRM, NO_EFIFB, NO_SIMPLEFB];

/// The word whose modules the kernel rejects: each `module_blacklist=` takes the place of
/// the one before it (kernel/params.c, `param_set_charp`).
#[must_use]
pub fn rejecting(line: &[u8]) -> Option<Word<'_>> {
    kernel_words(line).filter(|word| word.rejected().is_some()).last()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;
    use std::vec::Vec;

    fn text(pieces: &[&[u8]]) -> String {
        String::from_utf8_lossy(&pieces.concat()).into_owned()
    }

    fn parameters(line: &str) -> Vec<String> {
        module_parameters(line.as_bytes())
            .map(|p| std::format!("{} {}.{}", p.word, text(&[p.module]), text(&p.text())))
            .collect()
    }

    #[test]
    fn words_keep_their_quotes_and_positions() {
        let got: Vec<_> = words(b" quiet  a=\"b c\" \"d e\"\n").collect();
        assert_eq!(got.iter().map(|w| w.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(got[1].key_value(), (&b"a"[..], Some(&b"b c"[..])));
        assert_eq!(got[2].key_value(), (&b"d e"[..], None));
    }

    // What kmod 30 shows in `modprobe -c` for these words, some of them of its own
    // testsuite/test-modprobe.
    #[test]
    fn kmod_takes_well_formed_parameters_only() {
        let line = r#"psmouse.foo parport.dyndbg="file a.c +mpf" "quiet.dyndbg=file b.c +p" ivrs_acpihid[14:00.5]=PNP0D40:00 root=/dev/x a.b.c=1 nvidia-drm.modeset=1.5G quiet m.bad"x" "n.p" ".q=1" u.=v last.one="open"#;
        assert_eq!(
            parameters(line),
            [
                "1 psmouse.foo",
                "2 parport.dyndbg=\"file a.c +mpf\"",
                "3 quiet.dyndbg=\"file b.c +p\"",
                // The bracket is found later, where the module's name is read.
                "4 ivrs_acpihid[14:00.5]=PNP0D40:00",
                "7 nvidia-drm.modeset=1.5G",
                "11 .q=\"1\"",
                "12 u.=v",
            ]
        );
    }

    #[test]
    fn an_open_quote_hides_the_word_from_kmod() {
        assert!(parameters("nvidia.NVreg_RegistryDwords=\"a=1 b=2").is_empty());
        assert!(parameters("\"nvidia.x\"").is_empty());
    }

    // Measured with kmod 30: `modprobe -c` shows `blacklist "nvidia`.
    #[test]
    fn a_quote_is_part_of_a_blacklisted_name() {
        let names = |line: &str| -> Vec<String> {
            let lists = module_parameters(line.as_bytes()).filter_map(|p| p.blacklisted());
            lists.flatten().map(|name| text(&name)).collect()
        };
        assert_eq!(names("modprobe.blacklist=a,b modprobe.x=c"), ["a", "b"]);
        assert_eq!(names("modprobe.blacklist=\"a,b\""), ["\"a", "b\""]);
        assert_eq!(names("\"modprobe.blacklist=a,b\""), ["\"a", "b\""]);
        assert!(names("modprobe.blacklist other.blacklist=a").is_empty());
    }

    #[test]
    fn what_lies_behind_kmods_buffer_is_not_read() {
        let line = std::format!("{} a.b=1", "x".repeat(KMOD_MAX - 6));
        assert_eq!(parameters(&line), ["2 a.b=1"]);
        assert_eq!(parameters(&std::format!("x{line}")), ["2 a.b="]);
    }

    #[test]
    fn a_nul_ends_the_line_and_a_vertical_tab_a_word() {
        let raw: Vec<_> = words(b"a\x0bb\x0cc d\0e f").map(|w| w.raw).collect();
        assert_eq!(raw, [b"a", b"b", b"c", b"d"]);
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
            for parameter in module_parameters(&line) {
                let _ = (parameter.text(), parameter.blacklisted().map(Iterator::count));
            }
        }
    }
}
