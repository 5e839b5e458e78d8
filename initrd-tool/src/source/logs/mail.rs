//! Mails, whose lines a mailer broke: the end of a log's line stands on the next one.

/// How lines of a mail's head begin.
const HEAD: [&str; 9] = [
    "From: ",
    "To: ",
    "Cc: ",
    "Subject: ",
    "Date: ",
    "Message-ID: ",
    "Message-Id: ",
    "In-Reply-To: ",
    "References: ",
];
/// So many of them are a head and no list of words.
const HEAD_LEAST: usize = 3;
/// Columns behind which a mailer breaks a line (RFC 3676: 66 to 78; some count a quote in).
const COLUMNS: std::ops::RangeInclusive<usize> = 64..=80;

/// Follows a text line by line.
#[derive(Debug, Default)]
pub struct Mail {
    head: usize,
    /// Signs of a quote before the last line, and its columns.
    last: (usize, usize),
}

impl Mail {
    /// Takes the next line; where the mailer broke the one before, what goes on here: this
    /// line's first word would not have fitted there.
    pub fn goes_on<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let rest = line.trim_start_matches('>');
        let quote = line.len() - rest.len();
        let now = (quote, line.trim_end().chars().count());
        let (quoted, before) = std::mem::replace(&mut self.last, now);
        if self.head < HEAD_LEAST {
            let is_head = HEAD.iter().any(|start| line.starts_with(start));
            self.head = if is_head {
                self.head + 1
            } else if line.trim().is_empty() {
                0
            } else {
                self.head
            };
            return None;
        }
        let rest = rest.strip_prefix(' ').filter(|_| quote > 0).unwrap_or(rest);
        let word = rest.split(' ').next().unwrap_or_default();
        // A sentence of the sender's begins with a capital letter.
        let mut letters = word.chars();
        let begins = letters.next().is_some_and(char::is_uppercase)
            && letters.all(|c| c.is_lowercase() || matches!(c, ',' | '\''));
        let fits = before + 1 + word.chars().count() <= *COLUMNS.start();
        let broken = quoted == quote && before <= *COLUMNS.end() && !fits && !begins;
        Some(rest).filter(|_| broken && !word.is_empty() && !word.starts_with('\t'))
    }
}

#[cfg(test)]
mod tests {
    use super::Mail;

    const BROKEN: &str =
        "Jan 22 10:43:08 box kernel: nvidia: version magic '6.1.0 preempt mod_unload";

    fn goes_on(head: &str, lines: [&str; 2]) -> bool {
        let mut mail = Mail::default();
        head.lines().chain(lines).map(|line| mail.goes_on(line).is_some()).last() == Some(true)
    }

    #[test]
    fn a_mails_long_line_goes_on_and_a_short_one_and_a_posts_do_not() {
        let head = "From: a@b.c\nSubject: x\nDate: today\n\nHello,\n";
        assert!(goes_on(head, [BROKEN, "modversions' should be '6.1.1'"]));
        assert!(!goes_on(head, ["Jan 22 10:43:08 box kernel: nvidia: x", "and so it is"]));
        assert!(goes_on(head, [&format!("> {BROKEN}"), "> modversions' should be '6.1.1'"]));
        assert!(!goes_on(head, [&format!("> {BROKEN}"), "modversions' should be '6.1.1'"]));
        assert!(!goes_on(head, [BROKEN, ""]));
        assert!(!goes_on(head, [BROKEN, "Sometimes it dies with Xid 79 in the evening."]));
        assert!(!goes_on("Hello,\nTo: whom\n", [BROKEN, "modversions'"]));
    }
}
