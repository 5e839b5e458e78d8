//! fnmatch(3) over bytes, flags 0, C locale, as kmod calls it for aliases, softdeps
//! and install lines. Never takes more than pattern × text steps.

/// True when the whole text matches the pattern.
#[must_use]
pub fn fnmatch(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last star did not match.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                star = Some((p, t));
                continue;
            }
            Some(_) => text.get(t).and_then(|byte| one(pattern.get(p..)?, *byte)),
            None if t == text.len() => return true,
            None => None,
        };
        match (step, star) {
            (Some(len), _) => {
                p += len;
                t += 1;
            }
            (None, Some((behind, from))) if from < text.len() => {
                star = Some((behind, from + 1));
                (p, t) = (behind, from + 1);
            }
            (None, _) => return false,
        }
    }
}

/// Matches one byte with the pattern's beginning, which is no star; the number of
/// the pattern's bytes that it took.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        // A backslash at the end matches nothing (glibc posix/fnmatch_loop.c).
        [b'\\'] => None,
        [b'[', rest @ ..] => match set(rest, byte) {
            Some((hit, len)) => hit.then_some(len + 1),
            // A bracket that nobody closes is a byte like any other.
            None => (byte == b'[').then_some(1),
        },
        [plain, ..] => (*plain == byte).then_some(1),
        [] => None,
    }
}

/// Whether a bracket set holds `byte`, and its length with the closing bracket;
/// `None` when it is not closed.
fn set(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let inverted = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(inverted);
    let mut hit = false;
    let mut first = true;
    loop {
        let rest = pattern.get(at..)?;
        let class = rest.strip_prefix(b"[:").and_then(|name| of_class(name, byte));
        match (rest, class) {
            ([b']', ..], _) if !first => return Some((hit != inverted, at + 1)),
            (_, Some((member, len))) => {
                hit |= member;
                at += 2 + len;
            }
            _ => {
                let (low, len) = element(rest)?;
                at += len;
                match pattern.get(at..)? {
                    [b'-', last, ..] if *last != b']' => {
                        let (high, len) = element(pattern.get(at + 1..)?)?;
                        hit |= (low..=high).contains(&byte);
                        at += 1 + len;
                    }
                    _ => hit |= low == byte,
                }
            }
        }
        first = false;
    }
}

/// A byte of a set, escaped or not, and the bytes it takes.
const fn element(pattern: &[u8]) -> Option<(u8, usize)> {
    match pattern {
        [b'\\', escaped, ..] => Some((*escaped, 2)),
        [b'\\'] | [] => None,
        [plain, ..] => Some((*plain, 1)),
    }
}

/// A class's name with what closes it, and its members.
type Class = (&'static [u8], fn(&u8) -> bool);

/// `alpha:]` and its like: whether the class holds the byte, and its length.
fn of_class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let classes: [Class; 12] = [
        (b"alnum:]", u8::is_ascii_alphanumeric),
        (b"alpha:]", u8::is_ascii_alphabetic),
        (b"blank:]", |b| matches!(b, b' ' | b'\t')),
        (b"cntrl:]", u8::is_ascii_control),
        (b"digit:]", u8::is_ascii_digit),
        (b"graph:]", u8::is_ascii_graphic),
        (b"lower:]", u8::is_ascii_lowercase),
        (b"print:]", |b| b.is_ascii_graphic() || *b == b' '),
        (b"punct:]", u8::is_ascii_punctuation),
        (b"space:]", crate::text::is_space),
        (b"upper:]", u8::is_ascii_uppercase),
        (b"xdigit:]", u8::is_ascii_hexdigit),
    ];
    let found = classes.iter().find(|(name, _)| pattern.starts_with(name));
    found.map(|(name, holds)| (holds(&byte), name.len()))
}

#[cfg(test)]
mod tests {
    use super::fnmatch;

    // The answers are glibc's (posix/tst-fnmatch.input has more of their kind).
    #[test]
    fn patterns_match_as_in_the_c_library() {
        for (pattern, text, expected) in [
            ("nvidia", "nvidia", true),
            ("nv*a", "nvidia_nova", true),
            ("nv*a*b", "nvidia", false),
            ("*", "", true),
            ("?", "", false),
            ("pci:v000010DEd*sv*sd*bc03sc00i00*", "pci:v000010DEd00002206sv0sd0bc03sc00i00", true),
            ("a[0-9b]c", "abc", true),
            ("a[!0-9]c", "a5c", false),
            ("a[^0-9]c", "axc", true),
            ("[]a]", "]", true),
            ("[", "[", true),
            ("[ab", "[ab", true),
            ("a[", "a", false),
            ("[[:digit:]]x", "7x", true),
            ("[[:foo:]", ":", true),
            ("[a-]", "-", true),
            ("[z-a]", "m", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("x\\", "x\\", false),
            ("[\\]]", "]", true),
            ("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(fnmatch(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn printing_characters_are_the_graphic_ones_and_the_blank() {
        for (text, expected) in [("a", true), ("~", true), (" ", true), ("\t", false)] {
            assert_eq!(fnmatch(b"[[:print:]]", text.as_bytes()), expected, "{text:?}");
        }
    }
}
