//! modprobe.d as kmod reads it: continued lines and directives
//! (shared/util.c `freadline_wrapped`, libkmod-config.c `kmod_config_parse`).

use crate::facts::Directive;
use crate::kmod::names::brackets_close;
use crate::text::buffer::Buffer;
use crate::text::{c_string, is_space, trim};
use heapless::Vec;

/// Bytes of a logical line that are kept. kmod has no bound; NixOS and
/// distributions write lines below 200 bytes.
pub const LOGICAL_MAX: usize = 1024;

/// Joins physical lines to logical ones.
///
/// A backslash before a line feed takes both away, in comments too; a backslash
/// before anything else takes itself away.
#[derive(Debug, Default)]
pub struct Joiner<B: Buffer = Vec<u8, LOGICAL_MAX>> {
    text: B,
    physical: u32,
    first: u32,
    open: bool,
    cut: bool,
}

/// A logical line and the physical line it begins on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Logical<'a> {
    /// Its bytes, as many as the joiner's buffer takes.
    pub text: &'a [u8],
    /// Number of its first physical line, from 1.
    pub number: u32,
    /// True when bytes were left out.
    pub cut: bool,
}

impl<B: Buffer> Joiner<B> {
    /// Takes one physical line without its line feed; hands out the logical line
    /// when it ends here.
    pub fn push(&mut self, line: &[u8]) -> Option<Logical<'_>> {
        self.physical = self.physical.saturating_add(1);
        if !self.open {
            self.text.empty();
            self.cut = false;
            self.first = self.physical;
        }
        let mut bytes = line.iter();
        self.open = false;
        while let Some(byte) = bytes.next() {
            let byte = match (byte, bytes.as_slice().first()) {
                (b'\\', None) => {
                    self.open = true;
                    break;
                }
                (b'\\', Some(next)) => {
                    bytes.next();
                    next
                }
                (byte, _) => byte,
            };
            self.cut |= !self.text.put(*byte);
        }
        if self.open { None } else { Some(self.logical()) }
    }

    /// What a file that ends in a continuation leaves.
    pub fn finish(&mut self) -> Option<Logical<'_>> {
        core::mem::take(&mut self.open).then(|| self.logical())
    }

    fn logical(&self) -> Logical<'_> {
        Logical { text: &self.text, number: self.first, cut: self.cut }
    }
}

/// A directive with its first argument and the rest of the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parsed<'a> {
    /// The directive; `Unknown` for whatever kmod ignores with a message: an
    /// unknown first word, or a directive without its arguments.
    pub directive: Directive,
    /// First argument: module name or alias. For an `Unknown` line the whole
    /// line stands in `rest` and this is its first word.
    pub module: &'a [u8],
    /// The rest, trimmed; a softdep's and a weakdep's keep the blanks behind the first
    /// one, which [`softdep_words`] must see. Of an alias it is the module alone.
    pub rest: &'a [u8],
}

/// Parses a logical line; `None` for comments and blank lines. Like kmod it
/// takes `#` for a comment in the first column only, and reads no further than a NUL.
#[must_use]
pub fn line(text: &[u8]) -> Option<Parsed<'_>> {
    let text = c_string(text);
    if text.starts_with(b"#") {
        return None;
    }
    let (word, after) = token(text);
    if word.is_empty() {
        return None;
    }
    let (module, after) = token(after);
    let rest = match word {
        b"softdep" | b"weakdep" => behind_one_blank(after),
        b"alias" => token(after).0,
        _ => trim(after),
    };
    // The carriage return of a file with DOS line ends stays in kmod's arguments:
    // white space to the kernel and to commands, but part of a module's name.
    let directive = Directive::named(word);
    let complete = match directive {
        Directive::Unknown => false,
        Directive::Blacklist => !module.is_empty(),
        Directive::Alias => !rest.is_empty() && brackets_close(rest),
        // `strtok_r(.., "")` takes what stands behind the one blank that ended
        // the module's name, be it only more blanks.
        _ => after.len() > 1,
    };
    if complete && brackets_close(module) {
        Some(Parsed { directive, module, rest })
    } else {
        Some(Parsed { directive: Directive::Unknown, module: word, rest: trim(text) })
    }
}

