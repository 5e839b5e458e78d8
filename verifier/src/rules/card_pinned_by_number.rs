//! NVP203: a configuration names a DRM card by its number.

use crate::expect::Expectations;
use crate::facts::{DrmKind, DrmPin, Facts};
use crate::finding::{Findings, Severity};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Environment, X and greeter configuration that names `/dev/dri/cardN`:
    /// whether that card is there in this boot, is not the firmware framebuffer,
    /// and whether the number can move.
    ///
    /// ## Why
    /// Card numbers are given in order of registration. The firmware framebuffer
    /// takes 0 and leaves it again, drivers race each other, a kernel update moves
    /// them: the compositor then opens nothing, or the wrong GPU.
    ///
    /// ## Fix
    /// Give the card a name of your own with a udev rule, and write that. The names in
    /// /dev/dri/by-path hold colons, at which WLR_DRM_DEVICES, AQ_DRM_DEVICES and
    /// KWIN_DRM_DEVICES split their value: no session starts with them there. Only KWin
    /// takes `\:` for a colon.
    ///
    /// ## Sources
    /// Linux drivers/gpu/drm/drm_drv.c (`drm_minor_alloc`); nixpkgs#87788,
    /// linux-cachyos#552, aquamarine#115; the colons: aquamarine#167, #243, wlroots#1386,
    /// #2752, omarchy#8776, KWin drm_backend.cpp (`splitPathList`).
    203 card_pinned_by_number {
        title: "a configuration names a DRM card by number",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [DRM, DRM_PINS],
        after: [221, 106],
        fix: "echo 'SUBSYSTEM==\"drm\", KERNEL==\"card[0-9]*\", DRIVERS==\"nvidia\", SYMLINK+=\"dri/nvidia-card\"' | sudo tee /etc/udev/rules.d/61-nvidia-card.rules    # reboot, then write /dev/dri/nvidia-card",
        nixos: "services.udev.extraRules = ''SUBSYSTEM==\"drm\", KERNEL==\"card[0-9]*\", DRIVERS==\"nvidia\", SYMLINK+=\"dri/nvidia-card\"'';    # then write /dev/dri/nvidia-card",
        change: [NameCard],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let cards = || f.drm_devices().iter().filter(|d| d.kind == DrmKind::Card);
    for pin in f.stage2.drm_pins.yes().map_or(&[][..], |pins| pins.as_slice()) {
        if pin.node == *DrmPin::BY_PATH {
            out.add(format_args!(
                "the value is split at colons, and a name of /dev/dri/by-path holds colons: the \
                 session finds no card"
            ))
            .severity(Severity::Error)
            .at(&pin.place)
            .line(&pin.line);
            continue;
        }
        let card = cards().find(|card| card.name == pin.node);
        let nvidia = f.nvidia_drm_devices().find(|d| d.kind == DrmKind::Card);
        let finding = match (card, nvidia) {
            (None, Some(nvidia)) => out.add(format_args!(
                "the configuration names /dev/dri/{}, which does not exist: in this \
                    boot the NVIDIA GPU is {}",
                pin.node, nvidia.name
            )),
            (None, None) => out.add(format_args!(
                "the configuration names /dev/dri/{}, which does not exist in this boot",
                pin.node
            )),
            (Some(card), _) if card.is_firmware_framebuffer() => out.add(format_args!(
                "the configuration names /dev/dri/{}, which is the firmware framebuffer in this \
                    boot",
                pin.node
            )),
            (Some(_), _) if cards().count() > 1 => {
                let finding = out.add(format_args!(
                    "the configuration names /dev/dri/{}: with several cards the number can change",
                    pin.node
                ));
                finding.severity(Severity::Note)
            }
            (Some(_), _) => continue,
        };
        finding.at(&pin.place).line(&pin.line);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, STACK, fires, quiet};

    fn case(value: &str) -> Case {
        Case::pre_display(STACK)
            .and(GPU)
            .and(KMS)
            .and(&std::format!("etc/environment = WLR_DRM_DEVICES={value}\n"))
    }

    #[test]
    fn a_number_that_moved_is_told_with_the_right_one() {
        fires(
            &RULE,
            case("/dev/dri/card0"),
            "NVP203 warning etc/environment:1: the configuration names /dev/dri/card0, \
             which does not exist: in this boot the NVIDIA GPU is card1",
        );
    }

    #[test]
    fn the_firmware_framebuffer_is_no_gpu() {
        fires(
            &RULE,
            case("/dev/dri/card0").and(
                "sys/class/drm/card0/device -> \
            ../../../simple-framebuffer.0\n",
            ),
            "NVP203 warning etc/environment:1: the configuration names /dev/dri/card0, \
             which is the firmware framebuffer in this boot",
        );
    }

    #[test]
    fn a_right_number_among_several_is_a_note() {
        fires(
            &RULE,
            case("/dev/dri/card1").and(
                "sys/class/drm/card2/device -> \
            ../../../0000:00:02.0\n",
            ),
            "NVP203 note etc/environment:1: the configuration names /dev/dri/card1: \
             with several cards the number can change",
        );
    }

    #[test]
    fn a_path_with_colons_in_a_list_split_at_colons_is_an_error() {
        fires(
            &RULE,
            case("/dev/dri/by-path/pci-0000:01:00.0-card"),
            "NVP203 error etc/environment:1: the value is split at colons, and a name of \
             /dev/dri/by-path holds colons: the session finds no card",
        );
    }

    #[test]
    fn kwins_list_is_split_too_unless_the_colons_are_escaped() {
        let kwin = |value| {
            let line = std::format!("etc/environment = KWIN_DRM_DEVICES={value}\n");
            Case::pre_display(STACK).and(GPU).and(KMS).and(&line)
        };
        fires(
            &RULE,
            kwin("/dev/dri/by-path/pci-0000:01:00.0-card"),
            "NVP203 error etc/environment:1: the value is split at colons, and a name of \
             /dev/dri/by-path holds colons: the session finds no card",
        );
        quiet(&RULE, kwin("/dev/dri/by-path/pci-0000\\:01\\:00.0-card"));
    }

    #[test]
    fn the_only_card_and_a_stable_path_are_quiet() {
        quiet(&RULE, case("/dev/dri/card1"));
        quiet(&RULE, case("/dev/dri/nvidia-card"));
    }
}
