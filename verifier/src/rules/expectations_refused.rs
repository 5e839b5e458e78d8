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
        fix: "correct that line of the file; where it is /etc/nvpreflight/expect.json, rebuild the initrd, which has a copy",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(refused) = &f.expectations_refused else { return };
    let finding =
        out.add(format_args!("the expectations were rejected, defaults apply: {}", refused.why));
    if !refused.file.is_empty() {
        finding.path(&refused.file);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::evidence::expectations::FILE;
    use crate::facts::ExpectationsRefused;
    use crate::testing::{Case, fires, quiet};

    fn refused(case: Case, file: &'static str, why: &'static str) -> Case {
        case.knowing(move |f| {
            let (file, why) = (file.into(), why.into());
            f.expectations_refused = Some(ExpectationsRefused { file, why });
        })
    }

    #[test]
    fn the_reason_is_passed_on() {
        fires(
            &RULE,
            refused(Case::initrd(""), FILE, "unknown key `gaols`"),
            "NVP902 error etc/nvpreflight/expect.json: the expectations were rejected, \
             defaults apply: unknown key `gaols`",
        );
    }

    #[test]
    fn the_file_that_was_read_is_named() {
        fires(
            &RULE,
            refused(Case::initrd(""), "/root/other.json", "not JSON"),
            "NVP902 error /root/other.json: the expectations were rejected, defaults apply: not JSON",
        );
        fires(
            &RULE,
            refused(Case::initrd(""), "", "not JSON"),
            "NVP902 error: the expectations were rejected, defaults apply: not JSON",
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
            refused(Case::image(""), FILE, "not JSON"),
            "NVP902 error etc/nvpreflight/expect.json: the expectations were rejected, \
             defaults apply: not JSON",
        );
        quiet(&RULE, Case::image(""));
    }
}
