//! The owner's expectations for a look: from a file that was named, from the
//! subject itself, or from its root. A file that is not taken leaves the defaults
//! and a reason, which is a finding.

use crate::base::error::Result;
use crate::base::regular;
use nvpreflight::evidence::expectations;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::ExpectationsRefused;
use nvpreflight::seen::Seen;
use nvpreflight::tree::Tree;
use std::path::Path;

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
        out.refused = expectations::take(name, Seen::Yes(text.as_bytes()), &mut out.want);
        out
    }

    /// From the first of the trees that has the file.
    #[must_use]
    pub fn below(trees: &[&dyn Tree]) -> Self {
        let mut out = Self::default();
        let mut taken =
            trees.iter().filter_map(|tree| match expectations::below(*tree, &mut out.want) {
                Seen::Yes(refused) => Some(refused),
                _ => None,
            });
        let refused = taken.next().flatten();
        out.refused = refused;
        out
    }
}
