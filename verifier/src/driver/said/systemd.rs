//! What systemd, its module loader and udev write.

use super::texts;

texts! {
    /// How a line of systemd's begins in the kernel log (src/basic/log.c; 252 to 257).
    SPEAKS = "systemd[";
    /// The root changes (src/core/main.c, `switch_root_initramfs`; 252 to 257).
    SWITCH_ROOT = "Switching root";
    /// systemd runs in the initrd (src/core/main.c; 252 to 257).
    IN_INITRD = "Running in initrd";
    /// A unit came up (src/core/job.c, `job_done_message_format`; 252 to 257).
    STARTED = "Started ";
    /// The same behind the speaker's name (as above; 252 to 257).
    HAS_STARTED = ": Started ";
    /// A unit starts (src/core/job.c; 252 to 257).
    STARTING = "Starting ";
    /// A unit did not come up (src/core/job.c; 252 to 257).
    NOT_STARTED = "Failed to start ";
    /// A unit failed; the result follows (src/core/unit.c, `unit_log_result`; 252 to 257).
    FAILED = "Failed with result";
    /// A unit took too long to stop or start (src/core/unit.c; 252 to 257).
    FAILED_TIMEOUT = "Failed with result 'timeout'";
    /// The same, a line before (src/core/service.c, `service_dispatch_timer`; 252 to 257).
    TIMED_OUT = "timed out";
    /// A unit is not started again (src/core/unit.c; 252 to 257).
    GAVE_UP = "Start request repeated too quickly";
    /// A unit's condition did not hold; the condition follows
    /// (src/core/job.c, "was skipped because of an unmet condition check"; 252 to 257).
    UNMET = "unmet condition";
    /// Before the reason in the same line (as above; 252 to 257).
    SKIPPED = " was skipped";
    /// A unit's program could not be run (src/core/exec-invoke.c; 252 to 257).
    NO_PROGRAM = "Failed at step EXEC";
    /// Plymouth's unit, by its description
    /// (plymouth, systemd-units/plymouth-start.service.in; 22 to 24).
    SPLASH = "Show Plymouth Boot Screen";
    /// Plymouth's unit that ends the splash
    /// (plymouth, systemd-units/plymouth-quit.service.in; 22 to 24).
    SPLASH_QUIT = "plymouth-quit";

    /// How a line of systemd-modules-load begins (src/modules-load/modules-load.c; 252 to 257).
    LOADER = "systemd-modules-load";
    /// Its unit (units/systemd-modules-load.service.in; 252 to 257).
    LOADER_UNIT = "systemd-modules-load.service";
    /// It loaded a module (src/shared/module-util.c; 252 to 257).
    INSERTED = "Inserted module '";
    /// It did not; module and reason follow (src/shared/module-util.c; 252 to 257).
    NOT_INSERTED = "Failed to insert module ";
    /// The same in older words (src/modules-load/modules-load.c; before 238).
    NOT_INSERTED_OLD = "Failed to insert ";
    /// There is no such module (src/shared/module-util.c; 252 to 257).
    NOT_FOUND = "Failed to find module ";
    /// The same in older words (src/modules-load/modules-load.c; before 238).
    NO_ALIAS = "Failed to lookup module alias ";

    /// A worker of udev's is busy for long (src/udev/udev-manager.c; 252 to 257).
    UDEV_SLOW = "is taking a long time";
    /// A program of a rule (src/udev/udev-spawn.c; 252 to 257).
    UDEV_PROCESS = "Process '";
    /// It failed; the status follows (src/udev/udev-spawn.c; 252 to 257).
    UDEV_FAILED = "' failed with exit code ";
}

/// How a line on a service goes on behind its name (src/core/unit.c, `log_unit_full`; 252 to
/// 257).
pub const OF_SERVICE: &str = ".service: ";
