//! Values of parameters, asked of the booted kernel itself: what it makes of each boolean
//! and integer of verifier/tests/kmod/cases.json, which the readers are held to. Two of
//! its own parameters that may be written at run time answer (kernel/params.c
//! `param_attr_store`). Of texts and of words without a value it is not asked.

use anyhow::{Context, Result, bail};
use nvpreflight::reading::options::{is_integer, number, takes_boolean};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("../../../../verifier/tests/kmod/cases.json");
/// What the guest says of a value that the kernel refuses.
const REFUSED: &str = "refused";

/// A value with the type it is asked as: "bool" or "int".
type Question = (String, String);

/// Every value of the table that a write can carry: an empty one is none.
fn questions(table: &Value) -> Result<BTreeSet<Question>> {
    let mut asked = BTreeSet::new();
    let mut ask = |kind: &str, value: &Value| {
        if let Some(value) = value.as_str().filter(|value| !value.is_empty()) {
            asked.insert((kind.to_owned(), value.to_owned()));
        }
    };
    for case in rows(table, "booleans")? {
        ask("bool", &case["value"]);
    }
    for case in rows(table, "values")? {
        for side in ["a", "b"] {
            match case["kind"].as_str() {
                Some("boolean") => ask("bool", &case[side]),
                Some("integer") => ask("int", &case[side]),
                _ => {}
            }
        }
    }
    Ok(asked)
}

fn rows<'a>(table: &'a Value, section: &str) -> Result<&'a Vec<Value>> {
    let rows = table[section].as_array().with_context(|| format!("no section {section}"))?;
    if rows.is_empty() { bail!("the section {section} is empty") } else { Ok(rows) }
}

/// The questions as the guest reads them: a type and a value a line.
///
/// # Errors
/// A table without its sections.
pub fn asked() -> Result<String> {
    let asked = questions(&serde_json::from_str(TABLE)?)?;
    Ok(asked.into_iter().map(|(kind, value)| format!("{kind} {value}\n")).collect())
}

/// Where the kernel of that release says something else than the table or the readers.
///
/// # Errors
/// An answer that is not one to every question.
pub fn differences(answer: &str, release: &str) -> Result<Vec<String>> {
    let table: Value = serde_json::from_str(TABLE)?;
    let mut kernel: BTreeMap<Question, Option<String>> = BTreeMap::new();
    for line in answer.lines() {
        let parts = line.split_once('\t').zip(line.split_once(' '));
        let Some(((question, said), (kind, _))) = parts else { bail!("odd answer `{line}`") };
        let value = question.get(kind.len() + 1..).unwrap_or_default();
        let said = Some(said.to_owned()).filter(|said| said != REFUSED);
        kernel.insert((kind.to_owned(), value.to_owned()), said);
    }
    if !kernel.keys().eq(questions(&table)?.iter()) {
        bail!("the guest did not answer every question: {answer}");
    }
    let mut out = Vec::new();
    for ((kind, value), said) in &kernel {
        let expected = match kind.as_str() {
            "bool" => takes_boolean(value, Some(release)),
            _ => Some(is_integer(value)),
        };
        if expected != Some(said.is_some()) {
            out.push(format!(
                "{kind} `{value}`: the kernel says {said:?}, our reader {expected:?}"
            ));
        }
        let same = |said: &str| number(said) == number(value);
        if kind == "int" && said.as_deref().is_some_and(|said| !same(said)) {
            out.push(format!("int `{value}`: the kernel says {said:?}, our reader another number"));
        }
    }
    let says = |kind: &str, value: &Value| {
        kernel.get(&(kind.to_owned(), value.as_str()?.to_owned())).cloned().flatten()
    };
    for case in rows(&table, "booleans")? {
        let said = says("bool", &case["value"]);
        let is = case["is"].as_bool().map(|is| if is { "Y" } else { "N" });
        if said.is_some() && said.as_deref() != is {
            out.push(format!("{case}: the kernel says {said:?}"));
        }
    }
    for case in rows(&table, "values")? {
        let kind = match case["kind"].as_str() {
            Some("boolean") => "bool",
            Some("integer") => "int",
            _ => continue,
        };
        let sides = says(kind, &case["a"]).zip(says(kind, &case["b"]));
        if sides.is_some_and(|(a, b)| Some(a == b) != case["same"].as_bool()) {
            out.push(format!("{case}: the kernel says otherwise"));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kernel of before 6.16 answers, by our own readers.
    fn answer(change: impl Fn(&str, &str) -> Option<&'static str>) -> String {
        let of = |line: &str| {
            let (kind, value) = line.split_once(' ').unwrap();
            let said = match (change(kind, value), kind) {
                (Some(said), _) => said.to_owned(),
                (_, "bool") if takes_boolean(value, Some("6.12")) == Some(true) => {
                    let on = nvpreflight::reading::options::boolean(value) == Some(true);
                    (if on { "Y" } else { "N" }).to_owned()
                }
                (_, "int") if is_integer(value) => {
                    let number = number(value).unwrap();
                    if value.starts_with('-') { value.to_owned() } else { number.to_string() }
                }
                _ => REFUSED.to_owned(),
            };
            format!("{line}\t{said}\n")
        };
        asked().unwrap().lines().map(of).collect()
    }

    #[test]
    fn a_kernel_that_answers_as_the_table_says_differs_in_nothing() {
        assert_eq!(differences(&answer(|_, _| None), "6.12.1").unwrap(), [""; 0]);
        // The same answers of a newer kernel are wrong: it takes enable and disable.
        let newer = differences(&answer(|_, _| None), "6.16.1").unwrap();
        assert!(newer.iter().any(|line| line.contains("`enable`")), "{newer:?}");
    }

    #[test]
    fn a_kernel_that_answers_otherwise_is_told() {
        for (kind, value, said) in [("bool", "0x1", "Y"), ("bool", "2", "Y"), ("int", "010", "10")]
        {
            let one = answer(|k, v| (k == kind && v == value).then_some(said));
            assert_ne!(differences(&one, "6.12.1").unwrap(), [""; 0], "{kind} {value}");
        }
    }

    #[test]
    fn a_guest_that_leaves_a_question_out_has_not_answered() {
        let whole = answer(|_, _| None);
        let (first, rest) = whole.split_once('\n').unwrap();
        assert!(differences(rest, "6.12.1").is_err());
        assert!(differences(first, "6.12.1").is_err());
        assert!(differences("", "6.12.1").is_err());
    }
}
