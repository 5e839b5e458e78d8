//! How bad a finding is: what rules say, owners change and reports show.

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing; nothing fails.
    Note,
    /// A race, or wrong for a likely goal.
    Warning,
    /// Display or compute fails.
    Error,
}

impl Severity {
    /// The name in reports and expectations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|s| s.name() == name)
    }

    /// The syslog priority: 3 error, 4 warning, 5 notice.
    #[must_use]
    pub const fn priority(self) -> u8 {
        match self {
            Self::Error => 3,
            Self::Warning => 4,
            Self::Note => 5,
        }
    }
}
