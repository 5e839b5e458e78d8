//! What a rule is, and the macro that makes its doc comment its explanation.

use crate::expect::Expectations;
use crate::facts::{Facts, Need};
use crate::finding::{Confidence, Findings, Severity};
use causes::Cause;
use core::fmt;

pub mod causes;
#[cfg(feature = "docs")]
pub mod change;

/// Room for every code a report can hold an outcome of.
pub const MAX: usize = 128;

/// A rule's number, printed as `NVP201`. Never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Code(pub u16);

impl Code {
    /// "Evidence was lost", which tells what no other finding does.
    pub const EVIDENCE_LOST: Self = Self(901);

    /// The number in a code's text: 201 of "NVP201".
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("NVP")?;
        if digits.len() != 3 {
            return None;
        }
        crate::text::decimal(digits.as_bytes())?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NVP{:03}", self.0)
    }
}

/// Every rule's code, in order, those of rules that this build does not carry too: the
/// expectations are one file for all programs.
pub(crate) const CODES: &[u16] = &[
    101, 102, 104, 105, 106, 107, 108, 110, 111, 112, 113, 114, 115, 201, 202, 203, 204, 205, 206,
    208, 209, 210, 211, 213, 214, 215, 216, 217, 219, 221, 301, 302, 303, 304, 305, 307, 308, 309,
    314, 316, 317, 318, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417,
    418, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 512, 513, 514, 516, 517, 518, 519,
    520, 521, 522, 523, 524, 525, 526, 527, 528, 529, 530, 601, 602, 603, 605, 606, 608, 701, 702,
    703, 704, 705, 706, 901, 902, 903, 904, 905,
];

/// True for the code of a rule, carried by this build or not.
#[must_use]
pub fn is_code(code: u16) -> bool {
    CODES.binary_search(&code).is_ok()
}

/// Where a fault can first be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// In the initrd, after the modules were loaded.
    Initrd,
    /// On the real root, before the display manager.
    PreDisplay,
    /// In an image or a directory, before the boot.
    Image,
}

impl Stage {
    /// Where that is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Initrd => "in the initrd",
            Self::PreDisplay => "before the display manager",
            Self::Image => "in an image",
        }
    }
}

