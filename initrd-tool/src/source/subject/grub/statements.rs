//! Statements of GRUB's shell (grub-core/script/yylex.l, parser.y), as far as a menu needs
//! them: words, quotes, braces and what ends a statement. Variables stay as they are;
//! nothing is run.

use std::iter::Peekable;
use std::str::Chars;

/// The statements of a text. A block's `{` is the last word of its statement, its `}` a
/// statement of its own.
pub(super) struct Statements<'a> {
    chars: Peekable<Chars<'a>>,
    closing: bool,
}

impl<'a> Statements<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { chars: text.chars().peekable(), closing: false }
    }
}

impl Iterator for Statements<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if std::mem::take(&mut self.closing) {
            return Some(vec!["}".to_owned()]);
        }
        let mut out: Vec<String> = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        let mut variable = false;
        while let Some(c) = self.chars.next() {
            let dollar = word.as_ref().is_some_and(|word| word.ends_with('$'));
            match (quote, c) {
                (Some(q), c) if q == c => quote = None,
                // A line goes on behind a backslash.
                (Some('"') | None, '\\') => match self.chars.next() {
                    Some('\n') | None => {}
                    Some(c) => word.get_or_insert_default().push(c),
                },
                (Some(_), c) => word.get_or_insert_default().push(c),
                (None, '\'' | '"') => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (None, '{') if dollar => {
                    variable = true;
                    word.get_or_insert_default().push(c);
                }
                (None, '}') if variable => {
                    variable = false;
                    word.get_or_insert_default().push(c);
                }
                (None, '{') => {
                    out.extend(word.take());
                    out.push("{".to_owned());
                    return Some(out);
                }
                (None, '}') => {
                    out.extend(word.take());
                    if out.is_empty() {
                        return Some(vec!["}".to_owned()]);
                    }
                    self.closing = true;
                    return Some(out);
                }
                (None, '#') if word.is_none() => {
                    while self.chars.next_if(|c| *c != '\n').is_some() {}
                }
                (None, '\n' | ';' | '&' | '|') => {
                    variable = false;
                    out.extend(word.take());
                    if !out.is_empty() {
                        return Some(out);
                    }
                }
                (None, c) if c.is_whitespace() => out.extend(word.take()),
                (None, c) => word.get_or_insert_default().push(c),
            }
        }
        out.extend(word);
        (!out.is_empty()).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        Statements::of(text).map(|words| words.join("|")).collect()
    }

    #[test]
    fn quotes_braces_comments_and_continued_lines_are_read_as_grub_reads_them() {
        assert_eq!(
            all("menuentry 'a b'{ linux /k \"x=y z\" \\\n  ${v} $w; initrd /i } # it's {\n"),
            ["menuentry|a b|{", "linux|/k|x=y z|${v}|$w", "initrd|/i", "}"]
        );
        assert_eq!(all("if [ x = y ]; then\n}\n"), ["if|[|x|=|y|]", "then", "}"]);
        assert_eq!(all("echo 'a\nb' ${open\nnext"), ["echo|a\nb|${open", "next"]);
    }
}
