//! The first pass: what is named anywhere in the texts, in every form that it may
//! have elsewhere.

use super::super::Saved;
use super::kept::is_kept;
use super::{Names, Redactor, recognised};
use crate::base::error::{Error, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// Things that are learned; more than a machine has, and a bound for hostile texts.
const MAX: usize = 4096;
/// Characters of the longest that is looked for.
pub(super) const LONGEST: usize = 512;

/// Collects what must go.
#[derive(Clone, Debug, Default)]
pub struct Learner {
    learned: BTreeSet<String>,
}

impl Learner {
    /// With names that are known already.
    #[must_use]
    pub fn new(names: &Names) -> Self {
        let mut out = Self::default();
        names.iter().for_each(|name| out.learn(name));
        out
    }

    /// Learns from a text.
    pub fn text(&mut self, text: &str) {
        for line in text.lines() {
            recognised(line, &mut |found| {
                if found.learn {
                    if let Some(text) = line.get(found.at) {
                        self.learn(text);
                    }
                }
            });
        }
    }

    /// Learns from every text of a value.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(map) => {
                for (key, item) in map {
                    self.text(key);
                    self.value(item);
                }
            }
            _ => {}
        }
    }

    /// Learns from every text of saved facts.
    ///
    /// # Errors
    /// None in practice: every value has a JSON form.
    pub fn saved(&mut self, saved: &Saved) -> Result<()> {
        let value = serde_json::to_value(saved);
        self.value(&value.map_err(|e| Error::new(format!("cannot redact the facts: {e}")))?);
        Ok(())
    }

    /// What takes it out.
    #[must_use]
    pub fn done(self) -> Redactor {
        Redactor::new(self.learned)
    }

    /// A thing in every form: as it stands, without systemd's escapes, and what has
    /// dashes or colons with those of other places.
    fn learn(&mut self, text: &str) {
        let text = text.trim().trim_end_matches('…').replace(r"\x2d", "-");
        let text = text.trim_matches(['"', '\'', '.', ',', ':', ';']);
        let signs = text.chars().filter(|c| c.is_alphanumeric());
        let (count, crossed) =
            signs.fold((0, true), |(n, x), c| (n + 1, x && matches!(c, 'x' | '0')));
        if crossed || count < 3 || is_kept(text) || text.len() > LONGEST {
            return;
        }
        let alphabetic = text.chars().any(char::is_alphabetic);
        if !alphabetic && count < 6 || self.learned.len() >= MAX {
            return;
        }
        let mut put = |text: String| self.learned.insert(text);
        if text.contains('-') {
            put(text.replace('-', r"\x2d"));
        }
        let hex = text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '-' | ':'));
        if hex && text.len() >= 12 {
            let bare: String = text.chars().filter(char::is_ascii_hexdigit).collect();
            // Addresses in interfaces' names, UUIDs in ids.
            if bare.len() == 12 {
                let pairs: Vec<&str> =
                    (0..6).filter_map(|at| bare.get(at * 2..at * 2 + 2)).collect();
                for sign in [":", "-", "_"] {
                    put(pairs.join(sign));
                }
            }
            put(text.replace('-', "_"));
            put(bare);
        }
        put(text.to_owned());
    }
}