/// Another look at the same failure: how a rule judges an image, where a
/// running kernel's evidence does not exist yet.
pub struct ImageCheck {
    /// What must have been seen.
    pub needs: &'static [Need],
    /// The check.
    pub check: fn(&Facts, &Expectations, &mut Findings<'_>),
}

/// One rule: data, an explanation and a check over facts.
pub struct Rule {
    /// Its code.
    pub code: Code,
    /// Its name: the wrong state, and the file's stem ("modeset_off").
    pub name: &'static str,
    /// The wrong state in a few words.
    pub title: &'static str,
    /// Severity of its findings unless a finding or the owner says otherwise.
    pub severity: Severity,
    /// How sure a finding is.
    pub confidence: Confidence,
    /// Stages in which it can first be seen; its check runs in these only.
    pub stages: &'static [Stage],
    /// What must have been seen.
    pub needs: &'static [Need],
    /// What is the first cause of this one's findings, when both fire.
    pub after: &'static [Cause],
    /// Why it matters: the first sentence below `## Why` of the doc comment.
    pub why: &'static str,
    /// One or two lines to paste or do.
    pub fix: &'static str,
    /// The same for NixOS; empty when `fix` serves both.
    pub nixos: &'static str,
    /// What the fix changes, for a tool that makes lines of it; empty where only words
    /// help.
    #[cfg(feature = "docs")]
    pub change: &'static [change::Change],
    /// The doc comment: What it checks, Why, Fix, Sources. Empty without the
    /// feature `docs`: the static verifier carries no pages.
    pub doc: &'static str,
    /// The check. It reads facts and expectations and adds findings.
    pub check: fn(&Facts, &Expectations, &mut Findings<'_>),
    /// Its check of an image, where that is another one. A rule whose one check
    /// serves both lists [`Stage::Image`] instead.
    #[cfg(feature = "image")]
    pub image: Option<ImageCheck>,
    /// Its check of a log alone: what the log of a boot shows of the same failure
    /// when the state itself was not seen, or is long over. It can find something
    /// and never make the rule pass.
    #[cfg(feature = "logs")]
    pub log: Option<fn(&Facts, &Expectations, &mut Findings<'_>)>,
}

/// The journal's MESSAGE_ID space of this project: a random 128-bit number
/// whose last 16 bits are replaced by the rule's number.
pub(crate) const MESSAGE_ID_BASE: u128 = 0x7c1f_8e2d_4b6a_49f3_a0d5_91c4_3e70_0000;

impl Rule {
    /// The MESSAGE_ID of its journal records, stable over releases.
    #[must_use]
    pub const fn message_id(&self) -> u128 {
        MESSAGE_ID_BASE | self.code.0 as u128
    }

    /// True when it can judge an image.
    #[cfg(feature = "image")]
    #[must_use]
    pub fn judges_images(&self) -> bool {
        self.image.is_some() || self.stages.contains(&Stage::Image)
    }

    /// Where it runs, in words, for its page.
    #[cfg(all(feature = "image", feature = "logs"))]
    pub fn runs(&self) -> impl Iterator<Item = &'static str> {
        let image = self.image.as_ref().map(|_| Stage::Image);
        let stages = self.stages.iter().copied().chain(image).map(Stage::words);
        stages.chain(self.log.map(|_| "in a log"))
    }

    /// Codes of the findings that cause this one's, in the order in which they are
    /// looked for.
    pub fn causes(&self) -> impl Iterator<Item = u16> {
        self.after.iter().flat_map(Cause::codes).copied()
    }

    /// The fix for this machine.
    #[must_use]
    pub const fn fix_for(&self, nixos: bool) -> &'static str {
        if nixos && !self.nixos.is_empty() { self.nixos } else { self.fix }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

/// Copies the first sentence below `## Why` of a doc comment into `out`, white
/// space folded, and returns its length. It runs at compile time, so that the
/// static verifier carries the sentence without the page.
#[allow(clippy::indexing_slicing)] // A bad index here fails the build, not a boot.
pub(crate) const fn why(doc: &str, out: &mut [u8]) -> usize {
    let doc = doc.as_bytes();
    let heading = b"## Why\n";
    let mut at = 0;
    while at < doc.len() && !starts_with(doc, at, heading) {
        at += 1;
    }
    at += heading.len();
    let mut len = 0;
    let mut blank = false;
    while at < doc.len() {
        let byte = doc[at];
        at += 1;
        if byte == b' ' || byte == b'\n' {
            blank = len > 0;
            continue;
        }
        if blank {
            put(out, len, b' ');
            len += 1;
            blank = false;
        }
        put(out, len, byte);
        len += 1;
        if byte == b'.' && (at == doc.len() || doc[at] == b' ' || doc[at] == b'\n') {
            break;
        }
    }
    len
}

#[allow(clippy::indexing_slicing)]
const fn put(out: &mut [u8], at: usize, byte: u8) {
    if at < out.len() {
        out[at] = byte;
    }
}

#[allow(clippy::indexing_slicing)]
const fn starts_with(bytes: &[u8], at: usize, with: &[u8]) -> bool {
    let mut i = 0;
    while i < with.len() {
        if at + i >= bytes.len() || bytes[at + i] != with[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Declares `RULE` from a doc comment and its data; `fn check` follows in the
/// same file.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $code:literal $name:ident {
            title: $title:literal,
            severity: $severity:ident,
            confidence: $confidence:ident,
            stages: [$($stage:ident),+ $(,)?],
            needs: [$($need:ident),* $(,)?],
            after: [$($after:tt),* $(,)?],
            fix: $fix:literal,
            nixos: $nixos:literal
            $(, change: [$($change:expr),+ $(,)?])?
            $(, image: { needs: [$($image_need:ident),* $(,)?], check: $image_check:path })?
            $(, log: $log_check:path)?
            $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub const RULE: $crate::rule::Rule = $crate::rule::Rule {
            code: $crate::rule::Code($code),
            name: stringify!($name),
            title: $title,
            severity: $crate::finding::Severity::$severity,
            confidence: $crate::finding::Confidence::$confidence,
            stages: &[$($crate::rule::Stage::$stage),+],
            needs: &[$($crate::facts::need::$need),*],
            after: &[$($crate::rule::cause!($after)),*],
            fix: $fix,
            nixos: $nixos,
            #[cfg(feature = "docs")]
            change: {
                #[allow(unused_imports)]
                use $crate::rule::change::{Change::*, DRAWS, Rewrite, SLEEP_UNITS};
                #[allow(unused_variables)]
                let change: &'static [$crate::rule::change::Change] = &[];
                $(let change: &'static [$crate::rule::change::Change] = &[$($change),+];)?
                change
            },
            why: {
                const DOC: &str = concat!($($doc, "\n"),+);
                const TEXT: [u8; $crate::rule::why(DOC, &mut [])] = {
                    let mut text = [0; $crate::rule::why(DOC, &mut [])];
                    $crate::rule::why(DOC, &mut text);
                    text
                };
                match core::str::from_utf8(&TEXT) {
                    Ok(text) => text,
                    Err(_) => "",
                }
            },
            doc: if cfg!(feature = "docs") { concat!($($doc, "\n"),+) } else { "" },
            check,
            #[cfg(feature = "image")]
            image: {
                #[allow(unused_variables)]
                let image: Option<$crate::rule::ImageCheck> = None;
                $(let image = Some($crate::rule::ImageCheck {
                    needs: &[$($crate::facts::need::$image_need),*],
                    check: $image_check,
                });)?
                image
            },
            #[cfg(feature = "logs")]
            log: {
                #[allow(unused_variables)]
                let log: Option<fn(&Facts, &Expectations, &mut Findings<'_>)> = None;
                $(let log: Option<fn(&Facts, &Expectations, &mut Findings<'_>)> = Some($log_check);)?
                log
            },
        };
    };
}
pub(crate) use rule;

/// One entry of `after`: a code, or a group of `rule::causes`.
macro_rules! cause {
    ($code:literal) => {
        $crate::rule::causes::Cause::Code($code)
    };
    ($group:ident) => {
        $crate::rule::causes::Cause::Any($group)
    };
}
pub(crate) use cause;