/// Splits off the first word at blanks and tabs, as `strtok_r(.., "\t ")` does.
fn token(text: &[u8]) -> (&[u8], &[u8]) {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = text.iter().position(|b| !blank(b)).unwrap_or(text.len());
    let text = text.get(start..).unwrap_or(&[]);
    let end = text.iter().position(blank).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

/// What kmod hands to its softdep parser: all behind the one blank that ended
/// the module's name, without the line's end.
fn behind_one_blank(after: &[u8]) -> &[u8] {
    let rest = after.get(1..).unwrap_or(&[]);
    rest.get(..rest.len() - trailing(rest)).unwrap_or(rest)
}

fn trailing(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|b| is_space(b)).count()
}

/// The words of a softdep or weakdep line as kmod cuts them. When exactly one more blank
/// stands before the first word, it counts as that word's: `pre:` is no keyword any more
/// then (libkmod-config.c `kmod_config_add_softdep`, where `p` stays on the blank;
/// measured with kmod 30). A continued line of the usual form ends up so.
pub fn softdep_words(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut start, mut was_space) = (0, false);
    (0..=rest.len()).filter_map(move |at| {
        if let Some(byte) = rest.get(at) {
            if !is_space(byte) {
                was_space = false;
                return None;
            }
            if was_space {
                start = at + 1;
                return None;
            }
            was_space = true;
            if start >= at {
                return None;
            }
        } else if was_space {
            return None;
        }
        let word = rest.get(start..at);
        start = at + 1;
        word
    })
}

/// The keyword `pre:` or `post:` that the one blank before it hides from kmod.
#[must_use]
pub fn hidden_side(rest: &[u8]) -> Option<&'static str> {
    let first = softdep_words(rest).next()?;
    let hidden = first.split_first().filter(|(blank, _)| is_space(blank));
    ["pre:", "post:"].into_iter().find(|side| hidden.is_some_and(|(_, w)| w == side.as_bytes()))
}

/// Targets of a softdep line by side. Only the exact words `pre:` and `post:`
/// open a side; words before the first are dropped.
pub fn softdep_targets(rest: &[u8]) -> impl Iterator<Item = (Side, &[u8])> {
    let mut side = None;
    softdep_words(rest).filter_map(move |word| {
        match word {
            b"pre:" => side = Some(Side::Pre),
            b"post:" => side = Some(Side::Post),
            name => return side.map(|side| (side, name)),
        }
        None
    })
}

