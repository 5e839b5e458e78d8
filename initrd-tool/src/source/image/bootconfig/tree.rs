//! The text of a boot configuration, as lib/bootconfig.c of Linux 6.12 reads it: one error
//! and the kernel takes nothing. Each error is the kernel's own.

/// Words between dots, and braces inside one another, that a key may have: XBC_DEPTH_MAX.
const DEPTH: usize = 16;
/// Bytes of a key with its dots: XBC_KEYLEN_MAX.
const KEY: usize = 256;
/// Keys and values in all: XBC_NODE_MAX.
const NODES: usize = 8192;

type Parsed<T> = Result<T, String>;

/// A key in the order of its first line; the whole path, for keys are few.
struct Key {
    path: Vec<String>,
    /// None where no `=` was seen for it.
    values: Option<Vec<Vec<u8>>>,
}

#[derive(Default)]
struct Keys {
    keys: Vec<Key>,
    /// The open braces: how long the path was before each.
    braces: Vec<usize>,
    parent: Vec<String>,
    nodes: usize,
}

/// The keys below `kernel`, as the kernel writes them (init/main.c, xbc_snprint_cmdline).
pub(super) fn words(text: &[u8]) -> Parsed<Vec<u8>> {
    let tree = parse(text)?;
    let mut out: Vec<Vec<u8>> = Vec::new();
    for key in &tree.keys {
        let [first, rest @ ..] = key.path.as_slice() else { continue };
        if first != "kernel" || rest.is_empty() {
            continue;
        }
        let name = rest.join(".").into_bytes();
        match &key.values {
            // A key that only leads to others is no word.
            None if tree.leads_on(&key.path) => {}
            None => out.push(name),
            Some(values) => out.extend(values.iter().map(|value| {
                let space = value.iter().any(|b| b" \t\r\n".contains(b));
                let quote: &[u8] = if space { b"\"" } else { b"" };
                [&name, &b"="[..], quote, value, quote].concat()
            })),
        }
    }
    Ok(out.join(&b' '))
}

fn parse(text: &[u8]) -> Parsed<Keys> {
    let mut tree = Keys::default();
    let mut rest = text;
    loop {
        let Some(at) = rest.iter().position(|b| b"{}=+;:\n#".contains(b)) else {
            if !rest.trim_ascii().is_empty() {
                return Err("No delimiter".to_owned());
            }
            break;
        };
        let (key, sign) = (rest.get(..at).unwrap_or_default(), rest.get(at).copied());
        rest = rest.get(at + 1..).unwrap_or_default();
        match sign {
            Some(b'=') => rest = tree.value(key, b'=', rest)?,
            Some(sign @ (b'+' | b':')) => {
                let Some(after) = rest.strip_prefix(b"=") else {
                    return Err(format!("Wrong '{}' operator", char::from(sign)));
                };
                rest = tree.value(key, sign, after)?;
            }
            Some(b'{') => tree.open(key)?,
            Some(b'}') => {
                tree.bare(key)?;
                tree.close()?;
            }
            Some(b'#') => {
                tree.bare(key)?;
                rest = after_comment(rest);
            }
            _ => tree.bare(key)?,
        }
    }
    match (tree.braces.is_empty(), tree.keys.is_empty()) {
        (false, _) => Err("Brace is not closed".to_owned()),
        (_, true) => Err("Empty data".to_owned()),
        _ => Ok(tree),
    }
}

impl Keys {
    /// Notes a key below the open braces; returns where it stands.
    fn key(&mut self, text: &[u8]) -> Parsed<usize> {
        let invalid = || "Invalid keyword".to_owned();
        let text = std::str::from_utf8(text.trim_ascii()).map_err(|_| invalid())?;
        let mut path = self.parent.clone();
        for word in text.split('.') {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if word.is_empty() || !word.chars().all(plain) {
                return Err(invalid());
            }
            path.push(word.to_owned());
        }
        if path.len() > DEPTH {
            return Err("Too many key words".to_owned());
        }
        if path.iter().map(|word| word.len() + 1).sum::<usize>() > KEY {
            return Err("Too long key length".to_owned());
        }
        if let Some(at) = self.keys.iter().position(|key| key.path == path) {
            return Ok(at);
        }
        self.count(path.len())?;
        self.keys.push(Key { path, values: None });
        Ok(self.keys.len() - 1)
    }

    fn count(&mut self, more: usize) -> Parsed<()> {
        self.nodes += more;
        if self.nodes > NODES { Err("Too many nodes".to_owned()) } else { Ok(()) }
    }

    /// A key without a value, or nothing at all.
    fn bare(&mut self, key: &[u8]) -> Parsed<()> {
        if key.trim_ascii().is_empty() { Ok(()) } else { self.key(key).map(|_| ()) }
    }

    fn open(&mut self, key: &[u8]) -> Parsed<()> {
        let at = self.key(key)?;
        if self.braces.len() >= DEPTH {
            return Err("Exceed max depth of braces".to_owned());
        }
        self.braces.push(self.parent.len());
        self.parent = self.keys.get(at).map(|key| key.path.clone()).unwrap_or_default();
        Ok(())
    }

