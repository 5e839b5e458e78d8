//! Takes the file given as a kernel for what it is: an x86 or Arm kernel, a unified
//! kernel image with an initrd of its own, or something that cannot be booted here, with
//! words for each. It reads headers and writes a unified image's parts to a folder.

use anyhow::{Context, Result, bail};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::source::image::{self, Image, Keep};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A kernel to be booted.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// What it runs on.
    pub arch: Arch,
    /// The file for QEMU.
    pub image: PathBuf,
    /// Its release, where the file tells.
    pub release: Option<String>,
    /// The initrd and command line of a unified kernel image.
    pub own: Option<Own>,
}

/// What a unified kernel image brings beside its kernel.
#[derive(Clone, Debug)]
pub struct Own {
    /// Its initrd, written to a file.
    pub initrd: PathBuf,
    /// Its command line.
    pub cmdline: String,
}

/// What a file's first bytes say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A kernel that QEMU boots: the x86 boot protocol (Documentation/arch/x86/boot.rst),
    /// or arm64's image header (Documentation/arch/arm64/booting.rst).
    Linux(Arch),
    /// A PE file that is no bare kernel.
    Pe,
    /// Anything else, in words.
    Other(&'static str),
}

/// Reads `path`; parts of a unified image are written to `folder`.
///
/// # Errors
/// A file that cannot be read, or that QEMU cannot boot.
pub fn open(path: &Path, wants_initrd: bool, folder: &Path) -> Result<Kernel> {
    let shown = path.display();
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(0x1000).read_to_end(&mut head))
        .with_context(|| format!("cannot read the kernel `{shown}`"))?;
    match kind(&head) {
        // A stub's section table lies behind its PE header; a kernel with the EFI
        // stub is PE and a bare kernel at once.
        Kind::Linux(arch) => Ok(Kernel {
            arch,
            image: path.to_owned(),
            release: image::kernel_release(path)?,
            own: None,
        }),
        Kind::Pe if wants_initrd => unified(path, folder),
        Kind::Pe => bail!(
            "`{shown}` is a unified kernel image; leave out --initrd, or name the kernel that it was made of"
        ),
        Kind::Other(what) => bail!("the kernel `{shown}` is {what}"),
    }
}

fn unified(path: &Path, folder: &Path) -> Result<Kernel> {
    let image = Image::open(path, Keep::Nothing, &Limits::DEFAULT, &mut |_| {})?;
    let uki = image.uki().context("it is no unified kernel image")?;
    let linux = uki
        .sections
        .iter()
        .find(|section| section.name == ".linux")
        .with_context(|| format!("`{}` has no section .linux", path.display()))?;
    let kernel = folder.join("linux");
    let mut from = File::open(path)?;
    from.seek(SeekFrom::Start(linux.offset))?;
    io::copy(&mut from.take(linux.size), &mut File::create(&kernel)?)?;
    let initrd = folder.join("uki.initrd");
    let mut out = File::create(&initrd)?;
    image.copy_to(&mut out)?;
    out.flush()?;
    let mut found = open(&kernel, false, folder).context("the kernel of the unified image")?;
    found.release =
        uki.uname.as_ref().map(|name| String::from_utf8_lossy(name).into_owned()).or(found.release);
    let cmdline = String::from_utf8_lossy(image.cmdline().unwrap_or_default()).into_owned();
    found.own = Some(Own { initrd, cmdline });
    Ok(found)
}

fn kind(head: &[u8]) -> Kind {
    let at = |from: usize, magic: &[u8]| head.get(from..from + magic.len()) == Some(magic);
    if at(0x202, b"HdrS") {
        return Kind::Linux(Arch::X86_64);
    }
    if at(0x38, b"ARM\x64") {
        return Kind::Linux(Arch::Aarch64);
    }
    // Documentation/arch/riscv/boot-image-header.rst
    if at(0x38, b"RSC\x05") {
        return Kind::Other("for RISC-V; x86-64 and arm64 machines are emulated");
    }
    // drivers/firmware/efi/libstub/zboot-header.S; QEMU reads them from 8.0 on, and which
    // machine they are for stands in what is compressed.
    if at(4, b"zimg") {
        return Kind::Other("compressed for EFI (zboot); name the unpacked kernel (Image) instead");
    }
    if at(0, b"MZ") {
        return Kind::Pe;
    }
    if at(0, b"\x7fELF") {
        return Kind::Other("a vmlinux in ELF form; name the bzImage (vmlinuz) instead");
    }
    if at(0, b"\x1f\x8b") {
        return Kind::Other(
            "compressed by gzip; unpack it first (arm64: Image.gz holds the Image)",
        );
    }
    if at(0, b"0707") {
        return Kind::Other("a cpio archive; are --kernel and --initrd swapped?");
    }
    Kind::Other("no Linux kernel: neither x86 (bzImage, a boot header at 0x202) nor arm64 (Image)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(at: usize, magic: &[u8]) -> Vec<u8> {
        let mut head = vec![0; 0x400];
        head[at..at + magic.len()].copy_from_slice(magic);
        head
    }

    #[test]
    fn kernels_are_told_by_their_header_and_others_in_words() {
        let mut efi = with(0x202, b"HdrS");
        efi[..2].copy_from_slice(b"MZ");
        assert_eq!(kind(&efi), Kind::Linux(Arch::X86_64));
        let mut arm = with(0x38, b"ARM\x64");
        arm[..2].copy_from_slice(b"MZ");
        assert_eq!(kind(&arm), Kind::Linux(Arch::Aarch64));
        assert_eq!(kind(&with(0, b"MZ")), Kind::Pe);
        for (at, magic, word) in [
            (0x38, b"RSC\x05".as_slice(), "RISC-V"),
            (4, b"zimg", "EFI"),
            (0, b"\x7fELF", "vmlinux"),
            (0, b"\x1f\x8b", "gzip"),
            (0, b"070701", "swapped"),
            (0, b"\0", "bzImage"),
        ] {
            let Kind::Other(what) = kind(&with(at, magic)) else { panic!("{word}") };
            assert!(what.contains(word), "{what}");
        }
        assert!(matches!(kind(b""), Kind::Other(_)));
    }
}
