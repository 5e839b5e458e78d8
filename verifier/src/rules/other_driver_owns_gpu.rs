//! NVP501: nouveau, nova_core, nvidiafb or another driver owns the GPU.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look, PciAddress, PciFunction};
use crate::finding::{Confidence, Finding, Findings, Severity};
use crate::reading::message::{between, pci_address};
use crate::reading::wanted;
use crate::rule::rule;
use crate::seen::Seen;
use crate::text::same_name;

pub(super) mod advice;
#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Which driver each NVIDIA GPU is bound to, where the NVIDIA stack is
    /// requested or the owner forbids that driver; where the bus was not captured, what
    /// nvidia.ko said. Registers that another driver has claimed count too. The drivers
    /// that keep a GPU for a virtual machine are NVP502's.
    ///
    /// ## Why
    /// A PCI function has one driver. nvidia.ko that finds its GPUs taken unloads
    /// itself ("No such device"), and no NVIDIA module loads.
    ///
    /// ## Fix
    /// Keep nouveau, nova_core and nvidiafb off in the initrd too: the first to probe
    /// wins. Any other driver was given the GPU, by `driver_override` or `new_id`.
    ///
    /// ## Sources
    /// nvidia/nv-pci.c ("is already bound to", 550 and later; "request_mem_region failed …
    /// occur when a driver such as rivatv is loaded"), nvidia/nv.c;
    /// nixpkgs#29514, negativo17#73, incus-os#759.
    501 other_driver_owns_gpu {
        title: "another driver owns the GPU",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "printf 'blacklist nouveau\\nblacklist nova_core\\nblacklist nvidiafb\\n' | sudo tee -a \
            /etc/modprobe.d/blacklist-nouveau.conf    # then rebuild the initrd",
        nixos: "boot.blacklistedKernelModules = [ \"nouveau\" \"nova_core\" \"nvidiafb\" ];",
        change: [KeepOut],
        log: log::check,
    }
}

/// Drivers that hold a GPU for somebody else.
const HOLDERS: [&str; 2] = ["vfio-pci", "pci-stub"];
fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let found = match f.pci {
        // The bus as a log tells it has no drivers: they were not bound yet.
        Seen::Yes(_) => by_bus(f, want, out) || f.modules.proc == Seen::NotLooked && by_log(f, out),
        Seen::NotLooked => by_log(f, out),
        Seen::Absent | Seen::Unreadable(_) => {
            return out.could_not("cannot list /sys/bus/pci/devices");
        }
    };
    if !found {
        by_claim(f, out);
    }
}

/// The registers are claimed, and nvidia.ko itself says what that means: another driver.
fn by_claim(f: &Facts, out: &mut Findings<'_>) {
    let Some(said) = f.logged(&[nvidia::BAR_CLAIMED]) else { return };
    if f.modules.up("nvidia").is_some() || f.nvidia_gpus().any(|gpu| gpu.driven_by("nvidia")) {
        return;
    }
    let range = between(&said.text, "failed for ", ". ").unwrap_or("a range");
    let range = range.trim_end_matches('.');
    let finding = out.add(format_args!(
        "another driver holds the GPU's registers, {range}: nvidia cannot claim them"
    ));
    finding
        .module("nvidia")
        .values("nvidia", "another driver")
        .fix(CLAIMED)
        .logged(said.us, &said.text)
        .confidence(Confidence::Likely);
    // Where it does not say that it gave up it may have got them later.
    if f.logged(nvidia::NONE_INITIALISED).is_none() && f.modules.proc == Seen::NotLooked {
        finding.severity(Severity::Warning);
    }
}

/// No line keeps off what is not known.
const CLAIMED: &str = "sudo cat /proc/iomem    # keep off what holds the range, in the initrd too";

/// Whether the GPUs that were not probed, as nvidia.ko counts them, are all kept for virtual
/// machines.
fn are_held(f: &Facts, said: &str) -> bool {
    let holds = |driver: &str| HOLDERS.iter().any(|holder| same_name(holder, driver));
    let held = |gpu: &&PciFunction| gpu.driver.yes().is_some_and(|driver| holds(driver));
    let number = between(said, "for ", " device").map(str::as_bytes).and_then(crate::text::decimal);
    f.nvidia_gpus().filter(held).count() as u64 >= number.unwrap_or(1)
}

/// True when it found one.
fn by_bus(f: &Facts, want: &Expectations, out: &mut Findings<'_>) -> bool {
    let asked = wanted::stack(f, want);
    let mut found = false;
    for gpu in f.nvidia_gpus() {
        let Some(driver) = gpu.driver.yes() else { continue };
        let forbidden = want.forbidden_drivers.iter().any(|d| same_name(d, driver));
        let other = !gpu.driven_by("nvidia") && !HOLDERS.iter().any(|h| same_name(h, driver));
        if forbidden || other && asked && !had(f, &gpu.bdf) {
            found = true;
            let finding = add(f, out, &gpu.bdf, driver);
            let old = || f.logged(nvidia::NOT_PROBED);
            if let Some(said) = f.logged(&[nvidia::NVRM, &gpu.bdf, nvidia::BOUND]).or_else(old) {
                finding.logged(said.us, &said.text);
            }
        }
    }
    found
}

/// Whether a log shows nvidia.ko at the start of this GPU: what a listing beside it tells of
/// another driver is of another time.
fn had(f: &Facts, bdf: &str) -> bool {
    // Before 515 the line names no GPU.
    let is = |text: &str| pci_address(text).is_none_or(|gpu| gpu == bdf);
    let mut records = f.records().iter().map(|record| record.text.as_str());
    let mut failed = || records.any(|text| text.contains(nvidia::INIT_FAILED) && is(text));
    cfg!(feature = "logs") && f.look == Look::Log && failed()
}

/// Where the bus was not captured nvidia.ko's own words count, unless it is in now.
fn by_log(f: &Facts, out: &mut Findings<'_>) -> bool {
    if f.modules.up("nvidia").is_some() {
        return false;
    }
    let (mut named, mut found) = (false, false);
    for record in f.records() {
        let said = record.text.strip_prefix(nvidia::GPU).and_then(|t| t.split_once(nvidia::BOUND));
        let Some((bdf, driver)) = said else { continue };
        named = true;
        let driver = driver.trim_matches([' ', '.']);
        if !HOLDERS.iter().any(|h| same_name(h, driver)) {
            found = true;
            add(f, out, bdf.trim(), driver).logged(record.us, &record.text);
        }
    }
    // Before 550 neither the GPU nor its driver is named.
    if let Some(said) =
        f.logged(nvidia::NOT_PROBED).filter(|said| !named && !are_held(f, &said.text))
    {
        out.add(format_args!("another driver owns the GPU: nvidia was not probed"))
            .values("nvidia", "another driver")
            .logged(said.us, &said.text)
            .confidence(Confidence::Likely);
        found = true;
    }
    found
}

fn add<'a>(f: &Facts, out: &'a mut Findings<'_>, bdf: &str, driver: &str) -> &'a mut Finding {
    let fix = advice::fix(f, driver, out.nixos());
    let finding = out.add(format_args!("GPU {bdf} is driven by {driver}, not by nvidia"));
    finding.gpu(PciAddress::parse(bdf)).module(driver).values("nvidia", driver).fix(fix)
}

#[cfg(test)]
mod tests;
