//! Comments of configuration files: people's prose, which no rule reads.

use super::{Found, How};

/// A line that is a comment, and the only line of a file in a capture.
pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    let blanks = line.len() - line.trim_start().len();
    let text = line.trim_start();
    let start = match text.strip_prefix('#') {
        Some(_) => Some(blanks),
        // "etc/modprobe.d/a.conf = # a comment"
        None => text
            .split_once(" = ")
            .filter(|(path, rest)| !path.contains(' ') && rest.trim_start().starts_with('#'))
            .map(|(path, _)| blanks + path.len() + 3),
    };
    if let Some(start) = start {
        found(Found::here(start..line.len(), How::Cross));
    }
}
