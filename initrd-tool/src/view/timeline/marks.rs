//! Texts of log lines that are steps of a boot. Matched by text, never by
//! priority: `NVRM:` lines have no reliable one.

use super::step::{Lane, Step, Tone};

/// A line that belongs on the timeline.
pub struct Mark {
    /// The line holds all of these.
    pub holds: &'static [&'static str],
    /// Which step it is.
    pub step: Step,
    /// Whose step.
    pub lane: Lane,
    /// What it means.
    pub tone: Tone,
    /// What is said of it.
    pub says: &'static str,
    /// From behind which of its words on its own text is added.
    pub rest: Option<&'static str>,
}

const fn mark(holds: &'static [&'static str], step: Step, lane: Lane, says: &'static str) -> Mark {
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

    /// The words for a line, where it is one of these.
    #[must_use]
    pub fn says(&self, text: &str) -> Option<String> {
        if !self.holds.iter().all(|part| text.contains(part)) {
            return None;
        }
        let rest =
            self.rest.and_then(|behind| text.split_once(behind)).map_or("", |(_, rest)| rest);
        // The driver's version line goes on with who built it, and when.
        let rest = rest.split("Release Build").next().unwrap_or("");
        let words = self.says.split_whitespace().chain(rest.split_whitespace());
        Some(words.collect::<Vec<_>>().join(" ").trim_end_matches(':').to_owned())
    }
}

use Lane::{Nvidia, NvidiaDrm, NvidiaModeset, NvidiaUvm, Other, Screen, UserSpace};
use Step::{
    Card, Console, Evicted, Fault, FirmwareFramebuffer, Gpu, Greeter, Initrd, Loaded, Ready,
    Simpledrm,
};

