//! What programs of user space say of the driver, each once: the collector keeps these
//! lines of a log, the host tool knows a program by them where nothing else marks its
//! line, and rules judge them. Nothing here judges.

use crate::driver::said::{kernel, nvidia, programs, systemd};
use crate::facts::{Facts, LogRecord};
use crate::text::screen::Screen;

pub use builders::*;
pub use clients::*;

mod builders;
mod clients;

/// A sentence of a program.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// Who says it, where the line itself does not tell.
    pub program: &'static str,
    /// What the line holds, in this order.
    pub parts: &'static [&'static str],
}

impl Saying {
    /// Where the sentence begins in a line that holds it.
    #[must_use]
    pub fn begins(&self, text: &str) -> Option<usize> {
        self.parts.first().filter(|_| self.is(text)).and_then(|first| text.find(*first))
    }

    /// Whether it tells only of the sender's wish, and nothing that can be judged.
    #[must_use]
    pub fn is_wish(&self) -> bool {
        self.parts == NAMED.parts
            || self.parts == CHOSEN.parts
            || WANTS.iter().any(|wish| wish.parts == self.parts)
    }

    /// Whether a line is this sentence.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.parts
            .iter()
            .try_fold(text, |rest, part| rest.split_once(part).map(|(_, r)| r))
            .is_some()
    }
}

