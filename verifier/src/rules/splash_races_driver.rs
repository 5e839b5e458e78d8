//! NVP210: the splash screen did not start while nvidia_drm was loading.

use crate::driver::said::{nvidia, systemd};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::causes::HANGS;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// A splash screen that systemd began to start and never reported as started,
    /// while nvidia_drm took its GPU.
    ///
    /// ## Why
    /// plymouthd opens every DRM device when it starts. On one that is still
    /// initialising it can wait forever, and the passphrase prompt and the whole early boot
    /// wait for plymouthd.
    ///
    /// ## Fix
    /// With `plymouth.enable=0` the machine boots, without a splash; then load nvidia_drm in the initrd before
    /// plymouth, or keep it out of the initrd on a notebook that shows its picture
    /// by the other GPU.
    ///
    /// ## Sources
    /// plymouth systemd-units/plymouth-start.service; omarchy#6518.
    210 splash_races_driver {
        title: "the boot splash never started while the driver was initialising",
        severity: Error,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [HANGS],
        fix: "plymouth.enable=0    # on the kernel command line: no boot splash",
        nixos: "boot.plymouth.enable = false;",
        change: [AddWord("plymouth.enable=0")],
    }
}

/// systemd's name for plymouth-start.service.
const SPLASH: &str = systemd::SPLASH;
/// A log that ends sooner after the start than this shows nothing: it may have
/// been taken just then. nvidia_drm needed 3.5 s where the race was seen.
const SETTLED_US: u64 = 5_000_000;

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let of_splash = |word: &'static str| {
        f.records().iter().find(move |r| {
            r.text.starts_with(systemd::SPEAKS) && r.text.contains(word) && r.text.contains(SPLASH)
        })
    };
    let Some(start) = of_splash("Starting ") else { return };
    let began = of_splash("Started ").or_else(|| of_splash("Finished ")).is_some();
    let last = f.records().iter().map(|r| r.us).max().unwrap_or(0);
    let loading = f.logged(nvidia::DRM_LOADING);
    if began || last.saturating_sub(start.us) < SETTLED_US || loading.is_none() {
        return;
    }
    out.add(format_args!(
        "the boot splash never started while nvidia_drm was initialising the GPU; whatever waits for it (e.g. \
         the passphrase prompt) hangs"
    ))
    .module("nvidia_drm")
    .logged(start.us, &start.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const START: &str = "[    2.100000] systemd[1]: Starting Show Plymouth Boot Screen...\n";
    const NVIDIA: &str = "[    2.400000] [drm] [nvidia-drm] [GPU ID 0x00000200] Loading driver\n";
    const LATER: &str = "[    9.900000] nvidia 0000:02:00.0: [drm] Cannot find any crtc or sizes\n";

    #[test]
    fn a_splash_that_never_started_is_told() {
        fires(
            &RULE,
            Case::logged(&[START, NVIDIA, LATER].concat()),
            "NVP210 error: the boot splash never started while nvidia_drm was initialising the GPU; whatever \
             waits for it (e.g. the passphrase prompt) hangs",
        );
    }

    #[test]
    fn a_splash_that_started_is_quiet() {
        let started = "[    2.300000] systemd[1]: Started Show Plymouth Boot Screen.\n";
        quiet(&RULE, Case::logged(&[START, started, NVIDIA, LATER].concat()));
    }

    #[test]
    fn a_log_that_ends_there_shows_nothing() {
        quiet(&RULE, Case::logged(&[START, NVIDIA].concat()));
    }

    #[test]
    fn the_log_must_go_on_for_the_whole_span() {
        let at = |us: u64| {
            let line = std::format!(
                "[    {}.{:06}] nvidia 0000:02:00.0: [drm] Cannot find any crtc or sizes\n",
                us / 1_000_000,
                us % 1_000_000
            );
            Case::logged(&[START, NVIDIA, &line].concat())
        };
        let settled = 2_100_000 + super::SETTLED_US;
        assert_eq!(at(settled).report(&[&RULE]).findings.len(), 1);
        quiet(&RULE, at(settled - 1));
    }
}
