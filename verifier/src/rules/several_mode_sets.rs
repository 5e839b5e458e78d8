//! NVP211: the console changed hands more often than from the firmware to the driver.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// How often the console got a new framebuffer, in a boot where nvidia_drm gave
    /// it one. Twice is the usual number: the firmware's, then the driver's.
    ///
    /// ## Why
    /// Each change is a mode set, which shows as flicker or garbage for a moment,
    /// and a splash screen loses its picture. A driver that comes early, or that is
    /// loaded once instead of twice, saves the extra ones.
    ///
    /// ## Fix
    /// Load nvidia_drm in the initrd, before the splash; leave out drivers of GPUs
    /// without a screen.
    ///
    /// ## Sources
    /// Linux drivers/tty/vt/vt.c (`do_bind_con_driver`: "Console: switching to");
    /// ogkm#511, #637; nixpkgs#30788.
    211 several_mode_sets {
        title: "the display mode changes several times during boot",
        severity: Note,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [202, 204, 209],
        fix: "force_drivers+=\" nvidia_drm \"    # in /etc/dracut.conf.d/, then dracut -f",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
    }
}

/// The firmware framebuffer and the driver's.
const USUAL: u32 = 2;

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.logged(&[nvidia::FBDEV]).is_none() {
        return;
    }
    let switches = || f.records().iter().filter(|r| r.text.starts_with(kernel::CONSOLE_FB));
    let times = switches().fold(0_u32, |sum, r| sum.saturating_add(r.times));
    if let Some(last) = switches().next_back().filter(|_| times > USUAL) {
        out.add(format_args!(
            "the console switched framebuffers {times} times: {} \
             more than needed",
            times - USUAL
        ))
        .module("nvidia_drm")
        .logged(last.us, &last.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const HANDED_OVER: &str = "\
        [    0.900000] Console: switching to colour frame buffer device 128x48\n\
        [    3.100000] Console: switching to colour dummy device 80x25\n\
        [    3.900000] nvidia 0000:01:00.0: [drm] fb0: nvidia-drmdrmfb frame buffer device\n\
        [    3.950000] Console: switching to colour frame buffer device 240x67\n";

    #[test]
    fn a_driver_that_came_twice_is_counted() {
        let again = std::format!(
            "{HANDED_OVER}[    7.100000] Console: switching to colour dummy device 80x25\n\
             [    7.950000] Console: switching to colour frame buffer device 240x67\n"
        );
        fires(
            &RULE,
            Case::logged(&again),
            "NVP211 note: the console switched framebuffers 3 times: 1 \
             more than needed",
        );
    }

    #[test]
    fn one_hand_over_is_how_it_ought_to_be() {
        quiet(&RULE, Case::logged(HANDED_OVER));
    }

    #[test]
    fn other_drivers_may_switch_as_they_like() {
        let line = "[    3.950000] Console: switching to colour frame buffer device 240x67\n";
        quiet(&RULE, Case::logged(&line.repeat(4)));
    }
}
