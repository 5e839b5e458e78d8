//! Codes of the failure catalogue that are no rule here, each with what answers
//! for it instead, or with the reason why nothing can. Lists and tells, judges
//! nothing; the closure test holds the list against the catalogue.

use crate::rule::Code;
use core::fmt;

/// A code without a rule of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elsewhere {
    /// Its code, never that of a rule.
    pub code: Code,
    /// The wrong state in a few words.
    pub title: &'static str,
    /// What answers for it.
    pub place: Place,
    /// What it is and what to do, in sentences.
    pub text: &'static str,
    /// Where it was seen.
    pub sources: &'static str,
}

/// What answers for a code that is no rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A lint of the NixOS module: only the configuration shows it. The stem of
    /// its file in nixos-module/lints.
    NixosLint(&'static str),
    /// Another rule judges it as well.
    Rule(u16),
    /// The host tool or the verifier does it for every boot; nothing is judged.
    Tool(&'static str),
    /// It is asked about often and never is the fault.
    NoFault,
    /// Nothing that a boot leaves behind shows it.
    Outside,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NixosLint(file) => {
                write!(
                    f,
                    "checked by the NixOS module at evaluation (`nixos-module/lints/{file}.nix`)"
                )
            }
            Self::Rule(code) => write!(f, "checked by {}", Code(*code)),
            Self::Tool(what) => write!(f, "no finding: {what}"),
            Self::NoFault => f.write_str("not a fault: never reported"),
            Self::Outside => f.write_str("not checked: a boot leaves no evidence of it"),
        }
    }
}

/// The entry of that code.
#[must_use]
pub fn by_code(code: u16) -> Option<&'static Elsewhere> {
    ELSEWHERE.iter().find(|e| e.code.0 == code)
}

const fn entry(
    code: u16,
    title: &'static str,
    place: Place,
    text: &'static str,
    sources: &'static str,
) -> Elsewhere {
    Elsewhere { code: Code(code), title, place, text, sources }
}

