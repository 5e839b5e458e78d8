//! Cases of NVP527: what it tells and what it leaves alone.

use super::RULE;
use crate::testing::{Case, fires, quiet};

fn said(by: &str, text: &str) -> Case {
    Case::journal(&std::format!("<30>[   55.100000] {by}[9]: {text}"))
}

#[test]
fn each_program_is_told_with_what_its_words_show() {
    for text in [
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        "initialization error: nvml error: driver not loaded",
        "(EE) NVIDIA: Failed to initialize the NVIDIA kernel module. Please see the",
    ] {
        fires(
            &RULE,
            said("program", text),
            "NVP527 error: a program found no NVIDIA driver in the kernel: the module is not \
             loaded, and nothing here tells why",
        );
    }
    fires(
        &RULE,
        said("Xorg", "(EE) NVIDIA(GPU-0): Failed to initialize the NVIDIA GPU at PCI:82:0:0."),
        "NVP527 error: Xorg could not start a GPU that the driver has: the kernel log of that \
         second tells why",
    );
    fires(
        &RULE,
        said(
            "optirun",
            "[ERROR]error: [XORG] (EE) Failed to load module \"nvidia\" (module does not exist, 0)",
        ),
        "NVP527 error: Xorg did not find NVIDIA's driver for it (nvidia_drv.so): that part of the \
         driver is not installed, or Xorg looks in another folder",
    );
    fires(
        &RULE,
        said("nvidia-smi", "No devices were found"),
        "NVP527 error: the driver is loaded and has no GPU that works: its lines in the kernel \
         log tell why",
    );
    fires(
        &RULE,
        Case::journal(
            "<30>[   55.100000] a report: names NVIDIA: a GTX 1650 here\n\
             <30>[   55.100000] Hyprland[9]: [backend/backend.c:217] Found 0 GPUs, cannot \
             create backend",
        ),
        "NVP527 warning: a compositor found no GPU with KMS on: nvidia_drm is missing, its KMS \
         is off, or it came later",
    );
}

#[test]
fn a_screen_without_a_display_and_a_container_without_a_driver_are_told() {
    fires(
        &RULE,
        said(
            "Xorg",
            "(EE) NVIDIA(0): Failed to assign any connected display devices to X screen 0",
        ),
        "NVP527 error: Xorg has the GPU and found no display on it: its outputs are empty, or \
         belong to another GPU",
    );
    fires(
        &RULE,
        said("docker", "nvidia-container-cli: initialization error: cuda error: unknown error"),
        "NVP527 error: a container's runtime could not start the driver: the host's kernel log of \
         that second tells why",
    );
}

#[test]
fn a_driver_that_came_and_another_makers_gpu_are_quiet() {
    let and = |line: &str, text: &str| {
        Case::journal(&std::format!("[    4.100000] {line}\n<30>[   55.100000] program[9]: {text}"))
    };
    quiet(&RULE, and("NVRM: loading NVIDIA UNIX", "nvml error: driver not loaded"));
    quiet(
        &RULE,
        and("[drm] Initialized amdgpu 3.64.0 for 0000:05:00.0 on minor 0", "No GPUs found"),
    );
    quiet(&RULE, said("nvidia-smi", "all is well"));
    // Xorg tries it for any GPU of NVIDIA's, and takes another driver.
    quiet(&RULE, said("Xorg", "(EE) Failed to load module \"nvidia\" (module does not exist, 0)"));
    // A board without a GPU of NVIDIA's, of which nobody speaks.
    quiet(&RULE, said("sway", "[backend/backend.c:217] Found 0 GPUs, cannot create backend"));
}

#[test]
fn a_gpu_on_the_bus_makes_a_compositors_word_concern_nvidia() {
    fires(
        &RULE,
        Case::pre_display(&crate::testing::unbound_gpu())
            .and(
                "dmesg = <30>[   55.100000] sway[9]: [backend/backend.c:217] Found 0 GPUs, cannot \
                 create backend\nproc/modules ?\n",
            )
            .of_log(),
        "NVP527 warning: a compositor found no GPU with KMS on: nvidia_drm is missing, its KMS \
         is off, or it came later",
    );
}

