//! NVP525: a program tried to load a module of the stack and was refused.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{IN_USE, TO_REPLACE, said};
use crate::reading::wanted;
use crate::rule::causes::{BARRED, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log: whether modprobe, insmod, systemd-modules-load or udev says that the
    /// kernel refused a module of the stack, for a reason that no other rule explains.
    ///
    /// ## Why
    /// The program passes on only the kernel's error number. The reason stands in
    /// the kernel log, in the lines before.
    ///
    /// ## Fix
    /// Read the kernel log around that moment. "Invalid argument" is a parameter's value
    /// or a module built against other symbols; "Exec format error" a module of another
    /// kernel, or a file that is none. nvidia_peermem serves InfiniBand only: take it out of modules-load.d.
    ///
    /// ## Sources
    /// kmod tools/modprobe.c; systemd src/modules-load/modules-load.c; Linux
    /// kernel/module/main.c; nvidia-peermem/nvidia-peermem.c (EINVAL without ib_core's
    /// peer memory interface).
    525 load_refused {
        title: "the kernel refused to load an NVIDIA module",
        severity: Error,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG],
        after: [BARRED, KEPT_OUT, 309, NO_FIT, 514, 401, UNUSABLE, TAKEN, 503, 506, 510, 523],
        fix: "journalctl -b -k | grep -iE 'nvidia|module'    # the kernel's own line names the reason",
        nixos: "",
    }
}

/// Reasons that a rule of its own explains: 702.
const EXPLAINED: [&str; 2] = [kernel::KEY_REJECTED, kernel::NO_KEY];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if wanted::nouveau_is_chosen(f, want) {
        return;
    }
    let mut refused = attempts::failed(f).filter(|attempt| !attempts::came_up(f, attempt));
    let first = refused.find_map(|attempt| match attempt.end {
        End::Refused(why) if EXPLAINED.iter().any(|known| why.starts_with(known)) => None,
        // Without a GPU on the bus that is NVP503's.
        End::Refused("No such device") if f.nvidia_gpus().next().is_none() => None,
        End::Refused(why) => Some((attempt, Some(why))),
        End::Failed => Some((attempt, None)),
        End::NotFound(_) => None,
    });
    let Some((attempt, why)) = first else { return in_use(f, out) };
    if f.logged(&[nvidia::LOADING]).is_some() && attempt.module != *"nvidia_peermem" {
        return;
    }
    let broken = f.logged(&[kernel::NO_OBJECT]).or_else(|| f.logged(&[kernel::NO_MODULE]));
    let broken = broken.filter(|_| why.is_none_or(|why| why == "Exec format error"));
    let finding = match why {
        _ if broken.is_some() => out.add(format_args!(
            "{}'s file is no module that the kernel can read: stripped, packed or damaged",
            attempt.module
        )),
        Some(why) => out.add(format_args!("{} was refused: {why}", attempt.module)),
        None => out.add(format_args!("modprobe {} failed; it did not say why", attempt.module)),
    };
    finding.module(&attempt.module).logged(attempt.record.us, &attempt.record.text);
    if broken.is_some() {
        finding.confidence(Confidence::Certain).fix(BROKEN_FIX);
    } else if attempt.module == *"nvidia_peermem" {
        finding
            .severity(Severity::Note)
            .fix("nvidia_peermem serves InfiniBand only: take it out of modules-load.d");
    } else if why == Some("No such device") {
        finding.fix(
            "no device that this driver can drive: look up which branch and flavour the GPU needs \
             (nvpreflight explain NVP504, NVP505)",
        );
    } else if why == Some("Operation not permitted") {
        finding.fix(
            "mokutil --sb-state    # on: the module's key is not enrolled (NVP702); in a container: load it on the host",
        );
    } else if why == Some("Exec format error") {
        finding.confidence(Confidence::Certain).fix(
            "the module was built for another kernel: rebuild it for this one (dkms autoinstall, \
             akmods --force), then rebuild the initrd",
        );
    }
}

/// The module is made again; its package knows how.
const BROKEN_FIX: &str = "modinfo nvidia    # no answer: build or install the module again (dkms install --force, \
                          akmods --force), never with strip, on a disk with room; then rebuild the initrd";

/// What shows who keeps the modules.
const IN_USE_FIX: &str = "sudo fuser -v /dev/nvidia* /dev/dri/*    # end these, the display manager too; then unload again";

/// A program that switches GPUs, or an update, could not take the stack out.
fn in_use(f: &Facts, out: &mut Findings<'_>) {
    let Some(record) = said(f, IN_USE) else {
        let Some(record) = said(f, &[TO_REPLACE]) else { return };
        out.add(format_args!("NVIDIA's installer waits for the loaded modules to be unloaded"))
            .module("nvidia")
            .severity(Severity::Note)
            .fix(IN_USE_FIX)
            .logged(record.us, &record.text);
        return;
    };
    let module = record.text.split_once("Module ").map_or("nvidia", |(_, rest)| rest);
    let module = module.split(' ').next().unwrap_or("nvidia");
    out.add(format_args!("{module} could not be unloaded: a program or another module uses it"))
        .module(module)
        .severity(Severity::Warning)
        .fix(IN_USE_FIX)
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests;
