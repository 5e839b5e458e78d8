//! Log lines that are steps of a boot, and what is said of them: the one table behind
//! the report's timeline and the host tool's. Known by text, never by priority: the
//! driver's lines have no reliable one.

#[cfg(feature = "logs")]
use crate::driver::said::display;
use crate::driver::said::{Parts, holds, kernel, nvidia, programs, systemd};
use crate::finding::step::{Lane, Step, Tone};
use crate::text::Line;
use core::fmt::Write;

/// A line that belongs on the timeline.
pub struct Mark {
    holds: Parts,
    /// Which step it is.
    pub step: Step,
    /// Whose step.
    pub lane: Lane,
    /// What it means.
    pub tone: Tone,
    says: &'static str,
    /// From behind which of the line's words on its own text is added.
    rest: Option<&'static str>,
}

const fn mark(holds: Parts, step: Step, lane: Lane, says: &'static str) -> Mark {
    Mark { holds, step, lane, tone: Tone::Step, says, rest: None }
}

impl Mark {
    const fn good(self) -> Self {
        Self { tone: Tone::Good, ..self }
    }

    const fn bad(self) -> Self {
        Self { tone: Tone::Bad, ..self }
    }

    const fn rest(self, behind: &'static str) -> Self {
        Self { rest: Some(behind), ..self }
    }

    fn says(&self, text: &str) -> Line {
        let rest = self.rest.and_then(|behind| text.split_once(behind)).map_or("", |(_, r)| r);
        // The driver's version line goes on with who built it, and when.
        let rest = rest.split("Release Build").next().unwrap_or("");
        let mut out = Line::new();
        for word in self.says.split_whitespace().chain(rest.split_whitespace()) {
            let gap = if out.is_empty() { "" } else { " " };
            // A line that does not fit is cut and marked.
            let _ = write!(out, "{gap}{word}");
        }
        Line::from(out.trim_end_matches(':'))
    }
}

/// What a line of the kernel is, and the words for it.
#[must_use]
pub fn of_kernel(text: &str) -> Option<(&'static Mark, Line)> {
    first(KERNEL, text)
}

/// The same for a line of a greeter or a compositor, whoever wrote it.
#[cfg(feature = "logs")]
#[must_use]
pub fn of_user(text: &str) -> Option<(&'static Mark, Line)> {
    first(USER, text)
}

fn first(marks: &'static [Mark], text: &str) -> Option<(&'static Mark, Line)> {
    let mark = marks.iter().find(|mark| holds(text, mark.holds))?;
    Some((mark, mark.says(text)))
}

/// What is said of a module whose driver is ready.
pub const DRIVER_IN: &str = "driver is in";

use Lane::{Nvidia, NvidiaDrm, NvidiaModeset, NvidiaUvm, Other, Screen, UserSpace};
#[cfg(feature = "logs")]
use Step::Greeter;
use Step::{
    Card, Console, Evicted, Fault, FirmwareFramebuffer, Gpu, Initrd, Loaded, Ready, Simpledrm,
    SwitchRoot,
};

