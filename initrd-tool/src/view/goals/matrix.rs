//! What each choice does to each goal on a machine. One function a goal; the
//! sources of the claims stand at them, the rules that judge them are named.

use super::machine::{Machine, Screen};
use super::{Cell, Choice, Effect, sleep};
use nvpreflight::expect::Goal;

/// The cell of a goal under a choice.
#[must_use]
pub fn cell(m: &Machine, goal: Goal, choice: Choice) -> Cell {
    if m.bus_seen && m.gpus.is_empty() {
        return Cell::new(Effect::NoMatter, "there is no NVIDIA GPU in this machine");
    }
    match goal {
        Goal::LuksPrompt => prompt(m, choice),
        Goal::Wayland | Goal::X11 => session(m, choice),
        Goal::Hibernate => sleep::hibernate(m, choice),
        Goal::Suspend => sleep::suspend(m),
        Goal::Cuda => compute(m, choice),
        Goal::Vfio => passthrough(m, choice),
        Goal::Headless => headless(choice),
    }
}

/// plymouth passes simpledrm by for prompts unless told otherwise, or waits 8 s
/// for a real driver first (nixpkgs#266804, #70050; plymouth's
/// ply-device-manager.c); without a splash the kernel's console shows the prompt.
fn prompt(m: &Machine, choice: Choice) -> Cell {
    let around = &m.around;
    if let Some(known) = around.encrypted.as_ref().filter(|known| !known.yes) {
        let why = "no encrypted disk is opened at boot";
        return Cell::new(Effect::NoMatter, why).by(known.place.clone());
    }
    if let Screen::Other(bdf) = &m.screen {
        let why = format!("the firmware framebuffer is on {bdf}, whose driver draws the prompt");
        return Cell::new(Effect::NoMatter, why).by("boot_vga; NVP208");
    }
    if choice == Choice::Early {
        return match &m.modeset {
            Some(known) if !known.yes => {
                let why = "KMS is off, so nvidia_drm draws nothing";
                Cell::new(Effect::Breaks, why).by(format!("{}; NVP201", known.place))
            }
            _ => Cell::new(Effect::Works, "nvidia_drm draws the prompt on its own screen")
                .by("NVP206"),
        };
    }
    match &around.splash {
        Some(known) if !known.yes => {
            Cell::new(Effect::Works, "no splash: the firmware framebuffer console shows it")
                .by(known.place.clone())
        }
        _ if around.simple_splash => {
            Cell::new(Effect::Works, "plymouth is configured to use the firmware framebuffer")
                .by("plymouth.use-simpledrm")
        }
        Some(known) => Cell::new(
            Effect::Risk,
            "plymouth waits about 8 s for a driver, and some versions show no prompt without one",
        )
        .by(format!("{}; NVP206", known.place)),
        None => Cell::new(
            Effect::Risk,
            "with a splash the prompt comes about 8 s late or not at all; without one it shows",
        )
        .by("NVP206"),
    }
}

/// The greeter takes what is there when it starts (sddm#1917, nixos-hardware#1144).
fn session(m: &Machine, choice: Choice) -> Cell {
    if let Some(known) = m.modeset.as_ref().filter(|known| !known.yes) {
        let why = "KMS is off: loaded early or late, there is no Wayland session and no \
                   console on this GPU";
        return Cell::new(Effect::Breaks, why).by(format!("{}; NVP201", known.place));
    }
    match choice {
        Choice::Early => {
            Cell::new(Effect::Works, "the card exists before the greeter starts").by("NVP101")
        }
        Choice::LateAndHold => {
            Cell::new(Effect::Works, "the display manager starts once the render node exists")
                .by("on_error: hold-display")
        }
        Choice::Late if m.hybrid() => {
            let by = m.other.clone().unwrap_or_default();
            let why = "the greeter draws on the other GPU; this one is added when it appears";
            Cell::new(Effect::Works, why).by(by)
        }
        Choice::Late => Cell::new(
            Effect::Risk,
            "a race: on some boots the greeter starts before the card exists and stays black",
        )
        .by("NVP101, NVP102"),
    }
}

/// nvidia_uvm has no alias; something on the real root must ask for it
/// (nixpkgs#334180, NVP104). The GSP firmware is asked for at the first use of the
/// GPU, which nvidia_drm with mode setting makes at load (nvidia/nv.c, NVP405).
fn compute(m: &Machine, choice: Choice) -> Cell {
    let modules = "nvidia_uvm is requested after switch-root either way";
    let lacks_firmware = m.initrd.is_some_and(|i| i.brings && i.firmware == 0);
    if choice == Choice::Early && lacks_firmware && m.open == Some(true) {
        let why = "the initrd has the driver but not its GSP firmware: the GPU does \
                   not work for the whole boot";
        return Cell::new(Effect::Breaks, why).by("NVP405");
    }
    let screenless = !m.gpus.is_empty() && m.gpus.iter().all(|gpu| !gpu.outputs);
    if screenless && m.around.persistenced == Some(false) {
        let why = format!(
            "{modules}; without nvidia-persistenced the GPU is initialised again for each program"
        );
        return Cell::new(Effect::NoMatter, why).by("nvidia-persistenced is not enabled");
    }
    Cell::new(Effect::NoMatter, modules).by("NVP104")
}

/// The first driver that matches takes the GPU (NVP502; nixpkgs#420419).
fn passthrough(m: &Machine, choice: Choice) -> Cell {
    match (choice, m.gpus.len()) {
        (Choice::Early, 0 | 1) => {
            Cell::new(Effect::Breaks, "nvidia takes the GPU in the initrd before vfio-pci")
                .by("NVP502")
        }
        (Choice::Early, n) => Cell::new(
            Effect::Risk,
            format!("nvidia takes all {n} GPUs unless vfio-pci is first with driver_override"),
        )
        .by("NVP502"),
        _ => Cell::new(
            Effect::Works,
            "vfio-pci in the initrd, with the GPU's ids, is first; nvidia may come later",
        )
        .by("NVP502"),
    }
}

fn headless(choice: Choice) -> Cell {
    match choice {
        Choice::LateAndHold => {
            Cell::new(Effect::NoMatter, "without a display manager there is nothing to hold")
        }
        _ => Cell::new(Effect::NoMatter, "nothing waits for the NVIDIA GPU's screen"),
    }
}
