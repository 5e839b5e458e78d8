//! What the emulated host must show, case by case: exit status and words. It lists
//! and never looks.

/// One boot of the emulated host.
pub struct Part {
    /// Name in the results.
    pub name: &'static str,
    /// Script of `guest/nested/` that runs the cases.
    pub script: &'static str,
    /// Words of the kernel's command line.
    pub cmdline: &'static str,
    /// What must come of it.
    pub cases: &'static [Case],
}

/// One case.
pub struct Case {
    /// Name of its frames.
    pub name: &'static str,
    /// Exit status of its command.
    pub status: i32,
    /// Texts that its stdout or stderr must have, each whole.
    pub says: &'static [&'static str],
}

const fn case(name: &'static str, status: i32, says: &'static [&'static str]) -> Case {
    Case { name, status, says }
}

/// The card's drivers as the host's owner has them.
const AT_HOME: &[&str] = &["0000:01:00.0 nvidia\n0000:01:00.1 \n0000:01:00.2 xhci_hcd\n"];
const AWAY: &[&str] = &["0000:01:00.0 vfio-pci\n0000:01:00.1 vfio-pci\n0000:01:00.2 vfio-pci\n"];
const UNTOUCHED: &[&str] = &["0000:01:00.0 \n0000:01:00.1 \n0000:01:00.2 \n"];

/// Every boot, the whole one first.
pub const PARTS: [Part; 4] = [
    Part {
        name: "whole",
        script: "whole",
        cmdline: "intel_iommu=on",
        cases: &[
            case("lit-display", 2, &["0000:01:00.0 is not taken", "is showing a picture"]),
            case("list", 0, &["\"format\": \"nvpreflight-passthrough\""]),
            case("boot-vga", 2, &["firmware and console use this GPU (boot_vga)"]),
            case("group-not-viable", 2, &["has 0000:02:02.0 too (other, driver none)"]),
            case("not-nvidia", 2, &["0000:00:1f.0 is of vendor 8086, not NVIDIA"]),
            case("no-such-function", 2, &["there is no PCI function 0000:0f:00.0"]),
            case("audio-function", 2, &["the card's audio function", "name the GPU"]),
            case("hostile-address", 64, &["is no PCI address"]),
            case("too-little-memory", 2, &["a guest of 65536 MiB, which VFIO pins, needs 65792"]),
            case(
                "without-the-word",
                2,
                &[
                    "take 0000:01:00.0 from nvidia to vfio-pci",
                    "give 0000:01:00.1 to vfio-pci",
                    "nothing was changed: say --i-own-this-gpu",
                ],
            ),
            case("busy", 2, &["sleep (process", "has /dev/dri/card0 open"]),
            case("untouched", 0, AT_HOME),
            case("passthrough", 0, &["0000:01:00.0: is back, driver nvidia"]),
            case("given-back", 0, AT_HOME),
            case("modules-back", 0, &["1\n"]),
            case("taken-twice", 2, &["another nvpreflight-boot has a card at present"]),
            case("restore-while-held", 2, &["another nvpreflight-boot has a card at present"]),
            case("signal", 2, &["ended by signal 15", "0000:01:00.2: is back, driver xhci_hcd"]),
            case("after-signal", 0, AT_HOME),
            case("after-kill", 0, AWAY),
            case("not-back-yet", 2, &["is not back: `nvpreflight-boot passthrough restore`"]),
            case(
                "restore-in-use",
                1,
                &["is in use: end the virtual machine first", "NOT as it was"],
            ),
            case("after-restore-in-use", 0, AWAY),
            case(
                "restore",
                0,
                &[
                    "0000:01:00.1: is back, without a driver",
                    "0000:01:00.0: is back, driver nvidia",
                ],
            ),
            case("after-restore", 0, AT_HOME),
            case("restore-again", 0, &["nothing to restore"]),
            case("set-aside", 0, AWAY),
            case("no-permission", 2, &["may not be opened; as root: chown USER /dev/vfio/"]),
            case("memlock", 2, &["256 MiB may be locked and a guest of 256 MiB needs 320"]),
            case("unprivileged", 0, &["nothing to do: all of it is on vfio-pci", "\"SHUTDOWN\""]),
            case("held-by-guest", 2, &["another guest has the card"]),
        ],
    },
    Part {
        name: "users-run",
        script: "users-run",
        cmdline: "intel_iommu=on",
        cases: &[
            case("without-the-word", 2, &["nothing was changed: say --i-own-this-gpu"]),
            case(
                "run",
                0,
                &[
                    "take 0000:01:00.0 from nvidia to vfio-pci",
                    "card0 with 1 connector",
                    "initrd: ok",
                    "0000:01:00.0: is back, driver nvidia",
                ],
            ),
            case("given-back", 0, AT_HOME),
        ],
    },
    Part {
        name: "no-iommu",
        script: "no-isolation",
        cmdline: "intel_iommu=off",
        cases: &[
            case("refused", 2, &["no IOMMU is in use: switch on VT-d or AMD-Vi"]),
            case("untouched", 0, UNTOUCHED),
        ],
    },
    Part {
        name: "no-interrupt-remapping",
        script: "no-isolation",
        cmdline: "intel_iommu=on intremap=off",
        cases: &[
            case("refused", 2, &["interrupts are not remapped, and VFIO refuses that"]),
            case("untouched", 0, UNTOUCHED),
        ],
    },
];
