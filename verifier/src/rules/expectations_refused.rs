//! NVP902: the expectations file could not be taken.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the expectations file, where there is one, was read and understood.
    ///
    /// ## Why
    /// A file that is refused is refused whole: nothing of what the owner wants was
    /// checked, and the built-in defaults held. The boot goes on, but an "ok" would
    /// be worth less than it looks.
    ///
    /// ## Fix
    /// Correct the file at the place named, and rebuild the initrd, which has a copy
    /// of its own.
    ///
    /// ## Sources
    /// docs/expectations.md and the JSON schema beside it.
    902 expectations_refused {
        title: "the expectations file was rejected",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [],
        after: [],
        fix: "edit /etc/nvpreflight/expect.json, then rebuild the initrd",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if let Some(why) = &f.expectations_refused {
        out.add(format_args!("the expectations were rejected, defaults apply: {why}"))
            .path("etc/nvpreflight/expect.json");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_reason_is_passed_on() {
        fires(
            &RULE,
            Case::initrd("")
                .knowing(|f| f.expectations_refused = Some("unknown key `gaols`".into())),
            "NVP902 error etc/nvpreflight/expect.json: the expectations were rejected, \
             defaults apply: unknown key `gaols`",
        );
    }

    #[test]
    fn no_file_is_no_fault() {
        quiet(&RULE, Case::initrd(""));
    }

    #[cfg(feature = "image")]
    #[test]
    fn a_refused_file_beside_an_image_is_told_too() {
        fires(
            &RULE,
            Case::image("").knowing(|f| f.expectations_refused = Some("not JSON".into())),
            "NVP902 error etc/nvpreflight/expect.json: the expectations were rejected, \
             defaults apply: not JSON",
        );
        quiet(&RULE, Case::image(""));
    }
}
