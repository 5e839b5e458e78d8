//! What is put into an image: the static verifier and the owner's expectations,
//! both looked at before, because nobody can mend them in an initrd.

use super::hooks::exists;
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::regular;
use crate::source::files::Files;
use goblin::elf::Elf;
use goblin::elf::header::{EM_386, EM_AARCH64, EM_ARM, EM_PPC64, EM_RISCV, EM_X86_64};
use nvpreflight::evidence::expectations;
use nvpreflight::expect::Expectations;
use std::fs;
use std::path::{Path, PathBuf};

/// The verifier has about one megabyte; a file beyond this is another one.
const VERIFIER_MAX: u64 = 64 << 20;
const NAME: &str = "nvpreflight-verifier";

/// Dynamic loaders of glibc and musl by the architecture of the programs that they start
/// (glibc's shlib-versions; musl's configure, `LDSO_ARCH`).
const LOADERS: [(u16, [&str; 2]); 2] = [
    (EM_X86_64, ["lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1"]),
    (EM_AARCH64, ["lib/ld-linux-aarch64.so.1", "lib/ld-musl-aarch64.so.1"]),
];

/// The files.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The program.
    pub verifier: Vec<u8>,
    /// expect.json; `None` leaves what the image holds.
    pub expectations: Option<Vec<u8>>,
}

/// Reads and checks both.
///
/// # Errors
/// No verifier found, one that is no static program, or expectations that it
/// would refuse.
pub fn payload(given: Option<&Path>, expect: Option<&Path>) -> Result<Payload> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => find()?,
    };
    let verifier = read(&path, VERIFIER_MAX)?;
    is_static(&verifier).map_err(|why| {
        Error::new(format!("{} cannot run in an initrd: {why}", clean::path(&path)))
    })?;
    let expectations = expect.map(check).transpose()?;
    Ok(Payload { verifier, expectations })
}

fn check(path: &Path) -> Result<Vec<u8>> {
    let text = read(path, expectations::SIZE_MAX as u64)?;
    expectations::parse(&text, &mut Expectations::default())
        .map_err(|e| Error::new(format!("the verifier would reject {}: {e}", clean::path(path))))?;
    Ok(text)
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    regular::read(path, most)
}

/// Beside this program, where packages and cargo put it.
fn find() -> Result<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new(""));
    let tried = [
        folder.join(NAME),
        folder.join("../libexec/nvpreflight").join(NAME),
        folder.join("../verifier").join(NAME),
        Path::new("/usr/bin").join(NAME),
    ];
    match tried.iter().find(|path| fs::metadata(path).is_ok_and(|data| data.is_file())) {
        Some(path) => Ok(path.clone()),
        None => {
            let list: Vec<String> =
                tried.iter().map(|path| format!("\n  {}", clean::path(path))).collect();
            Err(Error::new(format!(
                "no static verifier found; give one with --verifier (`cargo \
                 verifier` builds it). Searched:{}",
                list.concat()
            )))
        }
    }
}

/// An initrd need not have the libraries of a dynamic program, nor its loader.
fn is_static(bytes: &[u8]) -> std::result::Result<(), String> {
    let elf = Elf::parse(bytes).map_err(|_| "it is not an ELF program".to_owned())?;
    if let Some(loader) = elf.interpreter {
        return Err(format!("it is dynamically linked and needs {}", loader.escape_default()));
    }
    if let Some(library) = elf.libraries.first() {
        return Err(format!("it is dynamically linked and needs {}", library.escape_default()));
    }
    Ok(())
}

/// Refuses a verifier for another architecture than this machine's.
///
/// # Errors
/// It is for another one.
pub fn runs_here(verifier: &[u8]) -> Result<()> {
    let here = match std::env::consts::ARCH {
        "x86_64" => EM_X86_64,
        "aarch64" => EM_AARCH64,
        "x86" => EM_386,
        "arm" => EM_ARM,
        "riscv64" => EM_RISCV,
        "powerpc64" => EM_PPC64,
        _ => return Ok(()),
    };
    match machine(verifier) {
        Some(other) if other != here => {
            Err(Error::new("the verifier is for another CPU architecture than this machine"))
        }
        _ => Ok(()),
    }
}

/// Refuses a verifier for another architecture than the programs of an image, which may be
/// that of another machine. An image tells its own by its dynamic loader; one without, or
/// with those of both, tells nothing.
///
/// # Errors
/// It is for another one, or the image cannot be read.
pub fn fits(verifier: &[u8], files: &dyn Files) -> Result<()> {
    let mut there = Vec::new();
    for (arch, loaders) in LOADERS {
        for loader in loaders {
            if exists(files, loader)? {
                there.push((arch, loader));
            }
        }
    }
    match (machine(verifier), there.first()) {
        (Some(own), Some((_, loader))) if there.iter().all(|(arch, _)| *arch != own) => {
            Err(Error::new(format!(
                "the verifier is for another CPU architecture than this image, whose programs \
                 are started by /{loader}: give one with --verifier"
            )))
        }
        _ => Ok(()),
    }
}

fn machine(bytes: &[u8]) -> Option<u16> {
    Some(Elf::parse(bytes).ok()?.header.e_machine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::Limits;
    use crate::source::dir::DirFiles;

    #[test]
    fn a_dynamic_program_is_no_verifier() {
        // The test program itself is linked dynamically.
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(is_static(&own).unwrap_err().contains("dynamically"));
        assert!(is_static(b"#!/bin/sh\n").is_err());
    }

    #[test]
    fn a_verifier_for_another_machine_than_the_images_is_refused() {
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(runs_here(&own).is_ok());
        let (here, other) = match std::env::consts::ARCH {
            "aarch64" => ("lib/ld-linux-aarch64.so.1", "lib64/ld-linux-x86-64.so.2"),
            _ => ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1"),
        };
        let of = |paths: &[&str]| {
            let root = crate::base::testing::root(
                &paths.iter().map(|path| (*path, "")).collect::<Vec<_>>(),
            );
            let files = DirFiles::open(root.path(), &Limits::DEFAULT).unwrap();
            fits(&own, &files).map_err(|why| why.to_string())
        };
        assert_eq!(of(&[here]), Ok(()));
        assert_eq!(of(&[here, other]), Ok(()));
        assert_eq!(of(&["bin/busybox"]), Ok(()), "nothing tells");
        assert!(of(&[other]).unwrap_err().contains(&format!("started by /{other}")));
    }

    #[test]
    fn expectations_that_the_verifier_would_refuse_are_refused_here() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("expect.json");
        fs::write(&path, "{\"version\":1,\"colour\":1}").unwrap();
        assert!(check(&path).unwrap_err().to_string().contains("unknown key"));
        fs::write(&path, "{\"version\":1,\"goals\":[\"wayland\"]}").unwrap();
        assert!(check(&path).is_ok());
    }
}
