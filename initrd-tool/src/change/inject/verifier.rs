//! What is put into an image: the static verifier and the owner's expectations,
//! both looked at before, because nobody can mend them in an initrd.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::regular;
use goblin::elf::Elf;
use goblin::elf::header::{EM_386, EM_AARCH64, EM_ARM, EM_PPC64, EM_RISCV, EM_X86_64};
use nvpreflight::evidence::expectations;
use nvpreflight::expect::Expectations;
use std::fs;
use std::path::{Path, PathBuf};

/// The verifier has about one megabyte; a file beyond this is another one.
const VERIFIER_MAX: u64 = 64 << 20;
/// What the verifier reads of its expectations at most (its live/expect.rs).
const EXPECTATIONS_MAX: u64 = 16 << 10;
const NAME: &str = "nvpreflight-verifier";

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
    let text = read(path, EXPECTATIONS_MAX)?;
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
    let here = match std::env::consts::ARCH {
        "x86_64" => EM_X86_64,
        "aarch64" => EM_AARCH64,
        "x86" => EM_386,
        "arm" => EM_ARM,
        "riscv64" => EM_RISCV,
        "powerpc64" => EM_PPC64,
        _ => elf.header.e_machine,
    };
    if elf.header.e_machine != here {
        return Err("it is for another CPU architecture than this machine".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_program_is_no_verifier() {
        // The test program itself is linked dynamically.
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(is_static(&own).unwrap_err().contains("dynamically"));
        assert!(is_static(b"#!/bin/sh\n").is_err());
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
