//! The owner's expectations for a look: from a file that was named, from the
//! subject itself, or from its root. A file that is not taken leaves the defaults
//! and a reason, which is a finding.

use crate::base::error::Result;
use crate::base::regular;
use nvpreflight::evidence::expectations;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::ExpectationsRefused;
use nvpreflight::seen::Seen;
use nvpreflight::text::Line;
use nvpreflight::tree::Tree;
use std::path::Path;

/// The expectations file below a root.
const FILE: &str = "etc/nvpreflight/expect.json";
/// Longest expectations file; one that fills every list has about 6 kB.
const SIZE_MAX: usize = 16 * 1024;

/// What is wanted, and why a file that is there was not taken.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The expectations.
    pub want: Expectations,
    /// Why the defaults hold although there is a file.
    pub refused: Option<ExpectationsRefused>,
    /// The text of a file that was named, for saving.
    pub text: Option<String>,
}

impl Wanted {
    /// From a file that was named.
    ///
    /// # Errors
    /// A file that cannot be read: it was asked for.
    pub fn named(path: &Path) -> Result<Self> {
        // What is too long is said with the longest that the verifier takes.
        let bytes = regular::read(path, 1 << 20)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut out = Self::text(&crate::base::clean::path(path), &text);
        out.text = Some(text);
        Ok(out)
    }

    /// From the text of a file; the name is empty where it is not known any more.
    #[must_use]
    pub fn text(name: &str, text: &str) -> Self {
        let mut out = Self::default();
        let why = if text.len() > SIZE_MAX {
            Some(too_long())
        } else {
            let parsed = expectations::parse(text.as_bytes(), &mut out.want);
            parsed.err().map(|why| Line::of(format_args!("{why}")))
        };
        out.refused = why.map(|why| ExpectationsRefused { file: Line::from(name), why });
        out
    }

    /// From the first of the trees that has the file.
    #[must_use]
    pub fn below(trees: &[&dyn Tree]) -> Self {
        let mut buf = vec![0; SIZE_MAX];
        for tree in trees {
            let mut out = Self::default();
            let why = match tree.read(FILE, &mut buf) {
                Seen::Absent | Seen::NotLooked => continue,
                Seen::Unreadable(e) => Some(Line::of(format_args!("cannot read the file: {e}"))),
                Seen::Yes(got) if got.cut => Some(too_long()),
                Seen::Yes(got) => {
                    let bytes = buf.get(..got.len).unwrap_or(&[]);
                    let parsed = expectations::parse(bytes, &mut out.want);
                    parsed.err().map(|why| Line::of(format_args!("{why}")))
                }
            };
            out.refused = why.map(|why| ExpectationsRefused { file: Line::from(FILE), why });
            return out;
        }
        Self::default()
    }
}

fn too_long() -> Line {
    Line::of(format_args!("the file is longer than {SIZE_MAX} bytes"))
}
