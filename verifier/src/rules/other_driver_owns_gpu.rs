//! NVP501: nouveau, nova_core, nvidiafb or another driver owns the GPU.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look, PciAddress};
use crate::finding::{Confidence, Finding, Findings};
use crate::reading::wanted;
use crate::rule::rule;
use crate::seen::Seen;
use crate::text::same_name;

mod advice;
#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Which driver each NVIDIA GPU is bound to, where the NVIDIA stack is
    /// requested or the owner forbids that driver; where the bus was not captured, what
    /// nvidia.ko said. The drivers that keep a GPU for a virtual machine are
    /// NVP502's.
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
    /// nvidia/nv-pci.c ("is already bound to", 550 and later), nvidia/nv.c;
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
    match f.pci {
        Seen::Yes(_) if by_bus(f, want, out) => {}
        // The bus as a log tells it has no drivers: they were not bound yet.
        Seen::Yes(_) if f.modules.proc == Seen::NotLooked => by_log(f, out),
        Seen::Yes(_) => {}
        Seen::NotLooked => by_log(f, out),
        Seen::Absent | Seen::Unreadable(_) => {
            out.could_not("cannot list /sys/bus/pci/devices");
        }
    }
}

/// Whether a GPU is kept for a virtual machine: nvidia.ko says of it, too, that it was not
/// probed.
fn is_held(f: &Facts) -> bool {
    let holds = |driver: &str| HOLDERS.iter().any(|holder| same_name(holder, driver));
    f.nvidia_gpus().any(|gpu| gpu.driver.yes().is_some_and(|driver| holds(driver)))
}

/// True when it found one.
fn by_bus(f: &Facts, want: &Expectations, out: &mut Findings<'_>) -> bool {
    let asked = wanted::stack(f, want);
    let mut found = false;
    for gpu in f.nvidia_gpus() {
        let Some(driver) = gpu.driver.yes() else { continue };
        let forbidden = want.forbidden_drivers.iter().any(|d| same_name(d, driver));
        let other = !gpu.driven_by("nvidia") && !HOLDERS.iter().any(|h| same_name(h, driver));
        if forbidden || other && asked && !had(f) {
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

/// Whether a log shows nvidia.ko at the start of a GPU: what a listing beside it tells of
/// another driver is of another time.
fn had(f: &Facts) -> bool {
    cfg!(feature = "logs") && f.look == Look::Log && f.logged(&[nvidia::INIT_FAILED]).is_some()
}

/// Where the bus was not captured nvidia.ko's own words count, unless it is in now.
fn by_log(f: &Facts, out: &mut Findings<'_>) {
    if f.modules.up("nvidia").is_some() {
        return;
    }
    let mut named = false;
    for record in f.records() {
        let said = record.text.strip_prefix(nvidia::GPU).and_then(|t| t.split_once(nvidia::BOUND));
        let Some((bdf, driver)) = said else { continue };
        named = true;
        let driver = driver.trim_matches([' ', '.']);
        if !HOLDERS.iter().any(|h| same_name(h, driver)) {
            add(f, out, bdf.trim(), driver).logged(record.us, &record.text);
        }
    }
    // Before 550 neither the GPU nor its driver is named.
    if let Some(said) = f.logged(nvidia::NOT_PROBED).filter(|_| !named && !is_held(f)) {
        out.add(format_args!("another driver owns the GPU: nvidia was not probed"))
            .values("nvidia", "another driver")
            .logged(said.us, &said.text)
            .confidence(Confidence::Likely);
    }
}

fn add<'a>(f: &Facts, out: &'a mut Findings<'_>, bdf: &str, driver: &str) -> &'a mut Finding {
    let fix = advice::fix(f, driver, out.nixos());
    let finding = out.add(format_args!("GPU {bdf} is driven by {driver}, not by nvidia"));
    finding.gpu(PciAddress::parse(bdf)).module(driver).values("nvidia", driver).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, STACK, fires, quiet, unbound_gpu};
    use crate::text::Name;

    const NOUVEAU: &str =
        "sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nouveau\n";
    const REFUSED: &str = "dmesg = [   12.600000] NVRM: GPU 0000:01:00.0 is already bound to \
        nouveau.\n";

    const SAID: &str = "NVP501 error: GPU 0000:01:00.0 is driven by nouveau, not by nvidia";

    #[test]
    fn the_owner_is_named_when_nvidia_was_refused() {
        fires(&RULE, Case::initrd(NOUVEAU).and(GPU).and(REFUSED), SAID);
        fires(&RULE, Case::initrd(NOUVEAU).and(GPU).goal("cuda"), SAID);
    }

    #[test]
    fn the_drivers_own_words_count_where_the_bus_was_not_captured() {
        fires(
            &RULE,
            Case::initrd("sys/bus/pci/devices ?\n")
                .and("dmesg = [   12.600000] NVRM: GPU 0000:00:01.0 is already bound to qxl.\n"),
            "NVP501 error: GPU 0000:00:01.0 is driven by qxl, not by nvidia",
        );
        quiet(&RULE, Case::initrd("sys/bus/pci/devices ?\n").and(REFUSED).and(STACK));
        let unbound = Case::initrd("proc/modules ?\n").and(&unbound_gpu());
        fires(&RULE, unbound.and(REFUSED), SAID);
        fires(
            &RULE,
            Case::initrd("sys/bus/pci/devices ?\n").and(
                "dmesg = [    6.101000] NVRM: The NVIDIA probe routine was not called for 1 \
                 device(s).\n",
            ),
            "NVP501 error: another driver owns the GPU: nvidia was not probed",
        );
    }

    #[test]
    fn a_machine_that_runs_nouveau_on_purpose_is_left_alone() {
        quiet(&RULE, Case::initrd(NOUVEAU).and(GPU));
    }

    #[test]
    fn a_forbidden_driver_is_told_even_so() {
        let case = Case::initrd(NOUVEAU).and(GPU);
        fires(
            &RULE,
            case.wanting(|w| w.forbidden_drivers.push(Name::from("nouveau")).unwrap()),
            SAID,
        );
    }

    #[test]
    fn nvidia_and_an_unbound_gpu_are_no_other_owner() {
        quiet(&RULE, Case::initrd(GPU).and(STACK).goal("wayland"));
        quiet(&RULE, Case::initrd(&unbound_gpu()).goal("cuda"));
    }

    #[test]
    fn what_the_bus_shows_is_not_told_again_by_the_log_and_an_old_line_not_at_all() {
        let old =
            "dmesg = [   12.600000] NVRM: The NVIDIA probe routine was not called for 1 GPU\n";
        let nouveau = GPU.replace("drivers/nvidia", "drivers/nouveau");
        let case = |tree: &str| Case::initrd(tree).goal("cuda");
        fires(&RULE, case(&nouveau).and(old).and("proc/modules ?\n"), SAID);
        quiet(&RULE, case(&unbound_gpu()).and(REFUSED));
    }
}
