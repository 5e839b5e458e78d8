//! Module parameters that kmod takes from the kernel command line, byte for byte
//! (libkmod-config.c `kmod_config_parse_kcmdline`): its own state machine, which
//! differs from the kernel's in what it skips.

use super::names::is_space;

/// Bytes of the command line that kmod reads: its buffer of 4096 less the NUL.
pub const READ_MAX: usize = 4095;

/// One parameter of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param<'a> {
    /// Position of its word, counted from 1.
    pub word: u32,
    /// The module as written.
    pub module: &'a [u8],
    /// `name` or `name=value` as kmod passes it on, quotes included.
    pub text: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Ignore,
    Module,
    Param,
    Value,
}

/// The parameters in their order; what is ill-formed is skipped, as kmod skips it.
#[must_use]
pub fn params(line: &[u8]) -> Vec<Param<'_>> {
    let line = line.get(..READ_MAX).unwrap_or(line);
    let line = line.split(|b| *b == 0).next().unwrap_or(line);
    let slice = |from: usize, to: usize| line.get(from..to).unwrap_or(&[]);
    let mut out = Vec::new();
    let mut state = State::Module;
    let (mut quoted, mut opened) = (false, false);
    let (mut module, mut dot, mut value) = (0, 0, 0);
    let (mut word, mut in_word) = (0u32, false);
    for at in 0..=line.len() {
        let byte = line.get(at).copied();
        let space = byte.as_ref().is_none_or(is_space);
        if space {
            in_word &= quoted;
        } else if !in_word {
            in_word = true;
            word = word.saturating_add(1);
        }
        match byte {
            Some(b'"') => {
                quoted = !quoted;
                // Only before a module's name may a quote open a word.
                if quoted && state == State::Module && at == module {
                    opened = true;
                    module = at + 1;
                } else if state != State::Value {
                    state = State::Ignore;
                }
            }
            _ if space => {
                if quoted {
                    if state != State::Value {
                        state = State::Ignore;
                    }
                    continue;
                }
                let text = match state {
                    State::Param => Some(slice(dot + 1, at).to_vec()),
                    // A boot loader may put the quote before the word: kmod moves it
                    // behind the equals sign.
                    State::Value if opened => {
                        Some([slice(dot + 1, value), b"\"", slice(value, at)].concat())
                    }
                    State::Value => Some(slice(dot + 1, at).to_vec()),
                    State::Module | State::Ignore => None,
                };
                if let Some(text) = text {
                    out.push(Param { word, module: slice(module, dot), text });
                }
                module = at + 1;
                state = State::Module;
                opened = false;
            }
            Some(b'.') => match state {
                State::Module => {
                    dot = at;
                    state = State::Param;
                }
                State::Param => state = State::Ignore,
                State::Value | State::Ignore => {}
            },
            Some(b'=') => match state {
                State::Param => {
                    value = at + 1;
                    state = State::Value;
                }
                State::Module => state = State::Ignore,
                State::Value | State::Ignore => {}
            },
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Vec<String> {
        params(line.as_bytes())
            .iter()
            .map(|p| format!("{} {} {}", p.word, p.module.escape_ascii(), p.text.escape_ascii()))
            .collect()
    }

    // What kmod 30 shows in `modprobe -c` for these words.
    #[test]
    fn words_are_taken_and_skipped_as_kmod_does() {
        assert_eq!(
            shown(
                "quiet psmouse.foo a.b=\"q r\" \"p.d=f g\" x[1:0.5]=z u.v.w=1 root=/d.e m.bad\"x\" \
                 foo-bar.x-y=1.5G \"n.p\" last.one=\"open"
            ),
            [
                r"2 psmouse foo",
                r#"3 a b=\"q r\""#,
                r#"4 p d=\"f g\""#,
                // The bracket is found later, where the module's name is read.
                r"5 x[1:0 5]=z",
                r"9 foo-bar x-y=1.5G",
            ]
        );
    }

    #[test]
    fn what_lies_behind_kmods_buffer_is_not_read() {
        let line = format!("{} a.b=1", "x".repeat(READ_MAX - 6));
        assert_eq!(params(line.as_bytes()).len(), 1);
        assert_eq!(params(format!("x{line}").as_bytes())[0].text, b"b=");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(
            line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)
        ) {
            let _ = params(&line);
        }
    }
}
