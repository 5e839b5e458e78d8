//! Checks a report against docs/report-v1.schema.json: the few keywords that
//! the schema uses, and no key that it does not describe.

use nvpreflight::facts::PciAddress;
use serde_json::Value;

/// Panics with the first violation.
#[track_caller]
pub fn check(report: &Value) {
    if let Some(why) = violation(report) {
        panic!("{why}: {report}");
    }
}

/// The first violation.
pub fn violation(report: &Value) -> Option<String> {
    violation_of(include_str!("../../../docs/report-v1.schema.json"), report)
}

/// The first violation of a schema.
pub fn violation_of(schema: &str, value: &Value) -> Option<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    within(&schema, value, "report").err()
}

fn within(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let demand = |held: bool, what: &str| if held { Ok(()) } else { Err(format!("{at}: {what}")) };
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" => {}
            "const" => demand(value == rule, "another constant")?,
            "enum" => demand(rule.as_array().unwrap().contains(value), "no such choice")?,
            "minimum" => demand(value.as_u64() >= rule.as_u64(), "below the minimum")?,
            "pattern" => demand(fits(rule, value), "another form")?,
            "type" => demand(is_one_of(rule, value), "another type")?,
            "required" => {
                for key in rule.as_array().unwrap() {
                    demand(value.get(key.as_str().unwrap()).is_some(), &format!("lacks {key}"))?;
                }
            }
            "items" => {
                // What is no array is for `type` to say.
                for item in value.as_array().into_iter().flatten() {
                    within(rule, item, &format!("{at}[]"))?;
                }
            }
            "properties" => {
                for (key, member) in value.as_object().unwrap() {
                    let Some(rule) = rule.get(key) else { return Err(format!("{at}: new {key}")) };
                    within(rule, member, &format!("{at}.{key}"))?;
                }
            }
            other => return Err(format!("the check does not know `{other}`")),
        }
    }
    Ok(())
}

/// One type, or a list of them.
fn is_one_of(kinds: &Value, value: &Value) -> bool {
    let list = kinds.as_array().map_or(std::slice::from_ref(kinds), Vec::as_slice);
    list.iter().any(|kind| is_a(kind.as_str().unwrap(), value))
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

/// The schema's three patterns: a PCI address, a code, and a code or nothing.
fn fits(pattern: &Value, value: &Value) -> bool {
    let pattern = pattern.as_str().unwrap();
    let text = value.as_str().unwrap_or("?");
    if pattern.starts_with("^[0-9a-f]{4,8}:") {
        return PciAddress::parse(text).is_some();
    }
    let optional = pattern.ends_with(")?$");
    let code = text
        .strip_prefix("NVP")
        .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()));
    code || (optional && text.is_empty())
}
