//! The compressors of distributions, as their generators call them. They run
//! where they are installed; a missing one is no error.

use anyhow::{Context, Result, ensure};
use nvpreflight_harness::base::cache_key::Ingredients;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A compressor: its name, and what is called.
#[derive(Clone, Copy, Debug)]
pub struct Packer(&'static str, &'static [&'static str]);

/// zstd, which most distributions have chosen.
pub const ZSTD: Packer = Packer("zstd", &["zstd", "-q", "-3"]);

/// As dracut.sh calls them (`--check=crc32`, `-l`), so that the kernel takes what
/// they make; levels are cheap ones.
pub const USUAL: [Packer; 4] = [
    ZSTD,
    Packer("gzip", &["gzip", "-n"]),
    Packer("xz", &["xz", "--check=crc32", "--lzma2=preset=0,dict=1MiB"]),
    Packer("lz4", &["lz4", "-q", "-l", "-1"]),
];

/// The same of those that are slow or seldom met.
pub const SELDOM: [Packer; 2] =
    [Packer("lzma", &["xz", "--format=lzma", "-0"]), Packer("bzip2", &["bzip2", "-9"])];

impl Packer {
    /// Name of the form.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Packs `from` into a file in `folder`, which is named after its path, time and
    /// arguments and kept; None where the compressor is not installed.
    pub fn pack(self, from: &Path, folder: &Path) -> Result<Option<PathBuf>> {
        let Self(name, command) = self;
        let (program, arguments) = command.split_first().context("a packer without a program")?;
        let changed = format!("{:?}", fs::metadata(from)?.modified()?);
        let key = Ingredients::of("packed 1")
            .with(from.as_os_str().as_encoded_bytes())
            .with(changed.as_bytes())
            .with(command.join(" ").as_bytes())
            .name();
        let to = folder.join(format!("packed-{key}.{name}"));
        if to.exists() {
            return Ok(Some(to));
        }
        let making = to.with_extension("new");
        let ended = Command::new(program)
            .args(arguments)
            .arg("-c")
            .stdin(File::open(from)?)
            .stdout(File::create(&making)?)
            .stderr(Stdio::null())
            .status();
        match ended {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            ended => ensure!(ended?.success(), "{program} cannot pack `{}`", from.display()),
        }
        fs::rename(&making, &to)?;
        Ok(Some(to))
    }
}
