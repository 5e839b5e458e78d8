//! Whether anything on this machine asks for the NVIDIA stack, so that a machine
//! that runs another driver on purpose is left alone.

#[cfg(feature = "logs")]
use crate::driver::RIVALS;
use crate::driver::said::nvidia;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Phase, STACK, in_stack};
#[cfg(feature = "logs")]
use crate::text::{Name, same_name};

/// True when the owner, the configuration or a load attempt asks for the stack:
/// expected modules, a goal that needs it, a number of GPUs, modules-load.d, a
/// module of the stack that is or was loaded, a line that nvidia.ko printed, or in a log
/// a program that found the module installed.
#[must_use]
pub fn stack(f: &Facts, want: &Expectations) -> bool {
    let expected = want.initrd_modules.iter().chain(&want.pre_display_modules).any(|m| in_stack(m));
    let goal = want.goals.wants_display() || want.goals.has(Goal::Cuda);
    let asked = STACK.iter().any(|m| f.config.requests(m).is_some() || f.modules.get(m).is_some());
    #[cfg(feature = "logs")]
    let asked = asked || in_log(f);
    expected || goal || want.gpus.unwrap_or(0) > 0 || asked || f.logged(&[nvidia::NVRM]).is_some()
}

/// True for a log of a machine on which nouveau has the GPU and nothing says that the owner
/// wants another driver: a library or a compositor may still call modprobe for nvidia.
#[cfg(feature = "logs")]
#[must_use]
pub fn nouveau_is_chosen(f: &Facts, want: &Expectations) -> bool {
    use super::sayings::{CHOSEN, said};
    let has = f.nvidia_gpus().any(|gpu| gpu.driver.yes().is_some_and(|d| same_name(d, RIVALS[0])));
    f.look == crate::facts::Look::Log && (has || said(f, &[CHOSEN]).is_some()) && !stack(f, want)
}

/// What a log and the files beside it tell of the owner's wish: the module is installed,
/// its packages or a configuration are named, options of the stack, nouveau kept off. A
/// running system may hold such lines from an earlier time.
#[cfg(feature = "logs")]
fn in_log(f: &Facts) -> bool {
    use super::sayings::{INSTALLED, UNREACHED, WANTS, said};
    use crate::facts::{Directive, Look};
    use crate::parse::cmdline;
    if f.look != Look::Log {
        return said(f, INSTALLED).is_some();
    }
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    let by_word = cmdline::kernel_words(raw).any(|word| {
        let (key, value) = word.key_value();
        let names = |module: &str| {
            let list = value.unwrap_or_default().split(|b| *b == b',');
            list.into_iter().any(|name| same_name(&Name::from_bytes(name), module))
        };
        let off = key.ends_with(b"blacklist") && names(RIVALS[0]);
        let of_stack =
            || word.module_parameter().is_some_and(|p| in_stack(&Name::from_bytes(p.module)));
        off || key == b"nouveau.modeset" && value == Some(b"0") || of_stack()
    });
    let lines = f.config.lines.yes().map_or(&[][..], |lines| lines.as_slice());
    let by_line = lines.iter().any(|line| match line.directive {
        Directive::Options => in_stack(&line.module),
        Directive::Blacklist => same_name(&line.module, RIVALS[0]),
        _ => false,
    });
    // nvidia-smi and Xorg's driver are user space of the driver.
    let asks = said(f, INSTALLED).or_else(|| said(f, WANTS)).or_else(|| said(f, UNREACHED));
    by_word || by_line || asks.is_some()
}

/// True when the owner's lists, or a request that counts here, ask for the module.
/// A request alone is no fault of a machine without the hardware; and an initrd
/// gets the configuration's `nvidia_uvm` without the module, which computing
/// needs on the real root only (dracut modules.d/01systemd-modules-load).
#[must_use]
pub fn module(f: &Facts, want: &Expectations, module: &str) -> bool {
    let (listed, early) = match f.phase {
        Phase::Initrd | Phase::Image => (want.in_initrd(module), module.ends_with("uvm")),
        Phase::PreDisplay => (want.before_display(module), false),
    };
    let without_gpu = f.pci.is_yes() && f.nvidia_gpus().next().is_none();
    listed || !(early || without_gpu)
}

