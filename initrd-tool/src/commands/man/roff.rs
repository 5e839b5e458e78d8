//! Text as man(7) macros: sections, prose, lists, lines as they are, and the small
//! part of Markdown that `docs/expectations.md` is written in. Renders no other page.

use std::fmt::Write;

/// A section's heading.
pub(super) fn section(name: &str) -> String {
    format!(".SH \"{}\"\n", escaped(name))
}

/// Text that is filled. A line cannot begin a macro, whatever it begins with.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let _ = writeln!(out, "{}", guarded(line.trim()));
    }
    out
}

/// Lines that stay as they are.
pub(super) fn verbatim(text: &str) -> String {
    let mut out = String::from(".nf\n");
    for line in text.lines() {
        let _ = writeln!(out, "\\&{}", escaped(line));
    }
    out.push_str(".fi\n");
    out
}

/// Terms, each with what it means.
pub(super) fn list(items: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (term, meaning) in items {
        let _ = write!(out, ".TP\n\\fB{}\\fR\n{}", escaped(term), prose(meaning));
    }
    out
}

/// A page of Markdown as a manual page; its first heading gives way to NAME.
pub(super) fn of_markdown(
    name: &str,
    section_number: &str,
    version: &str,
    about: &str,
    text: &str,
) -> String {
    let mut out = format!(
        ".TH \"{name}\" \"{section_number}\" \"\" \"nvpreflight {version}\"\n{}{} \\- {}\n{}",
        section("NAME"),
        escaped(name),
        escaped(about),
        section("DESCRIPTION")
    );
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            out.push_str(&section(&heading.to_uppercase()));
        } else if line.starts_with("# ") {
        } else if line.starts_with("```") {
            let code: Vec<&str> =
                lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            let _ = write!(out, ".PP\n{}", verbatim(&code.join("\n")));
        } else if line.starts_with('|') {
            // The heading's row and the rule below it come first and say nothing here.
            lines.next_if(|line| line.starts_with("|--"));
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                out.push_str(&table_row(row));
            }
        } else if line.is_empty() {
            out.push_str(".PP\n");
        } else {
            let _ = writeln!(out, "{}", guarded(&inline(line)));
        }
    }
    out
}

/// `| key | meaning | default |`.
fn table_row(row: &str) -> String {
    let cells: Vec<String> =
        row.trim_matches('|').split(" | ").map(|cell| inline(cell.trim())).collect();
    match cells.as_slice() {
        [key, meaning, without] => format!(
            ".TP\n\\fB{}\\fR\n{}\n.br\nDefault: {}\n",
            escaped(key),
            guarded(meaning),
            escaped(without)
        ),
        _ => format!("{}\n", guarded(&cells.join(", "))),
    }
}

/// Without code marks, and a link as its text.
fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link =
            after.split_once("](").and_then(|(label, tail)| Some((label, tail.split_once(')')?.1)));
        let Some((label, tail)) = link else { break };
        out.push_str(before);
        out.push_str(label);
        rest = tail;
    }
    out.push_str(rest);
    out.replace('`', "")
}

fn guarded(line: &str) -> String {
    let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
    format!("{guard}{}", escaped(line))
}

/// The backslash is roff's own, and a bare `-` is printed as a hyphen, which nobody
/// can paste.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_text_becomes_a_macro() {
        assert_eq!(
            prose(".so /etc/passwd\n'ds x\na\\b-c"),
            "\\&.so /etc/passwd\n\\&'ds x\na\\eb\\-c\n"
        );
        assert_eq!(verbatim("  .SH x"), ".nf\n\\&  .SH x\n.fi\n");
    }

    #[test]
    fn a_table_becomes_a_list_and_a_link_its_text() {
        let text = "# T\n\nSee [the page](x.md) `now`.\n\n| key | meaning | without it |\n|---|---|---|\n| `gpus` | how many | not judged |\n";
        let page = of_markdown("x", "5", "1", "about", text);
        assert!(page.contains("\nSee the page now.\n"), "{page}");
        assert!(page.contains(".TP\n\\fBgpus\\fR\nhow many\n.br\nDefault: not judged\n"), "{page}");
        assert!(!page.contains("meaning"), "{page}");
    }

    #[test]
    fn a_bracket_that_opens_no_link_stays() {
        assert_eq!(inline("a [b] c"), "a [b] c");
    }
}
