//! The processor architecture of a guest, and the names and words that follow from it:
//! Debian's, GNU's, QEMU's, the kernel's. It knows no file and starts nothing.

use serde::Deserialize;
use std::fmt;

/// What a guest is made for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Arch {
    /// PCs.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit Arm: Grace, DGX Spark, Ampere Altra.
    #[serde(rename = "aarch64")]
    Aarch64,
}

impl Arch {
    /// What this machine itself is; None where it is neither.
    #[must_use]
    pub fn host() -> Option<Self> {
        [Self::X86_64, Self::Aarch64].into_iter().find(|arch| arch.name() == std::env::consts::ARCH)
    }

    /// Whether programs of this architecture run here as they are.
    #[must_use]
    pub fn runs_here(self) -> bool {
        Self::host() == Some(self)
    }

    /// As `uname -m`, Rust and QEMU call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    /// As Debian calls it (dpkg-architecture(1)); its generic kernel ends in it.
    #[must_use]
    pub fn debian(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
        }
    }

    /// The prefix of its cross compiler, and the folder of its libraries in Debian.
    #[must_use]
    pub fn gnu(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-linux-gnu",
            Self::Aarch64 => "aarch64-linux-gnu",
        }
    }

    /// The dynamic loader of glibc (its sysdeps/unix/sysv/linux/*/shlib-versions).
    #[must_use]
    pub fn loader(self) -> &'static str {
        match self {
            Self::X86_64 => "/lib64/ld-linux-x86-64.so.2",
            Self::Aarch64 => "/lib/ld-linux-aarch64.so.1",
        }
    }

    /// QEMU's machine with PCI Express.
    #[must_use]
    pub fn machine(self) -> &'static str {
        match self {
            Self::X86_64 => "q35",
            Self::Aarch64 => "virt",
        }
    }

    /// A processor that QEMU emulates for it. QEMU 7.2's emulation of cmpxchg16b leaves
    /// wrong flags behind and kernels of the 6.12 age die of it at random, so the
    /// instruction is hidden. The Arm core is one without pointer authentication, whose
    /// emulation takes most of a boot's time.
    #[must_use]
    pub fn emulated_processor(self) -> &'static str {
        match self {
            Self::X86_64 => "qemu64,-cx16",
            Self::Aarch64 => "cortex-a57",
        }
    }

    /// QEMU's display adapter that the guests show as an NVIDIA GPU. Debian's QEMU for Arm
    /// comes without QXL. For `vfio`, vfio-pci is to take it: that wants a VGA function to
    /// be known to the VGA arbiter, which took note of the classes before they were changed
    /// (drivers/vfio/pci/vfio_pci_core.c, `vfio_pci_vga_init`).
    #[must_use]
    pub fn display_adapter(self, vfio: bool) -> &'static str {
        match (self, vfio) {
            (Self::X86_64, false) => "qxl",
            (Self::X86_64, true) => "qxl-vga",
            (Self::Aarch64, _) => "bochs-display",
        }
    }

    /// Its ids as parameters of `pcispoof`, which knows QXL by itself.
    #[must_use]
    pub fn adapter_ids(self) -> &'static str {
        match self {
            Self::X86_64 => "",
            Self::Aarch64 => " from_vendor=0x1234 from_device=0x1111",
        }
    }

    /// QEMU's arguments for an IOMMU. VFIO takes a device only behind one that keeps
    /// caches coherent (drivers/vfio/vfio_main.c, IOMMU_CAP_CACHE_COHERENCY).
    #[must_use]
    pub fn iommu(self) -> [&'static str; 2] {
        match self {
            Self::X86_64 => ["-device", "intel-iommu,snoop-control=on"],
            Self::Aarch64 => ["-machine", "iommu=smmuv3"],
        }
    }

    /// The kernel's words that switch that IOMMU on.
    #[must_use]
    pub fn iommu_words(self) -> &'static str {
        match self {
            Self::X86_64 => "intel_iommu=on",
            Self::Aarch64 => "",
        }
    }

    /// QEMU's arguments for ways out of a guest beside its console, to the character devices
    /// `serial` (an 8250) and, on x86, `debug` (the debug port).
    #[must_use]
    pub fn ways_out(self) -> &'static [&'static str] {
        match self {
            Self::X86_64 => {
                &["-serial", "chardev:serial", "-device", "isa-debugcon,iobase=0xe9,chardev=debug"]
            }
            Self::Aarch64 => &["-device", "pci-serial,chardev=serial"],
        }
    }

    /// The minor number of that 8250, of major 4: ttyS1 beside a console that is ttyS0,
    /// and ttyS0 where the console is no 8250 (Documentation/admin-guide/devices.txt).
    #[must_use]
    pub fn serial_minor(self) -> u32 {
        match self {
            Self::X86_64 => 65,
            Self::Aarch64 => 64,
        }
    }

    /// The kernel's words that every boot has: its console, and on x86
    /// `no_timer_check`, since under load the emulated timer fails the kernel's test at
    /// random.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::X86_64 => "console=ttyS0 no_timer_check",
            Self::Aarch64 => "console=ttyAMA0",
        }
    }

    /// The environment variable that names a QEMU for it.
    #[must_use]
    pub fn qemu_variable(self) -> &'static str {
        match self {
            Self::X86_64 => "NVPREFLIGHT_QEMU",
            Self::Aarch64 => "NVPREFLIGHT_QEMU_AARCH64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