#[test]
fn a_table_of_gpus_answers_what_was_said_before_it_and_nothing_later() {
    let none = "<30>[   55.100000] nvidia-smi[9]: No devices were found\n";
    let table = |time: u8| {
        std::format!(
            "<30>[   {time}.100000] nvidia-smi: NVIDIA-SMI 550.163.01  Driver Version: 550.163.01\n"
        )
    };
    quiet(&RULE, Case::journal(&[none, &table(60)].concat()));
    fires(
        &RULE,
        Case::journal(&[&table(50), none].concat()),
        "NVP527 error: the driver is loaded and has no GPU that works: its lines in the kernel log \
         tell why",
    );
}

#[test]
fn a_daemon_that_was_started_again_and_a_screen_of_another_driver_are_told_apart() {
    let unit =
        "<30>[    9.110000] systemd[1]: nvidia-persistenced.service: Failed with result 'x'.\n";
    let failed =
        "<30>[    9.100000] nvidia-persistenced[9]: Failed to query NVIDIA devices. Please\n";
    let ready = "<30>[    9.900000] nvidia-persistenced[12]: Local RPC services initialized\n";
    let told = |lines: &[&str], what: &str| {
        fires(&RULE, Case::journal(&lines.concat()), &std::format!("NVP527 {what}"));
    };
    let none = "error: a program found no NVIDIA driver in the kernel: the module is not loaded, and \
                nothing here tells why";
    told(&[failed, unit], none);
    quiet(&RULE, Case::journal(&[failed, unit, ready].concat()));
    let loaded = "[    3.100000] NVRM: loading NVIDIA UNIX\n";
    let nobody =
        "<30>[    9.100000] nvidia-persistenced[9]: Failed to find user ID of user 'x': Success\n";
    let user = "warning: the driver's persistence daemon has no user to run as: a package's removal \
                took it away";
    told(&[loaded, nobody, unit], user);
    let glx = "<30>[   26.751000] Xorg[9]: (EE) Failed to initialize GLX extension (Compatible NVIDIA X \
               driver not found)\n";
    let other = "Xorg has NVIDIA's part of GLX and another driver: nvidia is not loaded, or Xorg was told \
                 to take another one";
    told(&[glx], &std::format!("error: {other}"));
    told(&[loaded, glx], &std::format!("warning: {other}"));
    let device = "<30>[   55.100000] nvidia-smi[9]: No devices were found\n";
    let gpu = "error: the driver is loaded and has no GPU that works: its lines in the kernel log tell why";
    told(&[loaded, glx, device], gpu);
}

#[test]
fn a_settings_program_without_its_x_server_is_no_fault_of_a_driver_that_answers() {
    let failed = "<30>[   55.100000] nvidia-settings[9]: ERROR: Unable to load info from any \
                  available system\n";
    let smi = "<30>[   56.100000] nvidia-smi: Driver Version                      : 410.93\n";
    quiet(&RULE, Case::journal(&[failed, smi].concat()));
}

#[test]
fn an_error_of_xorgs_on_a_screen_that_came_up_is_quiet_and_on_another_one_told() {
    let failed = "[    3.100000] NVRM: loading NVIDIA UNIX\n\
                  <30>[   55.100000] Xorg[9]: (EE) NVIDIA(0): Failed to initiate mode change.\n\
                  <30>[   55.100000] Xorg[9]: (EE) NVIDIA(0): Failed to complete mode change\n";
    let up = |screen: &str| {
        Case::journal(&std::format!(
            "{failed}<30>[   55.200000] Xorg[9]: (==) NVIDIA({screen}): DPMS enabled\n"
        ))
    };
    let told = "NVP527 error: Xorg's NVIDIA driver could not set a mode: the lines around it, or \
                the kernel log of that second, tell more";
    quiet(&RULE, up("0"));
    fires(&RULE, up("1"), told);
    fires(&RULE, Case::journal(failed), told);
}

#[test]
fn xorgs_nouveau_without_one_in_the_kernel_is_an_error_only_where_xorg_gave_up() {
    let none = "<30>[   55.100000] Xorg[9]: (EE) [drm] KMS not enabled\n";
    let says = |severity: &str| {
        std::format!(
            "NVP527 {severity}: Xorg's driver for nouveau found no nouveau in the kernel: it did \
             not load, or KMS is off (nomodeset); nothing here tells which"
        )
    };
    fires(&RULE, Case::journal(none), &says("note"));
    let gave_up = "<30>[   55.200000] Xorg[9]: (EE) no screens found(EE)\n";
    fires(&RULE, Case::journal(&[none, gave_up].concat()), &says("error"));
    let other = "[    3.100000] NVRM: loading NVIDIA UNIX\n";
    quiet(&RULE, Case::journal(&[other, none].concat()));
}
