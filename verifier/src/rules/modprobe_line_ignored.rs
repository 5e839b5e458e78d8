//! NVP318: a modprobe.d line about the stack that kmod ignores.

use crate::expect::Expectations;
use crate::facts::{Directive, Facts, Origin, STACK};
use crate::finding::Findings;
use crate::kmod::names;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Lines that name the stack and are no directive, lack their arguments, or have a
    /// bracket without its partner, and options for a module name in another case or
    /// with wildcards.
    ///
    /// ## Why
    /// kmod prints an error that no boot shows, and goes on: `option` is not
    /// `options`, and a name with a lone `[` or `]` is none. Names of options lines are
    /// compared letter by letter, so `NVIDIA-DRM`, `nvidia*` and `nvidia[_]drm` set
    /// nothing, without any message.
    ///
    /// ## Fix
    /// Write the directive and the module's name as man modprobe.d has them.
    ///
    /// ## Sources
    /// libkmod-config.c `kmod_config_parse`; shared/util.c `underscores`; libkmod-module.c
    /// `kmod_module_get_options`; measured with kmod 30 and 34.
    318 modprobe_line_ignored {
        title: "kmod ignores a line about the stack",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [CONFIG],
        after: [],
        fix: "options nvidia_drm modeset=1    # directive and module name exactly so",
        nixos: "boot.extraModprobeConfig = \"options nvidia_drm modeset=1\";",
        change: [Rewrite(Rewrite::Spelling)],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for line in f.config.of(Directive::Unknown).filter(|l| l.origin == Origin::File) {
        let word = &line.module;
        let finding = if Directive::named(word.as_bytes()) == Directive::Unknown {
            out.add(format_args!("kmod ignores this line: `{word}` is not a directive"))
        } else if let Some(name) = unmatched(word, &line.rest) {
            out.add(format_args!(
                "kmod ignores this line: `{name}` has a bracket without its partner"
            ))
        } else {
            out.add(format_args!("kmod ignores this line: `{word}` has too few arguments"))
        };
        finding.at(&line.place).line(&line.rest);
    }
    for line in f.config.of(Directive::Options) {
        let name = &line.module;
        let meant = STACK.into_iter().find(|module| {
            let exact = crate::text::same_name(name, module);
            let case = crate::text::kernel_name(name.as_bytes()).eq_ignore_ascii_case(module);
            !exact && (case || names::matches(name, module))
        });
        if let Some(module) = meant {
            out.add(format_args!(
                "these options have no effect: `{name}` is not spelled \
                 exactly like {module}"
            ))
            .module(module)
            .at(&line.place)
            .line(&line.rest);
        }
    }
}

/// The name on a line of that directive whose brackets kmod refuses: the module's, and of
/// an alias the other one too.
fn unmatched<'a>(directive: &str, line: &'a str) -> Option<&'a str> {
    let names = if directive == "alias" { 2 } else { 1 };
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty()).skip(1).take(names);
    words.find(|name| !names::brackets_close(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_misspelt_directive_and_a_missing_argument_are_told() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf <<EOF\noption nvidia-drm modeset=1\noptions nvidia-drm\nEOF\n",
            ),
            "NVP318 warning etc/modprobe.d/a.conf:1: kmod ignores this line: `option` \
             is not a directive\n\
             NVP318 warning etc/modprobe.d/a.conf:2: kmod ignores this line: `options` has \
             too few arguments",
        );
    }

    #[test]
    fn a_bracket_without_its_partner_is_no_lack_of_arguments() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf <<EOF\noptions nvidia[ modeset=1\n\
                 alias nvidia_x nvidia]\nEOF\n",
            ),
            "NVP318 warning etc/modprobe.d/a.conf:1: kmod ignores this line: `nvidia[` has a \
             bracket without its partner\n\
             NVP318 warning etc/modprobe.d/a.conf:2: kmod ignores this line: `nvidia]` has a \
             bracket without its partner",
        );
    }

    #[test]
    fn options_of_a_name_in_capitals_or_with_a_star_reach_nobody() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf <<EOF\noptions NVIDIA-DRM modeset=1\n\
                 options nvidia* modeset=1\nEOF\n",
            ),
            "NVP318 warning etc/modprobe.d/a.conf:1: these options have no effect: \
             `NVIDIA-DRM` is not spelled exactly like nvidia_drm\n\
             NVP318 warning etc/modprobe.d/a.conf:2: these options have no effect: \
             `nvidia*` is not spelled exactly like nvidia",
        );
    }

    #[test]
    fn well_formed_lines_of_all_kinds_are_quiet() {
        quiet(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf <<EOF\n# option nvidia x\nblacklist nouveau\n\
                 options nvidia-drm modeset=1\nalias char-major-195* nvidia\n\
                 softdep nv* post: nvidia-uvm\nweakdep nvidia nvidia-uvm\n\
                 remove nvidia /sbin/modprobe -r --ignore-remove nvidia\nEOF\n\
                 etc/modprobe.d/b.conf = blakclist pcspkr\n",
            ),
        );
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_is_judged_by_the_same_lines() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options NVIDIA-DRM modeset=1\n"),
            "NVP318 warning etc/modprobe.d/a.conf:1: these options have no effect: \
             `NVIDIA-DRM` is not spelled exactly like nvidia_drm",
        );
        quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet\n"));
    }
}
