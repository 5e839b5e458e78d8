//! The journal catalog: one entry a rule, made from the rule's own doc comment,
//! shown by `journalctl -x` (systemd docs/CATALOG.md).

use crate::rule::Rule;
use core::fmt::{self, Write};

/// Writes the catalog of these rules.
///
/// # Errors
/// Those of the writer.
pub fn write(rules: &[&'static Rule], out: &mut dyn Write) -> fmt::Result {
    for rule in rules {
        writeln!(out, "-- {:032x}", rule.message_id())?;
        writeln!(out, "Subject: {}: {}", rule.code, rule.title)?;
        writeln!(out, "Defined-By: nvpreflight\n")?;
        writeln!(out, "@MESSAGE@\n")?;
        for line in rule.doc.trim_end().lines() {
            let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
            // `-- ` at the start of a line would begin another entry.
            let line = line.trim_start_matches("-- ");
            // The catalog format has no markup: a heading becomes a plain line.
            match line.strip_prefix("## ") {
                Some(heading) => writeln!(out, "{heading}:")?,
                None => writeln!(out, "{line}")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;
    use std::string::String;

    #[test]
    fn every_rule_has_an_entry_under_its_message_id() {
        let mut out = String::new();
        write(RULES, &mut out).unwrap();
        let entries = out.lines().filter(|l| l.starts_with("-- ")).count();
        assert_eq!(entries, RULES.len());
        for rule in RULES {
            assert!(out.contains(&std::format!("-- {:032x}\n", rule.message_id())));
            assert!(out.contains(rule.title));
        }
    }
}