const fn says(program: &'static str, parts: &'static [&'static str]) -> Saying {
    Saying { program, parts }
}

/// That an older branch has a GPU, without the driver's name before it, or of which only the
/// part is left that names the branch.
pub const LEGACY_TOLD: &[Saying] = &[
    says(programs::KERNEL, nvidia::LEGACY_TOLD),
    says(programs::KERNEL, &[nvidia::LEGACY_BRANCH, " Legacy"]),
];
/// The kernel rejects a module's signature, within a sentence of a person's.
pub const SIGNATURE_TOLD: Saying = says(programs::KERNEL, kernel::SIGNATURE_REJECTED);
/// The GSP's own watchdog, of which a wrapped report may lack the driver's name.
pub const GSP_WATCHDOG: Saying = says(programs::KERNEL, &["GSP task watchdog timeout @ pc"]);
/// The driver's heading of a report on a GSP that does not answer.
pub const GSP_TIMEOUT: Saying = says(programs::KERNEL, nvidia::GSP_TIMEOUT);
/// The driver misses the GSP's signs of life (from 570).
pub const GSP_HEARTBEAT: Saying = says(programs::KERNEL, nvidia::GSP_RM_LIFELESS);
/// A message to the GSP that had no answer, or its signs of life that stayed away.
pub const GSP_MUTE: &[Saying] =
    &[says(programs::KERNEL, nvidia::GSP_MUTE), says(programs::KERNEL, nvidia::GSP_LIFELESS)];
/// That the sender tells of the driver's own number for that.
pub const GSP_TOLD: &[Saying] =
    &[says(SENDER, &[SENDER, TELLS_OF_XID, "119"]), says(SENDER, &[SENDER, TELLS_OF_XID, "120"])];
/// The GSP's word on the GPU's power controller.
pub const PMU_HALTED: Saying = says(programs::KERNEL, nvidia::PMU_HALTED);
/// The GSP did not end its work for a suspend.
pub const GSP_NOT_UNLOADED: Saying = says(programs::KERNEL, nvidia::GSP_NOT_UNLOADED);
/// The state of the GSP's processor, which the driver prints when it stopped.
pub const GSP_DUMP: Saying = says(programs::KERNEL, nvidia::GSP_DUMP);
/// The same of one that stopped at an error.
pub const GSP_CRASH: Saying = says(programs::KERNEL, nvidia::GSP_CRASH);
/// That the sender writes of NVIDIA at all, where a compositor names nobody's GPU.
pub const NAMED: Saying = says(SENDER, &[SENDER, NAMES_NVIDIA]);
/// Who speaks in prose, as the host tool hands such words over.
pub const SENDER: &str = "a report";
/// How its line goes on where it speaks of NVIDIA.
pub const NAMES_NVIDIA: &str = "names NVIDIA: ";
/// The same where lines were not understood; their number follows.
pub const HAS_MISSED: &str = "not understood: ";
/// That the sender tells of an Xid in prose; the number follows.
pub const XID_TOLD: Saying = says(SENDER, &[SENDER, TELLS_OF_XID]);
/// How such a line goes on.
pub const TELLS_OF_XID: &str = "tells of Xid ";
/// That the sender uses nouveau, and says so.
pub const CHOSEN: Saying = says(SENDER, &[SENDER, HAS_CHOSEN]);
/// How such a line goes on.
pub const HAS_CHOSEN: &str = "uses nouveau";
/// That a reader met the driver's words in lines that it could not take.
pub const NOT_UNDERSTOOD: Saying = says(SENDER, &[SENDER, HAS_MISSED]);
/// The kernel met a fault of its own or of a module's code.
pub const OOPS: &[Saying] = &[
    says(programs::KERNEL, &[kernel::NULL_POINTER]),
    says(programs::KERNEL, &[kernel::NO_PAGE]),
    says(programs::KERNEL, &[kernel::PROTECTION]),
    says(programs::KERNEL, &[kernel::BUG_AT]),
    says(programs::KERNEL, kernel::NO_PAGE_ARM),
    says(programs::KERNEL, kernel::OOPS),
    says(programs::KERNEL, &[kernel::DIED]),
    OOPS_ADDRESS,
];
/// Where a processor stood that met a fault or is stuck, in words that no warning has: what
/// came before may be lost.
pub const OOPS_ADDRESS: Saying = says(programs::KERNEL, kernel::RIP_OLD);
/// The kernel's heading of a report on what is no fault (kernel/panic.c, `__warn`).
pub const WARNED: Saying = says(programs::KERNEL, &[kernel::WARNING]);
/// The end of a report, on a fault or on what is none.
pub const TRACE_END: Saying = says(programs::KERNEL, &[kernel::TRACE_END]);
/// The heading of a report on where a processor stands, which is no fault.
pub const BACKTRACE: Saying = says(programs::KERNEL, &[kernel::BACKTRACE]);
/// The kernel gave up behind a fault, and the screen keeps the end of its report.
pub const PANIC: &[Saying] =
    &[says(programs::KERNEL, kernel::PANIC_FATAL), says(programs::KERNEL, kernel::PANIC_INIT)];
/// A GPU was removed while programs used it: nvidia.ko warned by the kernel's means too
/// (nvidia/nv-pci.c, `nv_pci_remove`; a report of 435.21; 515 and later have another function).
pub const REMOVED: Saying =
    says(programs::KERNEL, &[kernel::WARNING, " nv_pci_remove+0x", "[nvidia"]);
/// An object of the driver that the kernel does not let user space read (mm/usercopy.c).
pub const USERCOPY: Saying = says(programs::KERNEL, &["usercopy: Kernel memory ", "'nvidia"]);
/// A processor that does not come back (kernel/watchdog.c, kernel/rcu/tree_stall.h).
pub const LOCKUP: &[Saying] = &[
    says(programs::KERNEL, &["BUG: soft lockup - CPU"]),
    says(programs::KERNEL, &["Watchdog detected hard LOCKUP on cpu"]),
    says(programs::KERNEL, &["rcu: INFO: rcu_", "detected", "stall"]),
];
/// The kernel gave a suspend up, for a task that did not stop (kernel/power/process.c).
pub const NOT_FROZEN: Saying =
    says(programs::KERNEL, &["Freezing ", " failed after ", "tasks refusing to freeze"]);
/// Where the processor stood then.
pub const POINTER: &[Saying] = &[
    says(programs::KERNEL, kernel::RIP),
    says(programs::KERNEL, kernel::IP_OLD),
    says(programs::KERNEL, kernel::PC),
];
/// The driver's own thread waits or spins.
pub const HUNG_OWN: Saying =
    says(programs::KERNEL, &["INFO: task nvidia-modeset", " blocked for more than "]);
/// The same of one that spins.
pub const STUCK_OWN: Saying =
    says(programs::KERNEL, &["BUG: soft lockup - CPU", "[nvidia-modeset"]);
/// The kernel's line on a task that waits for too long (kernel/hung_task.c), and on who
/// holds what it waits for (from 6.16).
pub const HUNG: &[Saying] = &[
    HUNG_OWN,
    says(programs::KERNEL, &["INFO: task ", " blocked for more than "]),
    says(programs::KERNEL, &["INFO: task ", " blocked on a ", BY_OWN]),
];
/// The same line of which the task's name was left out.
pub const OWN_HOLDS: Saying = says(programs::KERNEL, &[" blocked on a ", BY_OWN]);
/// How the kernel names the driver's own thread as the one that holds a lock (from 6.16).
pub const BY_OWN: &str = " by task nvidia-modeset";
/// A function without a driver does not wake (drivers/pci/pci.c, `pci_power_up`).
pub const ASLEEP_UNOWNED: Saying = says(programs::KERNEL, &["pci 0", kernel::D3_UNABLE]);
/// The same of one that is held for a guest.
pub const ASLEEP_GUEST: Saying = says(programs::KERNEL, &["vfio-pci 0", kernel::D3_UNABLE]);
/// A line of the kernel's on the driver's interrupt thread, whose name is cut.
pub const SLEPT: Saying = says(programs::KERNEL, kernel::SLEPT);
/// bbswitch was told to switch the GPU off.
pub const BBSWITCH_OFF: Saying = says(programs::KERNEL, &[kernel::BBSWITCH_OFF]);
/// It was told to switch it on.
pub const BBSWITCH_ON: Saying = says(programs::KERNEL, &[kernel::BBSWITCH_ON]);
/// nouveau could not start a GPU.
pub const NOUVEAU_START: &[Saying] = &[
    says(programs::KERNEL, kernel::NOUVEAU_CHIP),
    says(programs::KERNEL, kernel::NOUVEAU_PART),
    says(programs::KERNEL, kernel::NOUVEAU_INIT),
    says(programs::KERNEL, kernel::NOUVEAU_PROBE),
    says(programs::KERNEL, kernel::NOUVEAU_PROBE_OLD),
];
/// The GPU does not answer nouveau.
pub const NOUVEAU_HANGS: &[Saying] = &[
    says(programs::KERNEL, kernel::NOUVEAU_SCHEDULER),
    says(programs::KERNEL, kernel::NOUVEAU_IDLE),
    says(programs::KERNEL, kernel::NOUVEAU_NOTIFIER),
    says(programs::KERNEL, kernel::NOUVEAU_LOCKUP),
    says(programs::KERNEL, kernel::NOUVEAU_SCHEDULER_OLD),
];
/// A program's work on the GPU failed under nouveau.
pub const NOUVEAU_FAULTS: &[Saying] = &[
    says(programs::KERNEL, kernel::NOUVEAU_FAULT),
    says(programs::KERNEL, kernel::NOUVEAU_TRAP),
    says(programs::KERNEL, kernel::NOUVEAU_ENGINE),
    says(programs::KERNEL, kernel::NOUVEAU_UNIT),
    says(programs::KERNEL, kernel::NOUVEAU_DATA),
    says(programs::KERNEL, kernel::NOUVEAU_PUSHER),
    says(programs::KERNEL, kernel::NOUVEAU_PUSHER_OLD),
    says(programs::KERNEL, kernel::NOUVEAU_TRAPPED),
    says(programs::KERNEL, kernel::NOUVEAU_TRAPPED_OLD),
    says(programs::KERNEL, kernel::NOUVEAU_KILLED),
];
/// The display engine refused what nouveau asked of it.
pub const NOUVEAU_DISPLAY: Saying = says(programs::KERNEL, kernel::NOUVEAU_DISPLAY);
/// nouveau has nothing to draw with.
pub const NOUVEAU_DRAWS_ALONE: &[Saying] = &[
    says(programs::KERNEL, kernel::NOUVEAU_NO_CHANNEL),
    says(programs::KERNEL, kernel::NOUVEAU_NO_SYNC),
    says(programs::KERNEL, kernel::NOUVEAU_NO_FECS),
    says(programs::KERNEL, kernel::NOUVEAU_NO_CHANNEL_OLD),
    says(programs::KERNEL, kernel::NOUVEAU_NO_FUC),
    says(programs::KERNEL, kernel::NOUVEAU_NO_SCRUBBER),
    says(programs::KERNEL, kernel::NOUVEAU_NO_SCRUBBER_DEBIAN),
];
/// The driver was to sleep, and nobody had told it to save its memory; in prose, without its
/// name; a summary keeps only the end of the line.
pub const NOT_TOLD_TO_SLEEP: &[Saying] = &[
    says(programs::KERNEL, &[nvidia::NO_PROCFS]),
    says(programs::KERNEL, &[nvidia::NO_PROCFS_END]),
];
/// The driver's units for sleep failed.
pub const SLEEP_UNIT_FAILED: &[Saying] = &[
    says(programs::SYSTEMD, &[SUSPEND_UNIT, systemd::FAILED]),
    says(programs::SYSTEMD, &[SUSPEND_UNIT, "Main process exited", "status=1/FAILURE"]),
    says(programs::SYSTEMD, &[HIBERNATE_UNIT, systemd::FAILED]),
    says(programs::SYSTEMD, &["nvidia-resume.service: ", systemd::FAILED]),
    says(programs::NVIDIA_SLEEP, &["nvidia-sleep.sh: line ", "write error"]),
];
/// How systemd begins a line on the driver's unit for suspend.
pub const SUSPEND_UNIT: &str = "nvidia-suspend.service: ";
/// The same for hibernation.
pub const HIBERNATE_UNIT: &str = "nvidia-hibernate.service: ";
/// Every group.
pub(crate) const ALL: [&[Saying]; 59] = [
    MISMATCH,
    UNREACHED,
    NO_DEVICE,
    GPU_IS_LOST,
    &[
        GSP_WATCHDOG,
        GSP_TIMEOUT,
        GSP_HEARTBEAT,
        GSP_CRASH,
        GSP_DUMP,
        PMU_HALTED,
        STUCK_OWN,
        GSP_NOT_UNLOADED,
    ],
    GSP_MUTE,
    &[X_NO_DRIVER, X_NO_SYMBOL, X_NO_MODES, X_NO_GPU, FABRIC_VERSION],
    &[NVML_VERSION, SIMPLEDRM_CARD, NAMED, CHOSEN, XID_TOLD, NOT_UNDERSTOOD, CONTAINER],
    &[X_NO_POWER],
    X_NO_DISPLAY,
    FOUND_NO_GPU,
    INSTALLED,
    SECURE_BOOT,
    SLEEP_UNIT_FAILED,
    NOT_BUILT,
    HUNG,
    OOPS,
    POINTER,
    PANIC,
    X_GAVE_UP,
    FABRIC_MISSING,
    CALLS,
    GENERATOR,
    OTHERS,
    CANNOT_DRAW,
    REFUSES_NVIDIA,
    NO_DISPLAY_SERVER,
    NO_LIBRARY,
    NO_ACCESS,
    CUDA_FAILED,
    DAEMON_FAILED,
    IN_USE,
    FABRIC_WITHOUT_USE,
    FABRIC_FAILED,
    ADDED,
    SIGNATURE,
    NO_FIRMWARE_IN_IMAGE,
    INSTALLS_NOTHING,
    LOCKUP,
    CUDA_OLD,
    NO_RUNTIME,
    VULKAN_FAILED,
    X_NO_SCREEN,
    BUMBLEBEE,
    &[
        FLIP_TIMEOUT,
        FLIP_TOLD,
        BLACKLIST_FOUND,
        NOUVEAU_LOADED,
        NVIDIA_LOADED,
        CARD_FOUND,
        FLIP_DONE,
        FLIP_UNNAMED,
        X_NO_SCREENS,
        NEEDS_SYMBOL,
        USERCOPY,
        NOT_FROZEN,
        INSTALLER_NO_GPU,
        SIGNATURE_TOLD,
        ASLEEP_UNOWNED,
        ASLEEP_GUEST,
        BBSWITCH_ON,
        BBSWITCH_OFF,
        SLEPT,
        TRACE_END,
        REMOVED,
        WARNED,
        OWN_HOLDS,
    ],
    LEGACY_TOLD,
    NOT_TOLD_TO_SLEEP,
    NOUVEAU_START,
    NOUVEAU_HANGS,
    NOUVEAU_FAULTS,
    NOUVEAU_DRAWS_ALONE,
    X_NO_GLX,
    NO_SEAT,
    SMI_ANSWERS,
    X_NO_MODE,
    &[
        X_GLX_ALONE,
        DAEMON_READY,
        DAEMON_NO_USER,
        X_NO_NOUVEAU,
        X_SCREEN_UP,
        X_LOG,
        BACKTRACE,
        NOUVEAU_DISPLAY,
        TO_REPLACE,
    ],
    &[INXI_NONE, INXI_NOUVEAU, INXI_NVIDIA, LSPCI_GONE, LSMOD_NOUVEAU],
    WANTS,
    &[X_ERROR],
];

/// How many there are.
#[expect(
    clippy::indexing_slicing,
    reason = "a constant can do nothing else, and is checked as it is made"
)]
const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < ALL.len() {
        count += ALL[group].len();
        group += 1;
    }
    count
};

