//! NVP107: a softdep that runs against the modules' own dependency.

use crate::expect::Expectations;
use crate::facts::{Facts, Origin};
use crate::finding::Findings;
use crate::reading::softdeps::{self, Side};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Softdep lines that put a module before another one that it needs, or
    /// behind one that needs it.
    ///
    /// ## Why
    /// nvidia_drm needs nvidia through its symbols, so `softdep nvidia pre:
    /// nvidia-drm` cannot be obeyed. kmod breaks the cycle silently and
    /// loads nvidia, nvidia_modeset and nvidia_drm: the line works as if it said
    /// `post:`. It says the reverse of what it does, and as the first line of its
    /// name it overrides every other softdep of nvidia. Where it is not the
    /// first, as below the softdep inside the open nvidia.ko, it does nothing: NVP108.
    ///
    /// ## Fix
    /// Reverse the line, or remove it and request nvidia_drm by name.
    ///
    /// ## Sources
    /// libkmod-module.c `kmod_module_get_softdeps`; measured with kmod 30 and 34;
    /// `modinfo -F depends nvidia-drm`.
    107 softdep_inverted {
        title: "a softdep contradicts the modules' dependencies",
        severity: Note,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [CONFIG],
        after: [],
        fix: "softdep nvidia post: nvidia-drm",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];    # and drop the softdep line",
        change: [OtherSide],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for line in softdeps::lines(f).filter(|line| line.origin == Origin::File) {
        if let Some((module, side, target)) = softdeps::inversions(f, line).next() {
            let finding = match side {
                Side::Pre => out.add(format_args!(
                    "the softdep of {module} wants {target} loaded first, but \
                     {target} depends on {module}: it is loaded after"
                )),
                Side::Post => out.add(format_args!(
                    "the softdep of {module} wants {target} loaded after it, but \
                     {module} depends on {target}: it is loaded first"
                )),
            };
            finding.module(module).parameter(target).at(&line.place).line(&line.rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_blog_posts_line_is_named() {
        fires(
            &RULE,
            Case::initrd("etc/modprobe.d/nixos.conf = softdep nvidia pre: nvidia-drm\n"),
            "NVP107 note etc/modprobe.d/nixos.conf:1: the softdep of nvidia wants nvidia-drm \
             loaded first, but nvidia-drm depends on nvidia: it is loaded after",
        );
    }

    #[test]
    fn the_other_side_is_inverted_too() {
        fires(
            &RULE,
            Case::initrd("etc/modprobe.d/a.conf = softdep nvidia-drm post: nvidia\n"),
            "NVP107 note etc/modprobe.d/a.conf:1: the softdep of nvidia_drm wants nvidia loaded \
             after it, but nvidia_drm depends on nvidia: it is loaded first",
        );
    }

    #[test]
    fn a_line_that_kmod_drops_is_not_said_to_load_anything() {
        // The open nvidia.ko brings the first; measured with 550.163.01.
        quiet(
            &RULE,
            Case::initrd(
                "lib/modules/6.12/modules.softdep = softdep nvidia pre: ecdh_generic,ecdsa_generic\n\
                 etc/modprobe.d/nixos.conf = softdep nvidia pre: nvidia-drm\n",
            ),
        );
    }

    #[test]
    fn what_distributions_ship_is_quiet() {
        quiet(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf <<EOF\nsoftdep nvidia post: nvidia-uvm nvidia-drm\n\
                 softdep nvidia pre: vfio vfio_pci\nsoftdep nvidia_drm pre: nvidia\nEOF\n\
                 lib/modules/6.12/modules.softdep = softdep nvidia pre: ecdh_generic,ecdsa_generic\n",
            ),
        );
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_is_judged_by_the_same_lines() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/nixos.conf = softdep nvidia pre: nvidia-drm\n"),
            "NVP107 note etc/modprobe.d/nixos.conf:1: the softdep of nvidia wants nvidia-drm \
             loaded first, but nvidia-drm depends on nvidia: it is loaded after",
        );
        quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet\n"));
    }
}