    fn close(&mut self) -> Parsed<()> {
        let before = self.braces.pop().ok_or("Unexpected closing brace")?;
        self.parent.truncate(before);
        Ok(())
    }

    /// One value, or several with commas; returns what follows them.
    fn value<'a>(&mut self, key: &[u8], sign: u8, text: &'a [u8]) -> Parsed<&'a [u8]> {
        let at = self.key(key)?;
        let known = self.keys.get(at).and_then(|key| key.values.clone());
        let mut values = match (known, sign) {
            (Some(_), b'=') => return Err("Value is redefined".to_owned()),
            (Some(known), b'+') => known,
            _ => Vec::new(),
        };
        let mut rest = text;
        loop {
            let (value, end, after) = one_value(rest)?;
            self.count(1)?;
            values.push(value);
            rest = after;
            match end {
                Some(b',') => {}
                Some(b'}') => {
                    self.close()?;
                    break;
                }
                _ => break,
            }
        }
        if let Some(key) = self.keys.get_mut(at) {
            key.values = Some(values);
        }
        Ok(rest)
    }

    /// Whether a longer key begins with this one.
    fn leads_on(&self, path: &[String]) -> bool {
        self.keys.iter().any(|key| key.path.len() > path.len() && key.path.starts_with(path))
    }
}

fn after_comment(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|b| *b == b'\n');
    end.and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

/// A value, the sign that ends it (none at the end of the text), and what follows.
fn one_value(text: &[u8]) -> Parsed<(Vec<u8>, Option<u8>, &[u8])> {
    const ENDS: &[u8] = b",;\n#}";
    let mut text = text.trim_ascii_start();
    while let Some(comment) = text.strip_prefix(b"#") {
        text = after_comment(comment).trim_ascii_start();
    }
    let quote = text.first().copied().filter(|b| b"\"'".contains(b));
    let (value, rest) = if let Some(quote) = quote {
        let inside = text.get(1..).unwrap_or_default();
        let Some(end) = inside.iter().position(|b| *b == quote) else {
            return Err("No closing quotes".to_owned());
        };
        let mut rest = inside.get(end + 1..).unwrap_or_default();
        while let Some((b' ' | b'\t' | b'\r' | 11 | 12, more)) = rest.split_first() {
            rest = more;
        }
        if rest.first().is_some_and(|b| !ENDS.contains(b)) {
            return Err("No value delimiter".to_owned());
        }
        (inside.get(..end).unwrap_or_default(), rest)
    } else {
        let end = text.iter().position(|b| ENDS.contains(b)).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        (value.trim_ascii(), rest)
    };
    if value.iter().any(|b| !(b.is_ascii_graphic() || b.is_ascii_whitespace() || *b == 11)) {
        return Err("Non printable value".to_owned());
    }
    let (end, after) = match rest.split_first() {
        None => (None, rest),
        Some((b'#', after)) => (Some(b'\n'), after_comment(after)),
        Some((end, after)) => (Some(*end), after),
    };
    Ok((value.to_vec(), end, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<String, String> {
        words(text.as_bytes()).map(|words| String::from_utf8_lossy(&words).into_owned())
    }

    #[test]
    fn blocks_arrays_and_operators_become_words_in_the_order_of_their_keys() {
        let text = "kernel {\n  nvidia_drm { modeset = 1; fbdev = 0 }\n  quiet # really\n}\n\
                    kernel.console = tty0, 'ttyS0,115200' # two\n\
                    kernel.console += \"a b\"\nkernel.nvidia_drm.modeset := 0\ninit.x = 1\n";
        assert_eq!(
            said(text).as_deref(),
            Ok("nvidia_drm.modeset=0 nvidia_drm.fbdev=0 quiet console=tty0 \
                console=ttyS0,115200 console=\"a b\"")
        );
        assert_eq!(said("a.b = c").as_deref(), Ok(""), "the text may end in a value");
    }

    #[test]
    fn one_error_and_nothing_is_taken() {
        for (text, why) in [
            ("kernel.a", "No delimiter"),
            ("kernel.a = 1\nkernel.a = 2\n", "Value is redefined"),
            ("kernel.a = \"b\n", "No closing quotes"),
            ("kernel.a = \"b\" c\n", "No value delimiter"),
            ("kernel.ä = 1\n", "Invalid keyword"),
            ("kernel..a\n", "Invalid keyword"),
            ("kernel.a + 1\n", "Wrong '+' operator"),
            ("kernel.a : 1\n", "Wrong ':' operator"),
            ("kernel {\n", "Brace is not closed"),
            ("}\n", "Unexpected closing brace"),
            ("kernel.a = \u{1}\n", "Non printable value"),
            ("", "Empty data"),
        ] {
            assert_eq!(said(text), Err(why.to_owned()), "{text:?}");
        }
        assert_eq!(said(&format!("{}\n", ["a"; 17].join("."))), Err("Too many key words".into()));
        let long = format!("kernel.{}\n", "a".repeat(250));
        assert_eq!(said(&long), Err("Too long key length".into()));
    }

    proptest::proptest! {
        #[test]
        fn any_text_of_its_own_signs_is_taken_without_panic(text in "[ab.={}+:;,#'\" \n]{0,120}") {
            let _ = said(&text);
        }
    }
}
