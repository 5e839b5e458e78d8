//! NVP304: a parameter was given to another module of the stack than its own.

use crate::driver::parameters;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;
use crate::text::same_name;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// The kernel's message that a module of the stack ignored a parameter which
    /// another module of the stack has. Of an image: settings against the parameters
    /// that its own modules declare.
    ///
    /// ## Why
    /// `modeset` is driven by nvidia_drm, not by nvidia or nvidia_modeset, and
    /// `NVreg_` parameters belong to nvidia. On the wrong module they do nothing.
    ///
    /// ## Fix
    /// Name the right module in the options line or before the dot.
    ///
    /// ## Sources
    /// kernel/module/main.c `unknown_module_param_cb`; modinfo of 550 and 595;
    /// open-gpu-kernel-modules#263.
    304 parameter_on_wrong_module {
        title: "a parameter is set on the wrong module",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "options nvidia_drm modeset=1    # NVreg_ parameters: options nvidia NVreg_...",
        nixos: "hardware.nvidia.modesetting.enable = true;    # instead of the hand-written line",
        change: [Rewrite(Rewrite::Owner)],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for record in f.records() {
        let Some((module, name)) = parameters::ignored(&record.text) else { continue };
        let Some(owner) = parameters::owner(name).filter(|owner| !same_name(owner, module)) else {
            continue;
        };
        let finding = out.add(format_args!(
            "`{name}` was passed to {module}, which ignored it: it belongs to {owner}"
        ));
        finding
            .module(module)
            .parameter(name)
            .values(owner, module)
            .logged(record.us, &record.text);
        if let Some(set) = options::last(f, module, name) {
            finding.at(set.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn modeset_on_nvidia_is_nvidia_drms() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia modeset=1\n\
                 dev/kmsg = 4,9,1,-;nvidia: unknown parameter 'modeset' ignored\n",
            ),
            "NVP304 warning etc/modprobe.d/a.conf:1: `modeset` was passed to nvidia, \
             which ignored it: it belongs to nvidia_drm",
        );
    }

    #[test]
    fn an_nvreg_parameter_on_nvidia_drm_is_nvidias() {
        fires(
            &RULE,
            Case::initrd(
                "dev/kmsg = 4,9,1,-;nvidia_drm: unknown parameter 'NVreg_RmMsg' ignored\n",
            ),
            "NVP304 warning: `NVreg_RmMsg` was passed to nvidia_drm, which \
             ignored it: it belongs to nvidia",
        );
    }

    #[test]
    fn a_plain_typo_is_quiet_here() {
        quiet(
            &RULE,
            Case::initrd("dev/kmsg = 4,9,1,-;nvidia_drm: unknown parameter 'modset' ignored\n"),
        );
    }
}
