//! What starts the verifier in an initrd, by the kind of its init. It only makes
//! files for the segment; nothing of the image is changed by it.

use super::place::{Segment, directory, follow};
use crate::base::error::{Error, Result};
use crate::source::files::Files;
pub use nvpreflight::evidence::expectations::FILE as EXPECTATIONS;
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Kind, TreeExt};
use std::fmt;

/// Where the verifier lies in the initrd; the hooks name it.
pub const VERIFIER: &str = "usr/bin/nvpreflight-verifier";
/// The program to name in `rdinit=` where nothing else starts the verifier.
pub const RDINIT: &str = "nvpreflight-init";

const UNIT: &str = "nvpreflight-initrd.service";
const UNIT_TEXT: &str = include_str!("../../../../verifier/dist/nvpreflight-initrd.service");
const PREMOUNT: &str = "scripts/init-premount";
const PREMOUNT_TEXT: &str =
    include_str!("../../../../verifier/dist/initramfs-tools/scripts/init-premount/nvpreflight");
/// mkinitcpio's own init sources this file of its image for the names of its hooks.
const MKINITCPIO_CONFIG: &str = "config";
const MKINITCPIO_TEXT: &str =
    include_str!("../../../../verifier/dist/mkinitcpio/hooks/nvpreflight");
const DRACUT_TEXT: &str = include_str!("dracut.sh");
const RDINIT_TEXT: &str = include_str!("rdinit.sh");
/// Where dracut keeps its hooks; the first is the newer one (dracut 104,
/// dracut-lib.sh `hookdir`).
const DRACUT_HOOKS: [&str; 3] =
    ["var/lib/dracut/hooks", "usr/lib/dracut/hooks", "lib/dracut/hooks"];

/// What runs as the first process of an initrd.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Init {
    /// systemd, by a link from /init: dracut, mkinitcpio, mkosi, NixOS.
    Systemd,
    /// dracut's shell script; the folder of its hooks.
    Dracut(String),
    /// The shell script of initramfs-tools.
    InitramfsTools,
    /// mkinitcpio's own shell script, of an image without its systemd hook.
    Mkinitcpio,
    /// Something else; whether it has a shell for a wrapper.
    Other {
        /// True when /bin/sh is there.
        shell: bool,
    },
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd",
            Self::Dracut(_) => "dracut",
            Self::InitramfsTools => "initramfs-tools",
            Self::Mkinitcpio => "mkinitcpio",
            Self::Other { .. } => "rdinit",
        })
    }
}

impl Init {
    /// What /init of this image is. The kernel runs that path unless `rdinit=`
    /// names another (init/main.c ramdisk_execute_command).
    ///
    /// # Errors
    /// An image without /init, or one that cannot be read.
    pub fn of(files: &dyn Files) -> Result<Self> {
        let (init, kind) = follow(files, "init")?;
        match kind {
            Some(Kind::File) => {}
            Some(_) => return Err(Error::new("/init of this image is not a program")),
            None => {
                return Err(Error::new(
                    "this image has no /init, so the kernel would not run it as an initrd",
                ));
            }
        }
        if init.rsplit('/').next() == Some("systemd") {
            return Ok(Self::Systemd);
        }
        for hooks in DRACUT_HOOKS {
            if exists(files, &format!("{hooks}/pre-mount"))? {
                return Ok(Self::Dracut(hooks.to_owned()));
            }
        }
        if exists(files, "scripts/functions")? && exists(files, "conf/initramfs.conf")? {
            return Ok(Self::InitramfsTools);
        }
        if exists(files, "init_functions")? && exists(files, MKINITCPIO_CONFIG)? {
            return Ok(Self::Mkinitcpio);
        }
        Ok(Self::Other { shell: exists(files, "bin/sh")? })
    }