/// All of them, in the order of their groups.
#[expect(
    clippy::indexing_slicing,
    reason = "a constant can do nothing else, and is checked as it is made"
)]
static EACH: [Saying; COUNT] = {
    let mut each = [NAMED; COUNT];
    let (mut at, mut group) = (0, 0);
    while group < ALL.len() {
        let mut one = 0;
        while one < ALL[group].len() {
            each[at] = ALL[group][one];
            (at, one) = (at + 1, one + 1);
        }
        group += 1;
    }
    each
};

#[expect(
    clippy::indexing_slicing,
    reason = "a constant can do nothing else, and is checked as it is made"
)]
static SCREEN: Screen<COUNT> = {
    let mut firsts = [""; COUNT];
    let mut at = 0;
    while at < COUNT {
        firsts[at] = EACH[at].parts[0];
        at += 1;
    }
    Screen::of(&firsts)
};

/// The sentence that a line is, if it is one: of several the one of the first group.
#[must_use]
pub fn of(text: &str) -> Option<&'static Saying> {
    let mut best = COUNT;
    SCREEN.any(text.as_bytes(), |number, rest| {
        let is = |saying: &Saying| {
            let begins = saying.parts.first().is_some_and(|p| rest.starts_with(p.as_bytes()));
            begins && saying.is(text)
        };
        if number < best && EACH.get(number).is_some_and(is) {
            best = number;
        }
        best == 0
    });
    EACH.get(best)
}

/// The longest part of each sentence: every line that is one holds it.
pub fn parts() -> impl Iterator<Item = &'static str> {
    EACH.iter().filter_map(|saying| saying.parts.iter().copied().max_by_key(|part| part.len()))
}

/// The first record that is one of these sentences.
#[must_use]
pub fn said<'a>(f: &'a Facts, sayings: &[Saying]) -> Option<&'a LogRecord> {
    f.records().iter().find(|record| sayings.iter().any(|saying| saying.is(&record.text)))
}

#[cfg(test)]
mod tests;
