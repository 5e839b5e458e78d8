//! Modules as the kernel shows them, with every kind of evidence of order.

use crate::seen::Seen;
use crate::text::{Line, Name, Value, same_name};
use heapless::Vec;

/// Modules kept: the stack, what it needs, what may own a GPU, and what the
/// expectations name. Others of /proc/modules are only counted.
pub const MODULE_MAX: usize = 64;
/// Parameters kept: the driver lists 45 to 50 of its own in
/// /proc/driver/nvidia/params, and sysfs gives those that configuration names.
pub const PARAM_MAX: usize = 96;

/// Module names that are always kept when loaded, in kernel spelling.
pub const WATCHED: &[&str] = &[
    "nvidia",
    "nvidia_modeset",
    "nvidia_uvm",
    "nvidia_drm",
    "nvidia_peermem",
    "nouveau",
    "nova_core",
    "nova_drm",
    "nvidiafb",
    "vfio_pci",
    "vfio_pci_core",
    "vfio",
    "pci_stub",
    "drm",
    "drm_kms_helper",
    "drm_ttm_helper",
    "ttm",
    "video",
    "wmi",
    "backlight",
    "ecc",
    "i915",
    "xe",
    "amdgpu",
    "radeon",
    "ast",
    "mgag200",
    "qxl",
    "virtio_gpu",
    "bochs",
    "simpledrm",
    "thunderbolt",
    "ucsi_ccg",
    "i2c_nvidia_gpu",
    "snd_hda_intel",
    "asus_nb_wmi",
    "bbswitch",
];

/// What the kernel says of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModuleState {
    /// Its init function returned 0. Says nothing about the hardware: nvidia_drm
    /// stays Live when the GPU failed (nvidia-drm `nv_drm_init` ignores it).
    Live,
    /// Its init function has not returned yet.
    Loading,
    /// It is being removed.
    Unloading,
    /// Compiled into the kernel (modules.builtin).
    BuiltIn,
    /// It was loaded and freed again: its init failed, or it was removed.
    Gone,
}

/// One module. Times are kernel times in microseconds since boot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Name in kernel spelling (underscores).
    pub name: Name,
    /// State from /proc/modules, modules.builtin or the trace.
    pub state: ModuleState,
    /// Users, from /proc/modules; `Absent` when the kernel prints `-`.
    pub refcount: Seen<u32>,
    /// Bytes of memory, from /proc/modules.
    pub size: Seen<u64>,
    /// Position in /proc/modules counted from the oldest line (0). Modules
    /// without dependency on each other can swap here under parallel loading.
    pub rank: Seen<u32>,
    /// Inode number of /sys/module/NAME: grows in the order of entering init.
    pub inode: Seen<u64>,
    /// Time of the last `module_load` trace event, in trace clock.
    pub traced_us: Seen<u64>,
    /// Time of a `module_free` event after it, in trace clock.
    pub freed_us: Seen<u64>,
    /// Task that loaded it, from the trace event ("modprobe-150").
    pub traced_task: Seen<Name>,
    /// Time of the module's first own line in the kernel log, in kmsg clock.
    pub logged_us: Seen<u64>,
    /// /sys/module/NAME/version.
    pub version: Seen<Value>,
    /// /sys/module/NAME/srcversion.
    pub srcversion: Seen<Value>,
    /// Taint letters, from /proc/modules ("OE").
    pub taint: Seen<Name>,
}

impl Module {
    /// A module of which only name and state are known.
    #[must_use]
    pub const fn new(name: Name, state: ModuleState) -> Self {
        Self {
            name,
            state,
            refcount: Seen::NotLooked,
            size: Seen::NotLooked,
            rank: Seen::NotLooked,
            inode: Seen::NotLooked,
            traced_us: Seen::NotLooked,
            freed_us: Seen::NotLooked,
            traced_task: Seen::NotLooked,
            logged_us: Seen::NotLooked,
            version: Seen::NotLooked,
            srcversion: Seen::NotLooked,
            taint: Seen::NotLooked,
        }
    }

    /// True when its code is in and its init has returned.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, ModuleState::Live | ModuleState::BuiltIn)
    }
}

/// Where a parameter's value in force was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamSource {
    /// /sys/module/NAME/parameters.
    Sysfs,
    /// /proc/driver/nvidia/params; the only place of `NVreg_*` values, since
    /// they are registered with permission 0 (common/inc/nv-linux.h).
    NvProc,
}

/// A parameter's value in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// Module in kernel spelling.
    pub module: Name,
    /// Parameter as the module names it, `NVreg_` prefix included.
    pub name: Name,
    /// The value; `Unreadable(EACCES)` for root-only files read by others. It holds as
    /// much as a line of the configuration, so that a whole setting can be compared with it.
    pub value: Seen<Line>,
    /// Where it was read.
    pub source: ParamSource,
}

/// All modules of interest.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// /proc/modules. `Absent` there means no /proc, so rules treat it as blind.
    pub proc: Seen<()>,
    /// /sys/module.
    pub sysfs: Seen<()>,
    /// The kernel's trace buffer with `module_load` events: `Absent` when
    /// tracefs is not mounted or the event is off.
    pub trace: Seen<()>,
    /// The modules kept.
    pub list: Vec<Module, MODULE_MAX>,
    /// Lines of /proc/modules in all.
    pub total: u32,
    /// Values in force.
    pub params: Vec<Param, PARAM_MAX>,
    /// Whether /proc/driver/nvidia/params was read.
    pub nv_params: Seen<()>,
}

impl Modules {
    /// Before anybody looked.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            proc: Seen::NotLooked,
            sysfs: Seen::NotLooked,
            trace: Seen::NotLooked,
            list: Vec::new(),
            total: 0,
            params: Vec::new(),
            nv_params: Seen::NotLooked,
        }
    }

    /// The module of that name, dash or underscore, whatever its state.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Module> {
        self.list.iter().find(|m| same_name(&m.name, name))
    }

    /// The module when its init has returned.
    #[must_use]
    pub fn up(&self, name: &str) -> Option<&Module> {
        self.get(name).filter(|m| m.is_up())
    }

    /// A parameter's value in force: `NotLooked` when nobody asked for it.
    #[must_use]
    pub fn param(&self, module: &str, name: &str) -> Seen<&str> {
        self.params
            .iter()
            .find(|p| same_name(&p.module, module) && same_name(&p.name, name))
            .map_or(Seen::NotLooked, |p| match &p.value {
                Seen::Yes(v) => Seen::Yes(v.as_str()),
                other => other.status().map(|()| ""),
            })
    }

    /// A boolean parameter's value in force (`Y` or `N` in sysfs).
    #[must_use]
    pub fn flag(&self, module: &str, name: &str) -> Option<bool> {
        match self.param(module, name).yes() {
            Some(&("Y" | "1")) => Some(true),
            Some(&("N" | "0")) => Some(false),
            _ => None,
        }
    }
}
