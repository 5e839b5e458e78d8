//! NVP408: the image brings nouveau beside the driver that is meant to have the GPU.

use crate::driver::RIVALS;
use crate::expect::Expectations;
use crate::facts::config::{Asker, Request};
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::parse::cmdline;
use crate::reading::blocks;
use crate::reading::next_boot::{self, brings};
use crate::rule::rule;
use crate::text::{Name, same_name};

rule! {
    /// ## What it checks
    /// nouveau, nova_core and nvidiafb in an image that also brings or asks for the
    /// stack, or whose root has it, without a line that keeps them out.
    ///
    /// ## Why
    /// udev loads every driver that claims the GPU, and the first one gets it.
    /// nouveau in the initrd is there before nvidia of the real root, whose
    /// modprobe.d cannot keep it out any more; the blacklist must be in the image.
    ///
    /// ## Fix
    /// Blacklist it, and rebuild the image so that the line is in it too.
    ///
    /// ## Sources
    /// korvahannu/arch-nvidia-drivers-installation-guide#8; omarchy#6790;
    /// openSUSE/nvidia-driver-G06#62; man modprobe.d.
    408 nouveau_in_image {
        title: "the image contains another driver for the GPU",
        severity: Warning,
        confidence: Likely,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [],
        fix: "printf 'blacklist nouveau\\nblacklist nova_core\\nblacklist nvidiafb\\n' | sudo tee -a /etc/modprobe.d/blacklist-nouveau.conf    # then rebuild the initrd",
        nixos: "boot.blacklistedKernelModules = [ \"nouveau\" \"nova_core\" \"nvidiafb\" ];",
        change: [KeepOut],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let on_root = image.root.yes().and_then(|root| root.tree.yes());
    let on_root = on_root.is_some_and(|tree| tree.get("nvidia").is_some());
    let asked = next_boot::asked_any(f, want);
    if !asked && !on_root && !next_boot::brings_any(f) {
        return;
    }
    let first = first_by_list(f, want);
    for rival in RIVALS {
        let Some(module) = brings(f, rival) else { continue };
        if !is_kept_out(f, rival) {
            let finding = match first {
                Some(list) => out.add(format_args!(
                    "the image contains {rival} and does not block it: {} loads nvidia \
                     before udev looks for drivers, and the GPU is nvidia's as long as that works",
                    list.place
                )),
                None => out.add(format_args!(
                    "the image contains {rival} and does not block it: it can take the GPU before \
                     nvidia"
                )),
            };
            finding.module(rival).path(&module.path);
            match first {
                Some(_) => finding.severity(Severity::Note),
                None if asked => finding.severity(Severity::Error),
                None => finding,
            };
        }
    }
}

fn is_kept_out(f: &Facts, rival: &str) -> bool {
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    let by_dracut = cmdline::words(raw).any(|word| match word.key_value() {
        // dracut writes a `blacklist` line of it.
        (b"rd.driver.blacklist", Some(list)) => {
            list.split(|b| *b == b',').any(|name| same_name(&Name::from_bytes(name), rival))
        }
        (b"nouveau.modeset", Some(b"0")) => rival == "nouveau",
        _ => false,
    });
    by_dracut || blocks::of(f, rival).next().is_some()
}

/// The line that loads nvidia before udev is told to look: mkinitcpio's init goes
/// through `MODULES` before its udev hook triggers, so that nvidia has the GPU first.
fn first_by_list<'a>(f: &'a Facts, want: &Expectations) -> Option<&'a Request> {
    let requests = f.config.requests.yes().map_or(&[][..], |v| v.as_slice());
    let of_stack = |r: &&Request| {
        let module = STACK.into_iter().find(|m| same_name(m, &r.module));
        r.by == Asker::Mkinitcpio && module.is_some_and(|m| next_boot::loads(f, want, m))
    };
    requests.iter().find(of_stack)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::{module, stack};
    use crate::testing::{Case, fires, quiet};

    fn with_nouveau(case: Case) -> Case {
        case.holding(|image| {
            image.tree.yes_mut().unwrap().modules.push(module("nouveau", "", &["drm"]));
        })
    }

    const SAID: &str = "lib/modules/6.12.1/updates/nouveau.ko: the image contains \
                        nouveau and does not block it: it can take the GPU before nvidia";

    #[test]
    fn nouveau_beside_the_stack_is_told() {
        fires(
            &RULE,
            with_nouveau(Case::image_with_stack("")),
            &std::format!("NVP408 warning {SAID}"),
        );
        let on_root = |case: Case| case.beside(|root| root.tree = Seen::Yes(stack("595.45.04")));
        fires(
            &RULE,
            on_root(with_nouveau(Case::image(""))),
            &std::format!("NVP408 warning {SAID}"),
        );
        let asked = "etc/modules-load.d/a.conf = nvidia_drm\n";
        fires(&RULE, with_nouveau(Case::image(asked)), &std::format!("NVP408 error {SAID}"));
    }

    // Booted: nvidia was bound, and nouveau found no free GPU.
    #[test]
    fn what_mkinitcpio_loads_before_udev_has_the_gpu_first() {
        let said = "lib/modules/6.12.1/updates/nouveau.ko: the image contains nouveau and does not \
                    block it: config:1 loads nvidia before udev looks for drivers, and the \
                    GPU is nvidia's as long as that works";
        let case = with_nouveau(Case::image_with_stack("config = MODULES=\"nvidia nvidia_drm\"\n"));
        fires(&RULE, case, &std::format!("NVP408 note {said}"));
    }

    #[test]
    fn a_stock_image_and_one_that_keeps_it_out_are_quiet() {
        quiet(&RULE, with_nouveau(Case::image("")));
        let line = "etc/modprobe.d/a.conf = blacklist nouveau\n";
        quiet(&RULE, with_nouveau(Case::image_with_stack(line)));
        let word = "proc/cmdline = rd.driver.blacklist=nouveau,nova_core\n";
        quiet(&RULE, with_nouveau(Case::image_with_stack(word)));
    }

    #[test]
    fn nouveau_without_mode_setting_takes_no_gpu_and_nova_does() {
        let word = "proc/cmdline = nouveau.modeset=0\n";
        quiet(&RULE, with_nouveau(Case::image_with_stack(word)));
        let nova = Case::image_with_stack(word).holding(|image| {
            image.tree.yes_mut().unwrap().modules.push(module("nova_core", "", &["drm"]));
        });
        let said = SAID.replace("nouveau.ko", "nova-core.ko").replace("nouveau", "nova_core");
        fires(&RULE, nova, &std::format!("NVP408 warning {said}"));
    }

    #[test]
    fn a_list_that_udev_outruns_keeps_nouveau_out_of_nothing() {
        let asked = "etc/modules-load.d/a.conf = nvidia_drm\n";
        let case = with_nouveau(Case::image_with_stack(asked));
        fires(&RULE, case, &std::format!("NVP408 error {SAID}"));
    }
}