/// Lines of the kernel; the first that fits counts. Texts of drivers/video/fbdev,
/// drivers/video/aperture.c and fbcon.c, drivers/tty/vt/vt.c, drivers/gpu/drm/drm_drv.c,
/// kernel/module/main.c, init/main.c, and of the open kernel modules 515 to 595
/// (kernel-open/nvidia/nv.c, nvidia-modeset, nvidia-uvm, nvidia-drm; src/nvidia osinit.c).
const KERNEL: &[Mark] = &[
    mark(&[kernel::EFIFB], FirmwareFramebuffer, Screen, "firmware framebuffer: efifb"),
    mark(&[kernel::VESAFB], FirmwareFramebuffer, Screen, "firmware framebuffer: vesafb"),
    mark(&[kernel::SIMPLEFB], FirmwareFramebuffer, Screen, "firmware framebuffer: simplefb"),
    mark(&[kernel::SIMPLEDRM], Simpledrm, Screen, "simpledrm owns the firmware framebuffer"),
    mark(&[kernel::EFIDRM], Simpledrm, Screen, "efidrm owns the firmware framebuffer"),
    mark(&[kernel::VESADRM], Simpledrm, Screen, "vesadrm owns the firmware framebuffer"),
    mark(&[kernel::CONSOLE_DUMMY], Evicted, Screen, "old framebuffer evicted"),
    mark(kernel::FB_SWITCH, Evicted, Screen, "framebuffer goes").rest("switching "),
    mark(&[kernel::CONSOLE], Console, Screen, "console on").rest(kernel::SWITCHING),
    mark(&[nvidia::CONSOLE], Console, NvidiaDrm, "console device").good(),
    mark(&[kernel::FB_DEVICE], Console, Screen, "console device").rest(kernel::DRM),
    mark(&[kernel::RUN_INIT], Initrd, UserSpace, "initrd begins"),
    mark(&[programs::SYSTEMD, systemd::SWITCH_ROOT], SwitchRoot, UserSpace, "switch-root"),
    mark(&[nvidia::NVLINK_BEGINS], Loaded, Nvidia, "begins"),
    mark(&[nvidia::LOADING], Ready, Nvidia, "driver is in:").rest("loading NVIDIA UNIX").good(),
    mark(&[nvidia::MODESET_LOADING], Ready, NvidiaModeset, DRIVER_IN).good(),
    mark(&[nvidia::UVM_LOADED], Ready, NvidiaUvm, DRIVER_IN).good(),
    mark(nvidia::DRM_UNLOADING, Fault, NvidiaDrm, "releases a GPU").bad(),
    mark(nvidia::DRM_LOADING, Loaded, NvidiaDrm, "takes a GPU"),
    mark(&[nvidia::CARD], Card, NvidiaDrm, "DRM card").rest(" for ").good(),
    mark(nvidia::DRM_NO_GPU, Fault, NvidiaDrm, "found no GPU").bad(),
    mark(&[nvidia::INIT_FAILED], Gpu, Nvidia, "GPU not initialised:").rest("failed!").bad(),
    mark(&[nvidia::GSP_NOT_FOUND], Fault, Nvidia, "GSP firmware not found").bad(),
    mark(&[kernel::NO_NVIDIA_FIRMWARE, "failed"], Fault, Nvidia, "firmware missing:")
        .rest("load for ")
        .bad(),
    mark(&[nvidia::XID], Fault, Nvidia, "Xid").rest("Xid ").bad(),
    mark(&[nvidia::OFF_THE_BUS], Fault, Nvidia, "GPU fell off the bus").bad(),
    mark(&[nvidia::NO_GPU], Fault, Nvidia, "found no GPU").bad(),
    mark(&[nvidia::NO_GSP], Fault, Nvidia, "open module, GPU without GSP").bad(),
    mark(&[nvidia::LEGACY_SHORT], Fault, Nvidia, "GPU too old for this driver").bad(),
    mark(&[nvidia::BOUND], Fault, Nvidia, "GPU").rest(nvidia::GPU).bad(),
    mark(&[nvidia::PROBES_FAILED], Fault, Nvidia, "takes no GPU").bad(),
    mark(nvidia::NOT_PROBED, Fault, Nvidia, "gets no GPU").bad(),
    mark(&[nvidia::API_MISMATCH], Fault, Nvidia, "user space of another version").bad(),
    mark(&[nvidia::DRM_ERROR], Fault, NvidiaDrm, "failed to").rest("] Failed to ").bad(),
    mark(nvidia::NO_GRAB, Fault, NvidiaDrm, "no modeset ownership").bad(),
    mark(kernel::NVIDIA_BLACKLISTED, Fault, Nvidia, "blacklisted").bad(),
    mark(&[kernel::OUT_OF_TREE], Loaded, Nvidia, "code is in"),
    mark(&[kernel::OUT_OF_TREE_MODESET], Loaded, NvidiaModeset, "code is in"),
    mark(kernel::NOUVEAU, Gpu, Other, "nouveau takes").rest("nouveau ").bad(),
    mark(&[kernel::DRM_READY], Card, Other, "DRM device").rest("Initialized "),
];

/// Lines of greeters and compositors, whoever wrote them: sddm's greeter, kwin,
/// wlroots, mutter, Xorg.
#[cfg(feature = "logs")]
const USER: &[Mark] = &[
    mark(&[display::QT], Greeter, UserSpace, "greeter: no outputs").bad(),
    mark(&[display::KWIN], Greeter, UserSpace, "kwin: no DRM device").bad(),
    mark(&[display::WLROOTS], Greeter, UserSpace, "compositor: no GPU").bad(),
    mark(&[display::MUTTER], Greeter, UserSpace, "mutter: no GPU").bad(),
    mark(&[display::XORG], Greeter, UserSpace, "Xorg: no screens").bad(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "logs")]
    fn a_greeters_line_is_known_by_its_words_and_a_kernels_is_not_one() {
        let said = of_user("sddm-greeter[900]: There are no outputs - creating placeholder screen");
        assert_eq!(said.unwrap().1.as_str(), "greeter: no outputs");
        assert!(of_user("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01").is_none());
    }
}