    /// Adds what starts the verifier to the segment. Returns what was done, for
    /// people.
    ///
    /// # Errors
    /// An image in which no way of starting it is known, or whose files cannot
    /// be read.
    pub fn hook(&self, files: &dyn Files, segment: &mut Segment<'_>) -> Result<String> {
        match self {
            Self::Systemd => systemd(segment),
            Self::Dracut(hooks) => {
                let path = format!("{hooks}/pre-mount/50-nvpreflight.sh");
                let at = segment.file(&path, 0o755, DRACUT_TEXT.into())?;
                Ok(format!("dracut sources {at} before it mounts the root"))
            }
            Self::InitramfsTools => initramfs_tools(files, segment),
            Self::Mkinitcpio => mkinitcpio(files, segment),
            Self::Other { shell: true } => {
                // A shell gives what it starts in the background /dev/null to read,
                // and starts nothing without (dash and busybox ash, forkchild).
                segment.dev_null()?;
                segment.file(RDINIT, 0o755, RDINIT_TEXT.into())?;
                Ok(format!(
                    "add rdinit=/{RDINIT} to the kernel command line, and take it off before the \
                     image is rebuilt: without the file the kernel does not start the image"
                ))
            }
            Self::Other { shell: false } => Err(Error::new(
                "cannot start the verifier in this image: its init is not \
                 systemd, dracut or initramfs-tools, and it has no /bin/sh for a wrapper; \
                 add the verifier with the initrd generator",
            )),
        }
    }
}

fn systemd(segment: &mut Segment<'_>) -> Result<String> {
    // Units below /etc are found by every build of systemd (systemd.unit(5)),
    // and on NixOS it is the only folder that is.
    let folder = "etc/systemd/system";
    let at = segment.file(&format!("{folder}/{UNIT}"), 0o644, UNIT_TEXT.into())?;
    segment.link(&format!("{folder}/initrd.target.wants/{UNIT}"), &format!("../{UNIT}"))?;
    Ok(format!("initrd.target wants {at}"))
}

/// mkinitramfs writes the order of a folder's scripts into its file ORDER, and
/// init runs nothing else (initramfs-tools, scripts/functions run_scripts). So
/// the file has to be written anew, whole.
fn initramfs_tools(files: &dyn Files, segment: &mut Segment<'_>) -> Result<String> {
    let order = format!("{PREMOUNT}/ORDER");
    let mut text = match files.load(order.as_bytes()) {
        Seen::Yes(bytes) => bytes.into_owned(),
        Seen::Absent => Vec::new(),
        _ => return Err(Error::new(format!("cannot read {order} of this image"))),
    };
    let call = format!("/{PREMOUNT}/nvpreflight \"$@\"\n");
    if !contains(&text, call.as_bytes()) {
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend_from_slice(call.as_bytes());
        text.extend_from_slice(b"[ -e /conf/param.conf ] && . /conf/param.conf\n");
    }
    let at = segment.file(&format!("{PREMOUNT}/nvpreflight"), 0o755, PREMOUNT_TEXT.into())?;
    segment.file(&order, 0o644, text)?;
    Ok(format!("init runs {at}, the last of {order}"))
}

/// Init sources `/config` and runs what `HOOKS` names there (mkinitcpio init,
/// init_functions `run_hookfunctions`): one line more makes the verifier the last.
fn mkinitcpio(files: &dyn Files, segment: &mut Segment<'_>) -> Result<String> {
    let mut text = match files.load(MKINITCPIO_CONFIG.as_bytes()) {
        Seen::Yes(bytes) => bytes.into_owned(),
        _ => return Err(Error::new(format!("cannot read {MKINITCPIO_CONFIG} of this image"))),
    };
    let line = "HOOKS=\"$HOOKS nvpreflight\"\n";
    if !contains(&text, b"nvpreflight") {
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend_from_slice(line.as_bytes());
    }
    let at = segment.file("hooks/nvpreflight", 0o755, MKINITCPIO_TEXT.into())?;
    segment.file(MKINITCPIO_CONFIG, 0o644, text)?;
    Ok(format!("init runs {at}, the last of HOOKS in {MKINITCPIO_CONFIG}"))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

pub(super) fn exists(files: &dyn Files, path: &str) -> Result<bool> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = directory(files, folder);
    // A way that leads through a file leads nowhere.
    let Ok(folder) = folder else { return Ok(false) };
    match files.exists(&if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }) {
        Seen::Yes(there) => Ok(there),
        Seen::Absent => Ok(false),
        _ => Err(Error::new(format!("unknown whether this image has {path}"))),
    }
}
