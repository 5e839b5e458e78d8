//! A program of this host with everything it needs to run, as files of an initrd: its
//! libraries as the dynamic loader names them, QEMU's firmware and its modules.

use anyhow::{Context, Result, ensure};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::host;
use nvpreflight_harness::build::programs::BOOT;
use nvpreflight_harness::image::archive::Archive;
use nvpreflight_harness::machine::qemu;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What QEMU's x86 machines load at the start of a boot from `-kernel`.
const FIRMWARE: [&str; 3] = ["bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin"];

/// Adds QEMU with its firmware below `firmware`, `nvpreflight-boot` without its debug data,
/// util-linux's setpriv, and the libraries of all.
pub fn add<W: Write>(archive: &mut Archive<W>, firmware: &str, scratch: &Path) -> Result<()> {
    let qemu = in_path(&qemu::program(Arch::X86_64))?;
    archive.file("usr/bin/qemu-system-x86_64", 0o755, &fs::read(&qemu)?)?;
    let this = BOOT.find()?;
    let stripped = scratch.join("harness");
    host::run(Command::new("strip").arg("-o").arg(&stripped).arg(&this))?;
    archive.file("usr/bin/nvpreflight-boot", 0o755, &fs::read(&stripped)?)?;
    fs::remove_file(stripped)?;
    let mut needed = BTreeSet::new();
    // What starts every QEMU, so that it ends with this program.
    let setpriv = in_path(OsStr::new("setpriv"))?;
    archive.file("usr/bin/setpriv", 0o755, &fs::read(&setpriv)?)?;
    for program in [&qemu, &this, &setpriv] {
        let text = host::run(Command::new("ldd").arg(program))?;
        let found = libraries(&String::from_utf8_lossy(&text));
        ensure!(!found.is_empty(), "ldd names no library of `{}`", program.display());
        needed.extend(found);
    }
    for library in needed {
        archive.file(&in_image(&library), 0o755, &fs::read(&library)?)?;
    }
    let text = host::run(Command::new(&qemu).args(["-L", "help"]))?;
    let folders: Vec<PathBuf> =
        String::from_utf8_lossy(&text).lines().map(|line| PathBuf::from(line.trim())).collect();
    for name in FIRMWARE {
        let from = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
        let from = from.with_context(|| format!("QEMU's `{name}` is in none of {folders:?}"))?;
        archive.file(&format!("{firmware}/{name}"), 0o644, &fs::read(from)?)?;
    }
    Ok(())
}

/// Absolute paths in ldd's output: `libc.so.6 => /lib/libc.so.6 (0x…)`.
fn libraries(text: &str) -> BTreeSet<String> {
    text.split_whitespace().filter(|word| word.starts_with('/')).map(str::to_owned).collect()
}

/// A path where /bin, /lib and their like are links into /usr: a folder of that name
/// would replace the link.
fn in_image(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let top = path.split('/').next().unwrap_or_default();
    if ["bin", "sbin", "lib", "lib64"].contains(&top) {
        format!("usr/{path}")
    } else {
        path.to_owned()
    }
}

fn in_path(name: &OsStr) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .with_context(|| format!("`{}` is not in PATH", name.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_what_ldd_shows_as_files() {
        let text = "\tlinux-vdso.so.1 (0x7f)\n\tlibc.so.6 => /lib/x/libc.so.6 (0x7f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x7f)\n\tlibz.so => not found\n";
        let found: Vec<String> = libraries(text).into_iter().collect();
        assert_eq!(found, ["/lib/x/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]);
    }

    #[test]
    fn nothing_is_put_in_the_place_of_a_link_into_usr() {
        assert_eq!(in_image("/lib64/ld.so"), "usr/lib64/ld.so");
        assert_eq!(in_image("/usr/lib/a"), "usr/lib/a");
        assert_eq!(in_image("/nix/store/a/lib/b"), "nix/store/a/lib/b");
    }
}