/// Every such code, in order.
pub const ELSEWHERE: &[Elsewhere] = &[
    entry(
        103,
        "nothing requests nvidia_drm on a Wayland-only NixOS",
        Place::NixosLint("driver-left-to-udev"),
        "nixpkgs adds the modules to `boot.kernelModules` only with `services.xserver.enable`. \
         Without it udev loads them when it finds the GPU, in parallel with the greeter. What follows in \
         a boot is NVP101.",
        "nixpkgs nixos/modules/hardware/video/nvidia.nix",
    ),
    entry(
        109,
        "a NixOS module list is taken for an order",
        Place::NixosLint("sorted-module-list"),
        "`boot.kernelModules` and `boot.initrd.kernelModules` are sorted by name since 2025: \
         nvidia comes before vfio_pci whatever was written. Say the order with a soft dependency. \
         What follows in a boot is NVP502.",
        "nixpkgs#420419, nixpkgs#18473",
    ),
    entry(
        207,
        "the disk passphrase prompt comes seconds late",
        Place::Rule(206),
        "plymouth ignores simpledrm until its DeviceTimeout, 8 s by default, when no driver of \
         the GPU comes. NVP206 tells it of an image with the goal `luks-prompt`. Add nvidia_drm \
         to the image, or put `plymouth.use-simpledrm` on the command line.",
        "plymouth ply-device-manager.c; nixpkgs#266804, meta-toradex-bsp-common#518",
    ),
    entry(
        212,
        "a render-only GPU has no CRTC",
        Place::NoFault,
        "\"Cannot find any crtc or sizes\" and \"No compatible format found\" come from the DRM \
         core when it wants to put a console on a GPU without screens: a notebook's second GPU, \
         a compute card. A machine that logs them is healthy.",
        "Linux drivers/gpu/drm/drm_client_modeset.c; omarchy#6518",
    ),
    entry(
        218,
        "the firmware screen stays black after a warm reboot",
        Place::Outside,
        "The link to an HDMI 2.1 screen is left in a mode that the firmware does not speak. It \
         happens before any kernel runs and leaves no line. Ask whether a cold start helps: then \
         it is this one.",
        "open-gpu-kernel-modules#721",
    ),
    entry(
        220,
        "modeset=1 on the command line disables simpledrm",
        Place::Rule(205),
        "Some distributions' kernels skip simpledrm when the command line, not modprobe.d, says \
         `nvidia-drm.modeset=1`. The effect is what is judged: no console (NVP205), no prompt \
         (NVP206). Set the value in modprobe.d instead, or load nvidia_drm in the initrd.",
        "kernel-ark merge request 1788; open-gpu-kernel-modules#458",
    ),
    entry(
        222,
        "an X11 option does nothing under Wayland",
        Place::NixosLint("x11-only-option"),
        "`hardware.nvidia.forceFullCompositionPipeline` is a line of xorg.conf. A Wayland \
         compositor never reads it.",
        "nixpkgs nixos/modules/hardware/video/nvidia.nix (`screenSection`)",
    ),
    entry(
        306,
        "dash or underscore in a module's name",
        Place::NoFault,
        "kmod and the kernel take `nvidia-drm` and `nvidia_drm` for the same name, in modprobe.d \
         and on the command line. Only capital letters and patterns make a line dead, which is \
         NVP318.",
        "libkmod-config.c; Linux kernel/params.c (`dash2underscore`)",
    ),
    entry(
        310,
        "hardware.nvidia does nothing",
        Place::NixosLint("driver-not-enabled"),
        "The options have no effect until `services.xserver.videoDrivers` holds \"nvidia\", with \
         Wayland and on headless machines too. What follows in a boot is that nothing is loaded.",
        "nixpkgs#344174; nixos-hardware#1567",
    ),
    entry(
        311,
        "the flavour of the modules is undecided",
        Place::NixosLint("flavour-undecided"),
        "From driver 560 on nixpkgs wants `hardware.nvidia.open` to be set. Which value fits the \
         GPU is judged by NVP505 and, by branch, NVP504.",
        "nixpkgs#339025",
    ),
    entry(
        312,
        "one parameter is set several times",
        Place::NixosLint("value-given-twice"),
        "`hardware.nvidia.moduleParams`, `boot.kernelParams` and `boot.extraModprobeConfig` are \
         merged by kmod and not by NixOS: the command line silently wins. Values that \
         differ are NVP302.",
        "nixpkgs nixos/modules/hardware/video/nvidia.nix (`moduleParams`)",
    ),
    entry(
        313,
        "PRIME bus IDs are wrong",
        Place::Outside,
        "Xorg wants the bus number in decimal: 65:00.0 of lspci is `PCI:101:0:0`. Only Xorg reads \
         these numbers, after the display manager has started; the modules and the DRM devices \
         are the same with a wrong one.",
        "nixpkgs#315450, nixpkgs#276469; xorg.conf(5) (BusID)",
    ),
    entry(
        411,
        "the boot loader starts an old copy of the image",
        Place::Rule(706),
        "An image that was rebuilt and not copied to the ESP leaves the old one in use. On NixOS \
         NVP706 tells which generation was booted; elsewhere what shows is the old driver \
         (NVP401, NVP516). `nvpreflight diff` of the two files names what differs.",
        "sdbootutil#22",
    ),
    entry(
        416,
        "the image follows another policy than expected",
        Place::Tool("`nvpreflight inspect` shows what the image holds, `plan` what it will load"),
        "Distributions went from \"never\" to \"always\" and back with NVIDIA's modules in the \
         image. Neither is wrong; a half of it is (NVP412).",
        "negativo17/nvidia-driver#21; openSUSE/nvidia-driver-G06#11, #63",
    ),
    entry(
        515,
        "NixOS has a module tree without nvidia",
        Place::Rule(402),
        "Two kernel sets in one configuration, or the user-space package put into \
         `boot.extraModulePackages` by hand. nixpkgs refuses most of it at evaluation; of a built \
         image and of a boot NVP402 says that the module is not there.",
        "nixpkgs#518710, nixpkgs#29409",
    ),
    entry(
        604,
        "two conflicting ways of saving video memory",
        Place::NixosLint("two-suspend-mechanisms"),
        "With the kernel notifiers of 595 and later on, /proc/driver/nvidia/suspend does not \
         exist and nvidia-suspend.service has nothing to write to. Neither of both is NVP601.",
        "nvidia/nv-procfs.c; nixpkgs#497206; negativo17/nvidia-driver#196",
    ),
    entry(
        607,
        "user sessions are frozen during sleep",
        Place::Outside,
        "systemd 256 and later freezes user.slice before it suspends, which the driver's saving \
         of video memory does not survive everywhere. NVIDIA's packages turn it off with \
         `SYSTEMD_SLEEP_FREEZE_USER_SESSIONS=false` for the sleep units; on NixOS \
         `services.nvpreflight.sleep.thawedSessions = true;` does. It is long after boot.",
        "systemd-suspend.service(8); nixpkgs#371058",
    ),
    entry(
        609,
        "suspend loops, or the screen is black after it",
        Place::Outside,
        "What a boot can show beforehand is NVP601 (nothing saves video memory), NVP603 (it does \
         not fit) and NVP608 (the kind of sleep). The rest happens long after boot.",
        "nixpkgs#336723, #254614, #476690",
    ),
    entry(
        707,
        "the log of an early boot failure is lost",
        Place::Tool("the verifier writes its verdict to the kernel log, the journal and /run"),
        "A black screen with a running machine: look from another console or over the network, \
         `journalctl -b -t nvpreflight`, or after a reboot `journalctl -b -1 -t nvpreflight`.",
        "nixos-dgx-spark#32; Nobara-Project#138",
    ),
];