/// True for a machine that shows nothing on its NVIDIA GPUs: by its goals, or,
/// without any, because they all are 3D controllers, which have no outputs.
#[must_use]
pub fn computes_only(f: &Facts, want: &Expectations) -> bool {
    let compute = want.goals.has(Goal::Cuda) && !want.goals.wants_display();
    let mut gpus = f.nvidia_gpus().peekable();
    let renders = gpus.peek().is_some() && gpus.all(|gpu| gpu.class >> 8 == 0x0302);
    want.goals.has(Goal::Headless) || compute || renders && want.goals.none()
}

/// True when a picture or computing on the NVIDIA GPU was declared: then its
/// lack is an error, otherwise a warning.
#[must_use]
pub const fn by_goal(want: &Expectations) -> bool {
    want.goals.wants_display() || want.goals.has(Goal::Cuda)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, GPU, STACK as LOADED};

    #[test]
    fn a_gpu_alone_asks_for_nothing() {
        assert!(!stack(&Case::initrd(GPU).facts(), &Expectations::new()));
    }

    #[test]
    fn loads_requests_and_goals_ask() {
        let empty = Expectations::new();
        assert!(stack(&Case::initrd(LOADED).facts(), &empty));
        let asked = "etc/modules-load.d/nvidia.conf = nvidia_drm\n";
        assert!(stack(&Case::initrd(asked).facts(), &empty));
        let cuda = Case::initrd("").goal("cuda");
        assert!(stack(&cuda.facts(), &cuda.want));
    }

    #[test]
    #[cfg(feature = "logs")]
    fn words_and_lines_beside_a_log_tell_the_owners_wish() {
        let asks = |tree: &str| {
            let case = Case::initrd(tree).of_log();
            stack(&case.facts(), &case.want)
        };
        for word in [
            "modprobe.blacklist=nouveau",
            "rd.driver.blacklist=pcspkr,nouveau",
            "module_blacklist=nouveau,pcspkr",
            "nouveau.modeset=0",
            "nvidia-drm.modeset=1",
        ] {
            assert!(asks(&std::format!("proc/cmdline = quiet {word}\n")), "{word}");
        }
        for word in ["quiet", "modprobe.blacklist=pcspkr", "nouveau.modeset=1", "i915.modeset=0"] {
            assert!(!asks(&std::format!("proc/cmdline = quiet {word}\n")), "{word}");
        }
        for line in ["options nvidia NVreg_EnableMSI=1", "blacklist nouveau"] {
            assert!(asks(&std::format!("etc/modprobe.d/a.conf = {line}\n")), "{line}");
        }
        for line in ["options snd_hda_intel power_save=0", "blacklist pcspkr"] {
            assert!(!asks(&std::format!("etc/modprobe.d/a.conf = {line}\n")), "{line}");
        }
    }

    #[test]
    #[cfg(feature = "logs")]
    fn nouveau_is_chosen_in_a_log_that_shows_it_and_no_other_wish() {
        let chosen = |case: &Case| nouveau_is_chosen(&case.facts(), &case.want);
        let has = GPU.replace("drivers/nvidia", "drivers/nouveau");
        let says = "dmesg = [    1.000000] a report: uses nouveau\n";
        assert!(chosen(&Case::initrd(&has).of_log()) && chosen(&Case::initrd(says).of_log()));
        assert!(!chosen(&Case::initrd(GPU).of_log()) && !chosen(&Case::initrd(&has)));
        let asked = "proc/cmdline = nvidia-drm.modeset=1\n";
        assert!(!chosen(&Case::initrd(&has).and(asked).of_log()));
    }
}
