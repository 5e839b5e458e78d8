//! What `fix` prints without `--apply`: the cures, and the line that applies them. Changes
//! nothing.

use super::carried_out::distinct;
use super::{Args, is_machine};
use crate::base::clean;
use crate::view::cures::{self, Cure, Safety};
use nvpreflight::finding::Verdict;
use std::ffi::OsStr;

pub fn text(args: &Args, cures: &[Cure], verdict: Verdict) -> String {
    if cures.is_empty() {
        let said = match verdict {
            Verdict::CouldNotCheck => "nothing found to fix, but not everything could be checked",
            Verdict::Ok | Verdict::Findings => "nothing to fix",
        };
        return format!("{said}\n");
    }
    let mut out = cures::text(cures);
    // A log and saved facts are no machine to change: theirs is.
    let here = args.subject.as_deref().is_none_or(is_machine);
    let (again, there) = if here { (again(args), "") } else { (goals(args), ", on its machine") };
    for (safety, why) in [(Safety::Safe, "safe"), (Safety::Decide, "if you want that")] {
        let of_it = cures.iter().filter(|cure| cure.safety == safety).map(|cure| &cure.code);
        let codes = distinct(of_it).join(" ");
        // Without codes every safe one is applied.
        let (named, why) = match safety == Safety::Safe && args.codes.is_empty() {
            true => (String::new(), codes.as_str()),
            false => (format!(" {codes}"), why),
        };
        if codes.is_empty() {
            continue;
        }
        out += &match &again {
            Some(again) => {
                format!("sudo nvpreflight fix{named}{again} --apply    # {why}{there}\n")
            }
            None => format!("repeat the call with{named} --apply    # {why}{there}\n"),
        };
    }
    out
}

/// What was asked about and for, as it was typed; `None` where that cannot be shown as it
/// is: bytes that are no UTF-8, or that a terminal would obey.
fn again(args: &Args) -> Option<String> {
    let options = [
        ("--for", args.subject.as_deref().map(AsRef::as_ref)),
        ("--root", args.root.as_deref().map(AsRef::as_ref)),
        ("--kernel", args.kernel.as_deref()),
        ("--cmdline", args.cmdline.as_deref()),
        ("--expect", args.expect.as_deref().map(AsRef::as_ref)),
    ];
    let typed = options.into_iter().filter_map(|(option, value)| Some((option, value?)));
    let typed: Option<String> = typed.map(|(option, value)| typed_again(option, value)).collect();
    Some(typed? + &goals(args)?)
}

/// The goals, which a finding may hang on.
fn goals(args: &Args) -> Option<String> {
    let goals: Vec<&str> = args.goal.iter().map(|goal| goal.name()).collect();
    match goals.is_empty() {
        true => Some(String::new()),
        false => typed_again("--goal", OsStr::new(&goals.join(","))),
    }
}

/// An option and its value as words of a shell; the value is no option of its own.
fn typed_again(option: &str, value: &OsStr) -> Option<String> {
    let value = value.to_str().filter(|value| is_plain(value))?;
    let between = if value.starts_with('-') { '=' } else { ' ' };
    Some(format!(" {option}{between}{}", cures::quoted(value)))
}

/// Whether text may be printed as it is, to be pasted.
pub fn is_plain(text: &str) -> bool {
    clean::line(text.as_bytes()) == text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_value_is_typed_as_one_word_or_not_at_all() {
        let typed = |value: &[u8]| typed_again("--for", OsStr::from_bytes(value));
        assert_eq!(typed(b"six.img").as_deref(), Some(" --for six.img"));
        assert_eq!(typed(b"it's").as_deref(), Some(" --for 'it'\\''s'"));
        assert_eq!(typed(b"-x y").as_deref(), Some(" --for='-x y'"));
        for hostile in [&b"a\xff"[..], b"a\x1b[31m", b"a\nb", "a\u{202e}b".as_bytes()] {
            assert_eq!(typed(hostile), None, "{hostile:?}");
        }
    }
}
