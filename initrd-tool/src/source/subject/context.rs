//! What the options say of a subject, read; and values that may also name a file: the
//! kernel's release, the kernel command line.

use super::{Subject, SubjectArgs};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::regular;
use crate::source::dir::DirFiles;
use crate::source::image::kernel_release;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Longest command line read from a file; Linux takes at most 4096 bytes.
const CMDLINE_MAX: u64 = 64 << 10;

/// What the options say, read.
pub(crate) struct Context {
    /// The root beside an image.
    pub(crate) root: Option<DirFiles>,
    /// The same where it shows hardware.
    pub(crate) hardware: Option<DirFiles>,
    /// The release of the kernel.
    pub(crate) kernel: Option<String>,
    /// The kernel command line.
    pub(crate) cmdline: Option<Vec<u8>>,
}

impl Context {
    /// Reads them.
    ///
    /// # Errors
    /// Options that do not belong to the subject, and what cannot be read.
    pub(crate) fn read(args: &SubjectArgs, subject: &Subject, limits: &Limits) -> Result<Self> {
        let own = matches!(subject, Subject::Running(_) | Subject::Saved(_) | Subject::Log(_));
        let log = matches!(subject, Subject::Log(_));
        let beside = [
            ("--root", args.root.is_some()),
            ("--kernel", args.kernel.is_some()),
            ("--cmdline", args.cmdline.is_some() && !log),
        ];
        if let Some((name, _)) = beside.iter().find(|(_, given)| own && *given) {
            let what = "the running system, saved facts and logs already contain it";
            return Err(Error::usage(format!(
                "{name} only works with an image or a directory: {what}"
            )));
        }
        let root = args.root.as_deref().map(|root| DirFiles::open(root, limits)).transpose()?;
        // Only the running system's sys/ shows hardware.
        let hardware = args.root.as_deref().filter(|root| *root == Path::new("/"));
        let hardware = hardware.map(|root| DirFiles::open(root, limits)).transpose()?;
        let kernel = args.kernel.as_deref().map(release).transpose()?;
        let cmdline = args.cmdline.as_deref().map(cmdline).transpose()?;
        Ok(Self { root, hardware, kernel, cmdline })
    }
}

/// The command line: the text, or what `@FILE` holds.
///
/// # Errors
/// A file that cannot be read or is too long.
pub fn cmdline(value: &OsStr) -> Result<Vec<u8>> {
    let Some(path) = value.as_bytes().strip_prefix(b"@") else {
        return Ok(value.as_bytes().to_vec());
    };
    let path = Path::new(OsStr::from_bytes(path));
    let mut bytes = regular::read(path, CMDLINE_MAX)?;
    while bytes.last().is_some_and(|last| matches!(last, b'\n' | b'\0')) {
        bytes.pop();
    }
    Ok(bytes)
}

/// The release: the text, or what a kernel file says of itself.
///
/// # Errors
/// A kernel file that cannot be read or tells no release.
pub fn release(value: &OsStr) -> Result<String> {
    let path = Path::new(value);
    if !value.as_bytes().contains(&b'/') && !path.is_file() {
        let text = value.to_str().filter(|text| !text.is_empty());
        return text
            .map(str::to_owned)
            .ok_or_else(|| Error::usage("the kernel release is empty or not UTF-8"));
    }
    kernel_release(path)?.filter(|release| !release.is_empty()).ok_or_else(|| {
        let path = clean::path(path);
        Error::new(format!("{path} contains no kernel release: give it as text instead"))
    })
}
