//! NVP527: a program asked for the driver or a GPU and got none.

use crate::driver::said::{kernel, nvidia, programs};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Findings, Severity};
use crate::reading::sayings::{
    DAEMON_FAILED, DAEMON_NO_USER, DAEMON_READY, NAMED, NO_DEVICE, NO_SEAT, SETTINGS_FAILED,
    SMI_ANSWERS, Saying, X_GAVE_UP, X_GLX_ALONE, X_NO_DRIVER, X_NO_MODE, X_NO_NOUVEAU,
    X_OWN_REASON, X_SCREEN_UP, said,
};
use crate::reading::wanted;
use crate::rule::causes::{BARRED, GPU_DEAD, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
use crate::rule::rule;
use shows::{ANYBODYS, GLX_ALONE, NO_SEAT_SHOWS, SHOWS, UNLOADED};

mod shows;
mod windows;

rule! {
    /// ## What it checks
    /// Of a log or a terminal's lines: whether nvidia-smi, Xorg, a container's runtime or
    /// a compositor says that it found no driver or no GPU, where no other check tells why.
    ///
    /// ## Why
    /// The program only knows that nobody answered. The reason stands in the kernel log,
    /// which this input does not hold.
    ///
    /// ## Fix
    /// Look at the kernel log of the same boot, or check it with this tool. In WSL 2 there is
    /// no such module: the driver is the one of Windows.
    ///
    /// ## Sources
    /// The words of nvidia-smi and of Xorg's driver are NVIDIA's; wlroots
    /// backend/backend.c; KWin src/backends/drm; libnvidia-container src/nvc.c.
    527 driver_not_reached {
        title: "a program found no driver or no GPU",
        severity: Error,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG],
        after: [BARRED, KEPT_OUT, 309, NO_FIT, UNUSABLE, TAKEN, GPU_DEAD, 101, 201, 401, 503, 506, 510, 606,
                514, 516, 523, 525, 526, 701],
        fix: "journalctl -b -k | grep -iE 'nvrm|nvidia|module'    # send these lines, or check them",
        nixos: "",
    }
}

/// Whether a GPU that a compositor does not name may be NVIDIA's: somebody speaks of it,
/// and no other maker's driver is loaded.
fn concerns_nvidia(f: &Facts, want: &Expectations) -> bool {
    let named = || said(f, &[NAMED]).is_some() || f.logged(&["nvidia"]).is_some();
    let meant = f.nvidia_gpus().next().is_some() || wanted::stack(f, want) || named();
    meant && f.logged(&[kernel::DRM_READY]).is_none()
}

/// Whether a program that had failed got its answer later: nvidia-smi showed its GPUs, Xorg
/// set its screen up, the persistence daemon was started again.
fn answered_later(f: &Facts, record: &LogRecord) -> bool {
    let mut after = f.records().iter().skip_while(|r| !core::ptr::eq(*r, record));
    let is = |sayings: &[Saying]| sayings.iter().any(|saying| saying.is(&record.text));
    if is(NO_DEVICE) {
        after.any(|r| SMI_ANSWERS.iter().any(|saying| saying.is(&r.text)))
    } else if is(X_NO_MODE) {
        after.any(|r| X_SCREEN_UP.is(&r.text) && screen(&r.text) == screen(&record.text))
    } else if is(DAEMON_FAILED) || record.text.starts_with(programs::PERSISTENCED) {
        after.any(|r| DAEMON_READY.is(&r.text))
    } else if SETTINGS_FAILED.is(&record.text) {
        // With the driver at work it lacks an X server of NVIDIA's, which a notebook has none of.
        said(f, SMI_ANSWERS).is_some()
    } else {
        false
    }
}

/// The screen that a line of Xorg's NVIDIA driver is about: "NVIDIA(0): …".
fn screen(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("NVIDIA")?;
    rest.strip_prefix('(')?.split(')').next()
}

/// The first record that is one of these and was not answered later.
fn unanswered<'a>(f: &'a Facts, sayings: &[Saying]) -> Option<&'a LogRecord> {
    let is = |record: &&LogRecord| {
        !record.text.contains(X_OWN_REASON) && sayings.iter().any(|saying| saying.is(&record.text))
    };
    f.records().iter().filter(is).find(|record| !answered_later(f, record))
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let up = f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some();
    let gave_up = said(f, X_GAVE_UP).is_some();
    // Xorg tries NVIDIA's driver for any GPU of NVIDIA's, and goes on without it.
    let is_no_driver = |sayings: &[Saying]| sayings.iter().any(|s| s.parts == X_NO_DRIVER.parts);
    let mut shown = SHOWS
        .iter()
        .skip(if up { UNLOADED } else { 0 })
        .filter(|(s, ..)| gave_up || !is_no_driver(s))
        .filter(|(s, ..)| !up || !s.iter().any(|s| s.parts == X_NO_NOUVEAU.parts));
    let mut found = shown.find_map(|(says, shows, fix)| Some((unanswered(f, says)?, *shows, *fix)));
    // With the driver at work, NVIDIA's GLX in an Xorg that draws by another one is the last
    // to be told.
    if found.is_none() && up {
        let (says, shows, fix) = GLX_ALONE;
        found = said(f, says).map(|record| (record, shows, fix));
    }
    if let Some((record, ..)) = found.filter(|_| !up && windows::is_here(f)) {
        let finding = out.add(format_args!("{}", windows::SHOWS));
        finding.fix(windows::FIX).logged(record.us, &record.text);
    } else if let Some((record, shows, fix)) = found {
        let finding = out.add(format_args!("{shows}"));
        finding.module("nvidia").fix(fix).logged(record.us, &record.text);
        let works = up || said(f, SMI_ANSWERS).is_some();
        // Xorg tries every driver that may fit, and goes on with the next.
        if X_NO_NOUVEAU.is(&record.text) && !gave_up {
            finding.severity(Severity::Note);
        } else if works
            && !gave_up
            && [DAEMON_NO_USER, X_GLX_ALONE].iter().any(|s| s.is(&record.text))
        {
            // The GPU works without the daemon; the other driver draws, without GLX.
            finding.severity(Severity::Warning);
        }
    } else if let Some((record, shows)) = ANYBODYS
        .iter()
        .find_map(|(says, shows)| Some((said(f, says)?, shows)))
        .filter(|_| concerns_nvidia(f, want))
    {
        // Without a seat no compositor looks for a GPU, whoever made it.
        let (shows, severity) = match said(f, NO_SEAT) {
            Some(_) => (NO_SEAT_SHOWS, Severity::Note),
            None => (*shows, Severity::Warning),
        };
        // Of any maker's GPU: NVIDIA's is not named, so it is no error of its driver yet.
        out.add(format_args!("{shows}"))
            .module("nvidia_drm")
            .severity(severity)
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests;
