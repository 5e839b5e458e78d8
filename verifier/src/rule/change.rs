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
}

/// The modules that draw, in load order; nvidia_uvm is for the real root.
pub const DRAWS: &[&str] = &["nvidia", "nvidia_modeset", "nvidia_drm"];
