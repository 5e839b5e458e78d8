//! Softdeps as kmod applies them: of all lines whose pattern matches a module
//! only the first counts, whatever else later lines say
//! (libkmod-module.c `kmod_module_get_softdeps`).

/// True when kmod's pattern matches a module name: fnmatch(3) with `*`, `?` and
/// bracket sets, dash and underscore alike outside brackets.
#[must_use]
pub fn matches(pattern: &str, module: &str) -> bool {
    glob(pattern.as_bytes(), module.as_bytes(), 64)
}

/// `fuel` bounds the work on a hostile pattern of many stars.
fn glob(pattern: &[u8], name: &[u8], fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            (0..=name.len()).any(|at| glob(rest, name.get(at..).unwrap_or(&[]), fuel / 2))
        }
        ([b'?', rest @ ..], [_, name @ ..]) => glob(rest, name, fuel),
        ([b'[', rest @ ..], [byte, name @ ..]) => match set(rest, *byte) {
            Some((hit, rest)) => hit && glob(rest, name, fuel),
            None => false,
        },
        ([a, rest @ ..], [b, name @ ..]) => {
            let same = |b: &u8| if *b == b'-' { b'_' } else { *b };
            same(a) == same(b) && glob(rest, name, fuel)
        }
        _ => false,
    }
}

/// Whether a bracket set holds `byte`, and the pattern after the set.
fn set(pattern: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let end = pattern.iter().skip(1).position(|b| *b == b']')? + 1;
    let (mut set, rest) = pattern.split_at_checked(end)?;
    let inverted = matches!(set.first(), Some(b'!' | b'^'));
    if inverted {
        set = set.get(1..)?;
    }
    let mut hit = false;
    while let Some((first, after)) = set.split_first() {
        if let [b'-', last, tail @ ..] = after {
            hit |= (*first..=*last).contains(&byte);
            set = tail;
        } else {
            hit |= *first == byte;
            set = after;
        }
    }
    Some((hit != inverted, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_fnmatch_does() {
        for (pattern, module, expected) in [
            ("nvidia", "nvidia", true),
            ("nvidia-drm", "nvidia_drm", true),
            ("nvidia", "nvidia_drm", false),
            ("nv*", "nvidia_uvm", true),
            ("nvidia?drm", "nvidia_drm", true),
            ("nv[h-j]dia", "nvidia", true),
            ("nv[!a]dia", "nvadia", false),
            ("*", "nvidia", true),
            ("NVIDIA", "nvidia", false),
            ("nv[", "nv[", false),
        ] {
            assert_eq!(matches(pattern, module), expected, "{pattern} {module}");
        }
    }
}
