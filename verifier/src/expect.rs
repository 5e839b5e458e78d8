//! What the owner wants: goals, modules, order, options, policy. Data only; the
//! file is read by [`crate::evidence::expectations`].

use crate::severity::Severity;
use crate::text::{Line, Name, Value, same_name};
use heapless::Vec;

/// What the machine is for. Many states are faults only for a goal: early
/// nvidia helps a LUKS prompt and hurts hibernation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Goal {
    /// A Wayland session on the NVIDIA GPU.
    Wayland,
    /// An X11 session on the NVIDIA GPU.
    X11,
    /// CUDA or other compute.
    Cuda,
    /// A disk passphrase prompt on the NVIDIA GPU's screen.
    LuksPrompt,
    /// Suspend to disk.
    Hibernate,
    /// Suspend to RAM.
    Suspend,
    /// The GPU is given to a virtual machine.
    Vfio,
    /// No screen on the NVIDIA GPU.
    Headless,
}

impl Goal {
    /// All goals with their names in the expectations file.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Wayland, "wayland"),
        (Self::X11, "x11"),
        (Self::Cuda, "cuda"),
        (Self::LuksPrompt, "luks-prompt"),
        (Self::Hibernate, "hibernate"),
        (Self::Suspend, "suspend"),
        (Self::Vfio, "vfio"),
        (Self::Headless, "headless"),
    ];

    /// Its name in the expectations file and in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(goal, _)| *goal == self).map_or("", |(_, name)| *name)
    }

    /// The goal of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(g, _)| *g)
    }
}

/// A set of goals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Goals(u8);

impl Goals {
    /// Adds a goal.
    pub const fn insert(&mut self, goal: Goal) {
        self.0 |= 1 << goal as u8;
    }

    /// True when the goal is in.
    #[must_use]
    pub const fn has(self, goal: Goal) -> bool {
        self.0 & (1 << goal as u8) != 0
    }

    /// True when a picture on the NVIDIA GPU is wanted by name.
    #[must_use]
    pub const fn wants_display(self) -> bool {
        self.has(Goal::Wayland) || self.has(Goal::X11) || self.has(Goal::LuksPrompt)
    }

    /// True when no goal was declared.
    #[must_use]
    pub const fn none(self) -> bool {
        self.0 == 0
    }
}

/// What a bad verdict does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// Nothing but the log.
    #[default]
    Log,
    /// The pre-display phase waits for the render node before it returns.
    HoldDisplay,
    /// The unit fails on findings at or above the threshold.
    FailUnit,
}

/// A wanted option value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedOption {
    /// Module, dash or underscore.
    pub module: Name,
    /// Parameter.
    pub name: Name,
    /// Value; booleans compare by meaning (1, y, Y, on).
    pub value: Value,
}

/// A severity that the owner set for a rule, with the reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// The rule's number.
    pub code: u16,
    /// The severity, or `None` to turn the rule off.
    pub severity: Option<Severity>,
    /// Why.
    pub reason: Line,
}

/// The owner's expectations; [`Expectations::new`] are those of a machine
/// without a file, where only what the kernel shows is judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectations {
    /// Declared goals.
    pub goals: Goals,
    /// Modules that must be up at the end of the initrd phase.
    pub initrd_modules: Vec<Name, 16>,
    /// Modules that must be up before the display manager.
    pub pre_display_modules: Vec<Name, 16>,
    /// Pairs: the first must have entered its init before the second.
    pub order: Vec<(Name, Name), 16>,
    /// Wanted option values.
    pub options: Vec<WantedOption, 16>,
    /// Drivers that must not own an NVIDIA GPU.
    pub forbidden_drivers: Vec<Name, 8>,
    /// Number of NVIDIA GPUs; `None` when it was not declared.
    pub gpus: Option<u8>,
    /// How long the initrd phase may wait for the modules and the DRM device, in
    /// milliseconds, at most 60,000.
    pub deadline_ms: u32,
    /// How long the display manager may be held, in milliseconds, at most 60,000.
    pub hold_ms: u32,
    /// Findings at or above it make the exit status 1.
    pub threshold: Severity,
    /// Severities set by the owner.
    pub overrides: Vec<Override, 16>,
    /// What a bad verdict does.
    pub policy: Policy,
}

impl Expectations {
    /// The built-in expectations.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            goals: Goals(0),
            initrd_modules: Vec::new(),
            pre_display_modules: Vec::new(),
            order: Vec::new(),
            options: Vec::new(),
            forbidden_drivers: Vec::new(),
            gpus: None,
            deadline_ms: 2_000,
            hold_ms: 5_000,
            threshold: Severity::Error,
            overrides: Vec::new(),
            policy: Policy::Log,
        }
    }

    /// The value wanted for a parameter.
    #[must_use]
    pub fn wanted(&self, module: &str, name: &str) -> Option<&str> {
        let is = |o: &&WantedOption| same_name(&o.module, module) && same_name(&o.name, name);
        self.options.iter().find(is).map(|o| o.value.as_str())
    }

    /// True when the module must be up at the end of the initrd.
    #[must_use]
    pub fn in_initrd(&self, module: &str) -> bool {
        self.initrd_modules.iter().any(|m| same_name(m, module))
    }

    /// True when the module must be up before the display manager (what must be
    /// up in the initrd must still be up then).
    #[must_use]
    pub fn before_display(&self, module: &str) -> bool {
        self.in_initrd(module) || self.pre_display_modules.iter().any(|m| same_name(m, module))
    }

    /// The owner's word on a rule.
    #[must_use]
    pub fn override_of(&self, code: u16) -> Option<&Override> {
        self.overrides.iter().find(|o| o.code == code)
    }
}

impl Default for Expectations {
    fn default() -> Self {
        Self::new()
    }
}
