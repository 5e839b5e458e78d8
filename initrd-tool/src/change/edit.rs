//! One file of a configuration before and after. Plans nothing and writes nothing.

use serde::Serialize;

/// One file before and after, by lines without their line feeds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Edit {
    /// The file, without the root's slash.
    pub path: String,
    /// Its lines now; `None` where there is no such file.
    pub before: Option<Vec<String>>,
    /// Its lines afterwards.
    pub after: Vec<String>,
}

impl Edit {
    /// The change as a unified diff with paths from the root.
    #[must_use]
    pub fn diff(&self) -> String {
        let text = |lines: &[String]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
        let (old, new) = (text(self.before.as_deref().unwrap_or_default()), text(&self.after));
        let from = match self.before {
            Some(_) => format!("/{}", self.path),
            None => "/dev/null".to_owned(),
        };
        if self.before.is_none() && self.after.is_empty() {
            return format!("--- {from}\n+++ /{} (an empty file)\n", self.path);
        }
        similar::TextDiff::from_lines(&old, &new)
            .unified_diff()
            .context_radius(1)
            .header(&from, &format!("/{}", self.path))
            .to_string()
    }
}
