//! The options by which a command is told what to look at and what is wanted of
//! it. They only name things; `look` reads them.

use crate::base::error::Error;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use nvpreflight::expect::Goal;
use nvpreflight::finding::Severity;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What to look at, and what is known beside it.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SubjectArgs {
    /// An initrd image, a unified kernel image, a directory, `/` for the running
    /// system, saved facts, or a log: dmesg, a journal, a bug report; `-` for standard
    /// input; facts and logs may be packed [default: the initrd that the next boot takes, else the one of this boot]
    #[arg(value_name = "SUBJECT")]
    pub subject: Option<PathBuf>,
    /// The root file system that the image belongs to
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The kernel that will run it: a release, or a kernel file
    #[arg(long, value_name = "RELEASE|FILE")]
    pub kernel: Option<OsString>,
    /// The kernel command line it will get, or @FILE [default: with --root, that of the
    /// boot loader's entry for the image, else of etc/kernel/cmdline, else of this boot]
    #[arg(long, value_name = "TEXT|@FILE")]
    pub cmdline: Option<OsString>,
    /// Which boot of a log or, without SUBJECT, of this machine's journal: 0 the
    /// last one, -1 the one before, 1 the oldest, or a boot ID
    #[arg(long, value_name = "BOOT", allow_hyphen_values = true)]
    pub boot: Option<String>,
    /// A file or directory that belongs to the log: lsmod, modprobe.d, lspci
    /// -nnk, the command line, another log; repeatable
    #[arg(long, value_name = "PATH")]
    pub with: Vec<PathBuf>,
    /// Expectations [default: etc/nvpreflight/expect.json of the subject, then of
    /// the root]
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// What the machine is for, in addition to the expectations; repeatable, or a
    /// list with commas
    #[arg(long, value_name = "GOAL", value_delimiter = ',', value_parser = goals(), hide_possible_values = true)]
    pub goal: Vec<Goal>,
}

impl SubjectArgs {
    /// Refuses an output that would replace what is looked at, by whatever name.
    ///
    /// # Errors
    /// The output is the subject, or one of the files beside it.
    pub fn spare(&self, output: &Path) -> crate::base::error::Result<()> {
        let identity = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
        let Some(target) = identity(output) else { return Ok(()) };
        let read = self.subject.iter().chain(&self.with).chain(&self.expect);
        if read.map(PathBuf::as_path).any(|path| identity(path) == Some(target)) {
            let name = crate::base::clean::path(output);
            return Err(Error::usage(format!("{name} is the input, and is not replaced")));
        }
        Ok(())
    }
}

/// Parses a goal's name; a shell completes the names.
pub fn goals() -> impl TypedValueParser<Value = Goal> {
    PossibleValuesParser::new(Goal::ALL.map(|(_, name)| name))
        .try_map(|name| Goal::named(&name).ok_or("no goal of that name"))
}

/// Parses a severity's name; a shell completes the names.
pub fn severities() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["error", "warning", "note"])
        .try_map(|name| Severity::named(&name).ok_or("no severity of that name"))
}