/// Before or after the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// `pre:`.
    Pre,
    /// `post:`.
    Post,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;
    use std::vec::Vec as StdVec;

    fn logical(text: &str) -> StdVec<(u32, String)> {
        let mut joiner = Joiner::<Vec<u8, LOGICAL_MAX>>::default();
        let mut out = StdVec::new();
        for l in text.split('\n') {
            if let Some(got) = joiner.push(l.as_bytes()) {
                out.push((got.number, String::from_utf8_lossy(got.text).into_owned()));
            }
        }
        out.extend(joiner.finish().map(|l| (l.number, String::from_utf8_lossy(l.text).into())));
        out
    }

    #[test]
    fn a_backslash_joins_lines_and_comments_too() {
        assert_eq!(
            logical("options a \\\n b=1\n# gone \\\noptions c d=1\nx\\y\\"),
            [(1, "options a  b=1".into()), (3, "# gone options c d=1".into()), (5, "xy".into()),]
        );
    }

    #[test]
    fn directives_are_told_apart_and_incomplete_ones_ignored() {
        let got = |text: &'static str| line(text.as_bytes()).map(|p| p.directive);
        assert_eq!(got("softdep nvidia pre: nvidia-drm"), Some(Directive::Softdep));
        assert_eq!(got("\t options nvidia-drm\tmodeset=1"), Some(Directive::Options));
        assert_eq!(got("blacklist nouveau"), Some(Directive::Blacklist));
        assert_eq!(got("# options nvidia x=1"), None);
        assert_eq!(got("   "), None);
        for ignored in [
            "option nvidia x=1",
            "options nvidia ",
            "alias nvidia x]",
            "options",
            "options nvidia",
            "Options nvidia x=1",
            " # c",
            "alias a]",
        ] {
            assert_eq!(got(ignored), Some(Directive::Unknown), "{ignored}");
        }
    }

    // Measured with kmod 30: `modprobe -c` shows the carriage return in both names.
    #[test]
    fn dos_line_ends_stay_in_names() {
        let got = line(b"blacklist nouveau\r").unwrap();
        assert_eq!((got.directive, got.module), (Directive::Blacklist, &b"nouveau\r"[..]));
        assert_eq!(line(b"alias a  off\r").unwrap().rest, b"off\r");
        assert_eq!(line(b"options a b=1\r").unwrap().rest, b"b=1");
    }

    // Measured with kmod 30: `modprobe -c` shows `softdep a pre: b` and `options a b=1`.
    #[test]
    fn a_nul_ends_a_line_and_a_vertical_tab_parts_words() {
        let got = line(b"softdep a pre:\x0bb\0 post: c").unwrap();
        let targets: StdVec<_> = softdep_targets(got.rest).collect();
        assert_eq!(targets, [(Side::Pre, &b"b"[..])]);
        assert_eq!(line(b"options a b=1\0c=2").unwrap().rest, b"b=1");
        assert_eq!(line(b"\0options a b=1"), None);
        // A vertical tab ends no first word: kmod cuts those at blanks and tabs.
        assert_eq!(line(b"options\x0ba b=1").unwrap().directive, Directive::Unknown);
    }

    // Measured with kmod 30: `modprobe -c` shows `alias a off`.
    #[test]
    fn what_follows_an_aliass_module_is_not_read() {
        assert_eq!(line(b"alias a\toff\tx").unwrap().rest, b"off");
        assert_eq!(line(b"alias a off [").unwrap().rest, b"off");
    }

    #[test]
    fn only_the_exact_words_open_a_side() {
        let got = |text: &'static str| -> StdVec<(Side, String)> {
            let targets = softdep_targets(text.as_bytes());
            targets.map(|(side, name)| (side, String::from_utf8_lossy(name).into())).collect()
        };
        assert_eq!(got("post nvidia-uvm nvidia-drm"), []);
        assert_eq!(got("pre:nvidia-drm"), []);
        assert_eq!(got(" pre: a post: b"), [(Side::Post, "b".into())]);
        assert_eq!(got("  pre: a"), [(Side::Pre, "a".into())]);
        assert_eq!(
            got("x pre: a,b post: c"),
            [(Side::Pre, "a,b".into()), (Side::Post, "c".into())]
        );
    }

    #[test]
    fn one_blank_more_hides_the_first_keyword() {
        let hidden = |text: &str| hidden_side(text.as_bytes());
        assert_eq!(hidden(" pre: a"), Some("pre:"));
        assert_eq!(hidden("\x0bpost:"), Some("post:"));
        assert_eq!(
            [hidden("pre: a"), hidden("  pre: a"), hidden(" a pre: b"), hidden("")],
            [None; 4]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_panic(text in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mut joiner = Joiner::<Vec<u8, LOGICAL_MAX>>::default();
            for physical in text.split(|b| *b == b'\n') {
                if let Some(logical) = joiner.push(physical) {
                    let rest = line(logical.text).map_or(&[][..], |parsed| parsed.rest);
                    let _ = (softdep_targets(rest).count(), hidden_side(rest));
                }
            }
        }
    }
}
