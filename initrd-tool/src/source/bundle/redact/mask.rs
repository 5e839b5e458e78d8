//! The second pass: crosses out what its place shows and what was learned elsewhere,
//! character for character.

use super::super::Saved;
use super::{How, Learner, Names, recognised};
use crate::base::error::{Error, Result};
use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// From this length on something with a digit or sign in it is taken out also within
/// words: it is no word by itself.
const ODD: usize = 8;
/// Characters of a thing whose rest was cut off ("…").
const BEGUN: usize = 4;

/// Takes out what was learned.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Finds first words; `None` where nothing was learned.
    words: Option<AhoCorasick>,
    /// What begins with each of them: the further words.
    things: Vec<Vec<Thing>>,
    all: Vec<String>,
}

#[derive(Clone, Debug)]
struct Thing {
    more: Vec<String>,
    /// Only as a word of its own.
    alone: bool,
}

impl Redactor {
    pub(super) fn new(learned: BTreeSet<String>) -> Self {
        let mut by_first: BTreeMap<String, Vec<Thing>> = BTreeMap::new();
        for text in &learned {
            let mut words = text.split_whitespace().map(str::to_ascii_lowercase);
            let Some(first) = words.next() else { continue };
            let odd = text.len() >= ODD && text.chars().any(|c| !c.is_alphabetic() && c != ' ');
            by_first.entry(first).or_default().push(Thing { more: words.collect(), alone: !odd });
        }
        let builder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(by_first.keys());
        let all = learned.iter().map(|text| text.to_ascii_lowercase()).collect();
        // Only too many or too long words are refused, and `Learner` bounds both.
        Self { words: builder.ok(), things: by_first.into_values().collect(), all }
    }

    /// The text without what tells.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut mask = vec![None; text.len()];
        let mut put = |from: usize, to: usize, how: How| {
            for cell in mask.get_mut(from..to).unwrap_or(&mut []) {
                // A number stays a number.
                *cell = Some(if *cell == Some(How::Zero) { How::Zero } else { how });
            }
        };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            recognised(line.trim_end_matches('\n'), &mut |found| {
                put(start + found.at.start, start + found.at.end, found.how);
            });
            start += line.len();
        }
        self.learned(text, &mut put);
        let crossed = text.char_indices().map(|(at, c)| match mask.get(at).copied().flatten() {
            Some(How::Cross) if c.is_alphanumeric() => 'x',
            Some(How::Zero) if c.is_ascii_hexdigit() => '0',
            _ => c,
        });
        crossed.collect()
    }

    fn learned(&self, text: &str, put: &mut dyn FnMut(usize, usize, How)) {
        let Some(words) = &self.words else { return };
        for found in words.find_overlapping_iter(text) {
            let things = self.things.get(found.pattern().as_usize()).map_or(&[][..], Vec::as_slice);
            for thing in things {
                let Some(end) = further(text, found.end(), &thing.more) else { continue };
                if !thing.alone || is_alone(text, found.start(), end) {
                    put(found.start(), end, How::Cross);
                }
            }
        }
        for (at, _) in text.match_indices('…') {
            let head = text.get(..at).unwrap_or("");
            let from = head.char_indices().rev().nth(super::learner::LONGEST).map_or(0, |(i, _)| i);
            let tail = head.get(from..).unwrap_or("").to_ascii_lowercase();
            let begun = self.all.iter().filter_map(|thing| begun(&tail, thing)).max();
            if let Some(len) = begun {
                put(at.saturating_sub(len), at, How::Cross);
            }
        }
    }

    /// Every text of a value, keys of maps included.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(map) => {
                let old = std::mem::take(map);
                for (key, mut item) in old {
                    self.value(&mut item);
                    map.insert(self.text(&key), item);
                }
            }
            _ => {}
        }
    }

    /// Saved facts, with everything that is in them.
    ///
    /// # Errors
    /// Facts whose form does not survive, as where a host is called as a field is:
    /// nothing is given out then.
    pub fn saved(&self, saved: &Saved) -> Result<Saved> {
        let failed = |e: serde_json::Error| Error::new(format!("cannot redact the facts: {e}"));
        let mut value = serde_json::to_value(saved).map_err(failed)?;
        let Value::Object(map) = &mut value else { return Err(Error::new("no facts to redact")) };
        for (key, item) in map.iter_mut() {
            // Words of the format, and the number of a boot, by which it is found.
            let format = ["format", "version", "tool", "phase", "look", "boot"];
            if !format.contains(&key.as_str()) {
                self.fields(item);
            }
        }
        serde_json::from_value(value).map_err(failed)
    }

    /// Values of a format whose keys are its own.
    fn fields(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.fields(item)),
            Value::Object(map) => {
                let saved = map.get("format").is_some_and(Value::is_string);
                for (key, item) in map.iter_mut() {
                    if !(saved && ["format", "tool", "phase", "look", "boot"].contains(&&**key)) {
                        self.fields(item);
                    }
                }
                if map.keys().any(|key| key.contains('/')) {
                    let old = std::mem::take(map);
                    map.extend(old.into_iter().map(|(key, item)| (self.text(&key), item)));
                }
            }
            text => self.value(text),
        }
    }
}

impl Saved {
    /// These facts without what tells one machine and its people from others.
    ///
    /// # Errors
    /// As [`Redactor::saved`].
    pub fn redacted(&self, names: &Names) -> Result<Self> {
        let mut learner = Learner::new(names);
        learner.saved(self)?;
        let mut saved = learner.done().saved(self)?;
        if let Some(visit) = &mut saved.visit {
            visit.redacted = super::KINDS.iter().map(|kind| (*kind).to_owned()).collect();
        }
        Ok(saved)
    }
}

/// Where the further words end, whatever white space a page has put between them.
fn further(text: &str, mut end: usize, more: &[String]) -> Option<usize> {
    for word in more {
        let rest = text.get(end..)?;
        let from = end + (rest.len() - rest.trim_start().len());
        let found = text.get(from..from + word.len())?;
        if from == end || !found.eq_ignore_ascii_case(word) {
            return None;
        }
        end = from + word.len();
    }
    Some(end)
}

/// No part of a longer word; names of three or four letters not of one with
/// underscores either.
fn is_alone(text: &str, start: usize, end: usize) -> bool {
    let short = end - start < 5;
    let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || short && c == '_');
    let head = text.get(..start).unwrap_or("");
    // The end of an escaped dash is no letter of a name.
    let before = if head.ends_with(r"\x2d") { None } else { head.chars().next_back() };
    !joined(before) && !joined(text.get(end..).and_then(|t| t.chars().next()))
}

/// Bytes at the end of a text that begin a thing.
fn begun(tail: &str, thing: &str) -> Option<usize> {
    let lengths = thing.char_indices().map(|(at, _)| at).filter(|at| *at >= BEGUN);
    lengths.filter(|len| thing.get(..*len).is_some_and(|head| tail.ends_with(head))).max()
}