/// Lines of the kernel; the first that fits counts. Texts of drivers/video/fbdev,
/// drivers/video/aperture.c and fbcon.c, drivers/tty/vt/vt.c, drivers/gpu/drm/drm_drv.c,
/// kernel/module/main.c, init/main.c, and of the open kernel modules 515 to 595
/// (kernel-open/nvidia/nv.c, nvidia-modeset, nvidia-uvm, nvidia-drm; src/nvidia osinit.c).
pub const KERNEL: &[Mark] = &[
    mark(&["efifb: framebuffer at"], FirmwareFramebuffer, Screen, "firmware framebuffer: efifb"),
    mark(&["vesafb: framebuffer at"], FirmwareFramebuffer, Screen, "firmware framebuffer: vesafb"),
    mark(
        &["simple-framebuffer: framebuffer at"],
        FirmwareFramebuffer,
        Screen,
        "firmware framebuffer: simplefb",
    ),
    mark(
        &["[drm] Initialized simpledrm"],
        Simpledrm,
        Screen,
        "simpledrm owns the firmware framebuffer",
    ),
    mark(&["[drm] Initialized efidrm"], Simpledrm, Screen, "efidrm owns the firmware framebuffer"),
    mark(
        &["[drm] Initialized vesadrm"],
        Simpledrm,
        Screen,
        "vesadrm owns the firmware framebuffer",
    ),
    mark(
        &["Console: switching to colour dummy device"],
        Evicted,
        Screen,
        "old framebuffer evicted",
    ),
    mark(&["fb", ": switching to ", " from "], Evicted, Screen, "framebuffer goes")
        .rest("switching "),
    mark(&["Console: switching to"], Console, Screen, "console on").rest("switching to"),
    mark(&["nvidia-drmdrmfb frame buffer device"], Console, NvidiaDrm, "console device").good(),
    mark(&["frame buffer device"], Console, Screen, "console device").rest("[drm] "),
    mark(&["Run /init as init process"], Initrd, UserSpace, "initrd begins"),
    mark(&["nvidia-nvlink: Nvlink Core is being init"], Loaded, Nvidia, "begins"),
    mark(&["NVRM: loading"], Ready, Nvidia, "driver is in:").rest("loading NVIDIA UNIX").good(),
    mark(&["nvidia-modeset: Loading"], Ready, NvidiaModeset, "driver is in").good(),
    mark(&["nvidia-uvm: Loaded the UVM driver"], Ready, NvidiaUvm, "driver is in").good(),
    mark(&["[drm] [nvidia-drm]", "Unloading driver"], Fault, NvidiaDrm, "releases a GPU").bad(),
    mark(&["[drm] [nvidia-drm]", "Loading driver"], Loaded, NvidiaDrm, "takes a GPU"),
    mark(&["[drm] Initialized nvidia-drm"], Card, NvidiaDrm, "DRM card").rest(" for ").good(),
    mark(&["[nvidia-drm]", "NVIDIA GPUs"], Fault, NvidiaDrm, "found no GPU").bad(),
    mark(&["RmInitAdapter failed"], Gpu, Nvidia, "GPU not initialised:").rest("failed!").bad(),
    mark(&["No firmware image found"], Fault, Nvidia, "GSP firmware not found").bad(),
    mark(&["Direct firmware load for nvidia/", "failed"], Fault, Nvidia, "firmware missing:")
        .rest("load for ")
        .bad(),
    mark(&["NVRM: Xid"], Fault, Nvidia, "Xid").rest("Xid ").bad(),
    mark(&["fallen off the bus"], Fault, Nvidia, "GPU fell off the bus").bad(),
    mark(&["NVRM: No NVIDIA GPU found"], Fault, Nvidia, "found no GPU").bad(),
    mark(&["does not include the required GPU"], Fault, Nvidia, "open module, GPU without GSP")
        .bad(),
    mark(&["NVRM: ignoring the legacy GPU"], Fault, Nvidia, "GPU too old for this driver").bad(),
    mark(&["is already bound to"], Fault, Nvidia, "GPU").rest("NVRM: GPU ").bad(),
    mark(&["The NVIDIA probe routine failed"], Fault, Nvidia, "takes no GPU").bad(),
    mark(&["The NVIDIA probe routine was not called"], Fault, Nvidia, "gets no GPU").bad(),
    mark(&["NVRM: API mismatch"], Fault, Nvidia, "user space of another version").bad(),
    mark(&["*ERROR* [nvidia-drm]"], Fault, NvidiaDrm, "failed to").rest("] Failed to ").bad(),
    mark(&["Failed to grab", "modeset ownership"], Fault, NvidiaDrm, "no modeset ownership").bad(),
    mark(&["module nvidia", "is blacklisted"], Fault, Nvidia, "blacklisted").bad(),
    mark(&["Module nvidia", "is blacklisted"], Fault, Nvidia, "blacklisted").bad(),
    mark(&["nvidia: loading out-of-tree module"], Loaded, Nvidia, "code is in"),
    mark(&["nvidia_modeset: loading out-of-tree module"], Loaded, NvidiaModeset, "code is in"),
    mark(&["nouveau ", ": NVIDIA "], Gpu, Other, "nouveau takes").rest("nouveau ").bad(),
    mark(&["[drm] Initialized "], Card, Other, "DRM device").rest("Initialized "),
];

/// Lines of greeters and compositors, whoever wrote them: sddm's greeter, kwin,
/// wlroots, mutter, Xorg.
pub const USER: &[Mark] = &[
    mark(
        &["There are no outputs - creating placeholder"],
        Greeter,
        UserSpace,
        "greeter: no outputs",
    )
    .bad(),
    mark(&["No suitable DRM devices have been found"], Greeter, UserSpace, "kwin: no DRM device")
        .bad(),
    mark(&["Found 0 GPUs, cannot create backend"], Greeter, UserSpace, "compositor: no GPU").bad(),
    mark(&["Failed to setup: No GPUs found"], Greeter, UserSpace, "mutter: no GPU").bad(),
    mark(&["(EE) no screens found"], Greeter, UserSpace, "Xorg: no screens").bad(),
];
