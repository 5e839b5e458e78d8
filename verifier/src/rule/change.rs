//! What a fix changes, whoever makes the machine's files. The host tool turns it into
//! lines for one machine; the static verifier carries none of it.

/// One change of files, of the kernel command line or of units. A rule without one has
/// its fix in words only: hardware, firmware settings, another package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// The module gets this parameter at its next load: whatever sets it now, a file or
    /// the command line, says this instead (last setting wins, `reading::options`).
    Set {
        /// The module, in kernel spelling.
        module: &'static str,
        /// The parameter.
        name: &'static str,
        /// The value as it is written.
        value: &'static str,
    },
    /// The parameter that the finding names gets the value that is expected of it.
    SetExpected,
    /// The line or word that the finding points at is written as it was meant.
    Rewrite(Rewrite),
    /// The device node that the finding points at is made again by nvidia-modprobe.
    MakeNode,
    /// The root has the firmware that the finding points at unpacked, and the initrd too.
    Unpack,
    /// A file of /etc that is the owner's has this line; a softdep only where the module has
    /// none, since kmod takes the first alone (libkmod/libkmod-module.c, `lookup_softdep`).
    AddLine {
        /// The file, without the root's slash.
        file: &'static str,
        /// The line.
        line: &'static str,
    },
    /// The card of the only NVIDIA GPU gets a name of its own, by the udev rule [`CARD`],
    /// and the line that the finding points at says that name.
    NameCard,
    /// Nothing sets the parameter any more.
    Unset {
        /// The module, in kernel spelling.
        module: &'static str,
        /// The parameter.
        name: &'static str,
    },
    /// What the finding points at goes: its line of a file, or the module's name among
    /// those of a word, or the word.
    Drop,
    /// On the softdep line that the finding points at, each module of the stack that stands
    /// on the wrong side goes to the other one.
    OtherSide,
    /// The kernel command line gets a word.
    AddWord(&'static str),
    /// The initrd loads these, in this order.
    LoadEarly(&'static [&'static str]),
    /// The same, where nothing in the image asks for any module of the stack; an image
    /// that asks already lacks another build alone.
    AskEarly(&'static [&'static str]),
    /// No list of the initrd's maker names a module of the stack any more.
    LoadLate,
    /// The initrd holds the file that the finding points at, as the root has it, or the
    /// firmware that it names as its parameter.
    Bring,
    /// systemd-modules-load loads these from the real root.
    LoadAtBoot(&'static [&'static str]),
    /// The driver that the finding names as its module is not loaded by alias any more.
    KeepOut,
    /// These units are enabled.
    Enable(&'static [&'static str]),
    /// The initrd is built again.
    Rebuild,
    /// The driver's modules are built for the kernel that they are missing for or do not fit.
    BuildModules,
}

/// What is wrong with a line, and so how it is written again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rewrite {
    /// The parameter is set more than once: the setting that counts stays, alone.
    LastAlone,
    /// The parameter's name: the nearest one that its module has, or no such setting.
    Name,
    /// The module that is given the parameter: the one that has it.
    Owner,
    /// The value: the one that was meant, or no such setting.
    Value,
    /// The directive or the module's name of a line that kmod passes over.
    Spelling,
    /// The sides and blanks of a softdep.
    Softdep,
    /// Registry keys in several settings: all of them in one.
    RegistryKeys,
    /// vfio-pci's list of devices: without those of NVIDIA's GPUs.
    VfioIds,
}

/// The udev rule that names the card of the only NVIDIA GPU, for
/// `/dev/dri/nvidia-card`; udev reads the files by name, and 61 is behind systemd's own.
pub const CARD: (&str, &str) = (
    "etc/udev/rules.d/61-nvidia-card.rules",
    "SUBSYSTEM==\"drm\", KERNEL==\"card[0-9]*\", DRIVERS==\"nvidia\", SYMLINK+=\"dri/nvidia-card\"",
);

/// The driver's units that save video memory over sleep.
pub const SLEEP_UNITS: &[&str] =
    &["nvidia-suspend.service", "nvidia-hibernate.service", "nvidia-resume.service"];

/// The modules that draw, in load order; nvidia_uvm is for the real root.
pub const DRAWS: &[&str] = &["nvidia", "nvidia_modeset", "nvidia_drm"];
