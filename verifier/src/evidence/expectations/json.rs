//! The JSON machinery of the expectations: keys are taken one by one, so that a
//! refusal can name the key and the line. Unknown keys end the reading.

use super::Refused;
use super::fields::File;
use crate::expect::Expectations;
use crate::text::{Name, Text};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::marker::PhantomData;
use heapless::Vec;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json_core::de::Error as JsonError;

/// Room to take the escapes out of one string: the longest text kept is a
/// [`Line`], and one byte more tells that it does not fit.
const UNESCAPED_MAX: usize = 256;
/// Keys of the largest object, with room to spare.
const KEY_MAX: usize = 16;

/// Reads a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<Expectations, Refused> {
    let told = Told { start: bytes.as_ptr() as usize, ..Told::default() };
    let mut unescaped = [0u8; UNESCAPED_MAX];
    let mut reader = serde_json_core::de::Deserializer::new(bytes, Some(&mut unescaped));
    let mut file = File::default();
    let outcome = Object { of: &mut file, told: &told }
        .deserialize(&mut reader)
        .and_then(|()| reader.end().map(|_| ()));
    let refuse = |why, what| {
        let before = bytes.get(..told.offset.get()).unwrap_or(bytes);
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        Refused { why, what, line: u32::try_from(line).unwrap_or(u32::MAX) }
    };
    match outcome {
        Ok(()) if file.version => Ok(file.want),
        Ok(()) => Err(refuse("the key is missing", Name::from("version"))),
        Err(error) => Err(match told.refusal.take() {
            Some((why, what)) => refuse(why, what),
            None => refuse(syntax(&error), told.key.take()),
        }),
    }
}

/// What serde-json-core's error means to the writer of the file.
const fn syntax(error: &JsonError) -> &'static str {
    match error {
        JsonError::EofWhileParsingList
        | JsonError::EofWhileParsingObject
        | JsonError::EofWhileParsingString
        | JsonError::EofWhileParsingNumber
        | JsonError::EofWhileParsingValue => "the file ends too early, after the key",
        JsonError::InvalidNumber => "no whole number in range, at the key",
        JsonError::InvalidType => "a value of another type is wanted, at the key",
        JsonError::EscapedStringIsTooLong => "the text is too long, at the key",
        JsonError::TrailingComma => "a comma before a closing bracket, after the key",
        _ => "no valid JSON, after the key",
    }
}

/// Why a value is refused, in a few words.
pub(super) type Reason = &'static str;

/// What is known of the place and the cause when reading ends early.
#[derive(Default)]
pub(super) struct Told {
    start: usize,
    offset: Cell<usize>,
    key: RefCell<Name>,
    refusal: RefCell<Option<(Reason, Name)>>,
}

impl Told {
    pub(super) fn refuse<E: serde::de::Error>(&self, why: Reason, what: &str) -> E {
        *self.refusal.borrow_mut() = Some((why, Name::from(what)));
        E::custom(why)
    }

    /// Notes where a borrowed string stands. Addresses are compared as numbers
    /// only; a string with escapes lies elsewhere and tells nothing.
    fn at(&self, text: &str) {
        if let Some(offset) = (text.as_ptr() as usize).checked_sub(self.start) {
            self.offset.set(offset);
        }
    }
}

/// An object that takes its values key by key.
pub(super) trait Fields<'de> {
    /// Takes the value of `key`; `false` when there is no such key.
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
        told: &Told,
    ) -> Result<bool, A::Error>;
}

pub(super) struct Object<'t, T> {
    pub(super) of: &'t mut T,
    pub(super) told: &'t Told,
}

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Object<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for Object<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = Vec::<Name, KEY_MAX>::new();
        while let Some(key) = map.next_key_seed(Str::<64>(self.told))? {
            *self.told.key.borrow_mut() = key.clone();
            if seen.contains(&key) {
                return Err(self.told.refuse("the key stands twice", &key));
            }
            if !self.of.field(&key, &mut map, self.told)? {
                return Err(self.told.refuse("unknown key", &key));
            }
            if seen.push(key).is_err() {
                return Err(self.told.refuse("too many keys", ""));
            }
        }
        Ok(())
    }
}

/// A string of at most `N` bytes.
pub(super) struct Str<'t, const N: usize>(pub(super) &'t Told);

impl<'de, const N: usize> DeserializeSeed<'de> for Str<'_, N> {
    type Value = Text<N>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Text<N>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Str<'_, N> {
    type Value = Text<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Text<N>, E> {
        self.0.at(text);
        self.visit_str(text)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<N>, E> {
        let kept = Text::from(text);
        if kept.is_cut() { Err(self.0.refuse("the text is too long", text)) } else { Ok(kept) }
    }
}

/// A list of strings, each handed to a function that may refuse it.
pub(super) struct Strings<'t, F> {
    pub(super) told: &'t Told,
    pub(super) take: F,
}

impl<'de, F: FnMut(&str) -> Result<(), Reason>> DeserializeSeed<'de> for Strings<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&str) -> Result<(), Reason>> Visitor<'de> for Strings<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(text) = list.next_element_seed(Str::<64>(self.told))? {
            (self.take)(&text).map_err(|why| self.told.refuse(why, &text))?;
        }
        Ok(())
    }
}

/// A list of objects, each begun with its default and handed to a function.
pub(super) struct Objects<'t, T, F> {
    pub(super) told: &'t Told,
    pub(super) take: F,
    pub(super) of: PhantomData<T>,
}

impl<'de, T, F> DeserializeSeed<'de> for Objects<'_, T, F>
where
    T: Fields<'de> + Default,
    F: FnMut(T) -> Result<(), Reason>,
{
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de, T, F> Visitor<'de> for Objects<'_, T, F>
where
    T: Fields<'de> + Default,
    F: FnMut(T) -> Result<(), Reason>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        loop {
            let mut of = T::default();
            let seed = Object { of: &mut of, told: self.told };
            if list.next_element_seed(seed)?.is_none() {
                return Ok(());
            }
            (self.take)(of).map_err(|why| self.told.refuse(why, ""))?;
        }
    }
}

/// A list of lists of two strings.
pub(super) struct Pairs<'t, F> {
    pub(super) told: &'t Told,
    pub(super) take: F,
}

impl<'de, F: FnMut(&str, &str) -> Result<(), Reason>> DeserializeSeed<'de> for Pairs<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&str, &str) -> Result<(), Reason>> Visitor<'de> for Pairs<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of pairs")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        const NO_PAIR: Reason = "a pair has two names";
        loop {
            let mut pair = Vec::<Name, 2>::new();
            let take = |name: &str| pair.push(Name::from(name)).map_err(|_| NO_PAIR);
            if list.next_element_seed(Strings { told: self.told, take })?.is_none() {
                return Ok(());
            }
            let [a, b] = pair.as_slice() else { return Err(self.told.refuse(NO_PAIR, "")) };
            (self.take)(a, b).map_err(|why| self.told.refuse(why, ""))?;
        }
    }
}
