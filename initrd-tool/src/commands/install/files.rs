//! What `install` has to put somewhere: the running program, the verifier beside it, the
//! hooks and units that are compiled in, pages and completions made here.

use crate::base::error::{Error, Result};
use crate::base::regular;
use crate::change::inject::verifier::Payload;
use crate::change::install::Wanted;
use crate::commands::{completions, man};
use crate::view::layout::{self, As};
use clap::Command;
use clap_complete::Shell;
use flate2::{Compression, GzBuilder};
use nvpreflight::evidence::expectations::FILE as EXPECTATIONS;
use std::io::Write;
use std::path::Path;

/// A program with its debugging symbols has some 200 MB.
const PROGRAM_MAX: u64 = 1 << 30;

/// Texts by their names in the tarball.
macro_rules! texts {
    ($($name:literal = $from:literal,)*) => {
        [$(($name, include_str!(concat!("../../../../", $from)))),*]
    };
}

const TEXTS: [(&str, &str); 18] = texts! {
    "image-check/check-image" = "verifier/dist/image-check/check-image",
    "image-check/image-check.conf" = "verifier/dist/image-check/image-check.conf",
    "units/nvpreflight-initrd.service" = "verifier/dist/nvpreflight-initrd.service",
    "units/nvpreflight-pre-display.service" = "verifier/dist/nvpreflight-pre-display.service",
    "units/nvpreflight-remember.service" = "verifier/dist/nvpreflight-remember.service",
    "nvpreflight.catalog" = "docs/rules/nvpreflight.catalog",
    "man/nvpreflight-verifier.8" = "verifier/dist/man/nvpreflight-verifier.8",
    "initramfs-tools/hooks/nvpreflight" = "verifier/dist/initramfs-tools/hooks/nvpreflight",
    "initramfs-tools/scripts/init-premount/nvpreflight" =
        "verifier/dist/initramfs-tools/scripts/init-premount/nvpreflight",
    "initramfs-tools/post-update.d/nvpreflight" =
        "verifier/dist/initramfs-tools/post-update.d/nvpreflight",
    "dracut/module-setup.sh" = "verifier/dist/dracut/90nvpreflight/module-setup.sh",
    "mkinitcpio/install/nvpreflight" = "verifier/dist/mkinitcpio/install/nvpreflight",
    "mkinitcpio/hooks/nvpreflight" = "verifier/dist/mkinitcpio/hooks/nvpreflight",
    "mkinitcpio/post/nvpreflight" = "verifier/dist/mkinitcpio/post/nvpreflight",
    "mkinitcpio/conf.d/nvpreflight.conf" = "verifier/dist/mkinitcpio/conf.d/nvpreflight.conf",
    "kernel-install/95-nvpreflight.install" =
        "verifier/dist/kernel-install/95-nvpreflight.install",
    "kernel/postinst.d/zz-nvpreflight" = "verifier/dist/kernel/postinst.d/zz-nvpreflight",
    "pacman/zz-nvpreflight.hook" = "verifier/dist/pacman/zz-nvpreflight.hook",
};

/// Everything with its place. `payload` is the verifier, and the expectations where the
/// owner gave some.
///
/// # Errors
/// The running program cannot be read.
pub fn all(
    prefix: &str,
    makers: &[&str],
    payload: Payload,
    cli: fn() -> Command,
) -> Result<Vec<Wanted>> {
    let own = regular::read(Path::new("/proc/self/exe"), PROGRAM_MAX)?;
    let mut files = generated(cli)?;
    files.push(("bin/nvpreflight".to_owned(), own));
    files.push(("bin/nvpreflight-verifier".to_owned(), payload.verifier));
    let mut out = placed(prefix, makers, &files)?;
    // Asked for, it is no file that quietly stays as it was.
    out.extend(payload.expectations.map(|bytes| Wanted {
        path: EXPECTATIONS.to_owned(),
        mode: 0o644,
        bytes,
        keep: false,
    }));
    Ok(out)
}

/// What is the same for every machine, by names in the tarball.
fn generated(cli: fn() -> Command) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files: Vec<(String, Vec<u8>)> =
        TEXTS.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    let pages = man::pages(cli()).map_err(|e| Error::io("make", Path::new("a page"), e))?;
    files.extend(pages.into_iter().map(|(name, page)| (format!("man/{name}"), page)));
    for (name, shell) in [
        ("nvpreflight.bash", Shell::Bash),
        ("nvpreflight.fish", Shell::Fish),
        ("_nvpreflight", Shell::Zsh),
    ] {
        files.push((format!("completions/{name}"), completions::script(shell, &mut cli())));
    }
    Ok(files)
}

fn placed(prefix: &str, makers: &[&str], files: &[(String, Vec<u8>)]) -> Result<Vec<Wanted>> {
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let mut out = Vec::new();
    for item in layout::items(prefix, makers, &names) {
        let Some((_, bytes)) = files.iter().find(|(name, _)| name == item.from) else { continue };
        let bytes = match item.kind {
            As::Plain => bytes.clone(),
            As::Paths => below_prefix(bytes, prefix),
            As::Gzip => packed(bytes)?,
        };
        let keep = item.path.starts_with("etc/");
        out.push(Wanted { path: item.path, mode: item.mode, bytes, keep });
    }
    Ok(out)
}

/// The prefix in paths, as install.sh's sed writes it: the first program of a line, and
/// every check-image.
fn below_prefix(bytes: &[u8], prefix: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| {
        line.replacen("/usr/bin/nvpreflight", &format!("{prefix}/bin/nvpreflight"), 1)
            .replace("/usr/lib/nvpreflight/", &format!("{prefix}/lib/nvpreflight/"))
    };
    text.split_inclusive('\n').map(line).collect::<String>().into_bytes()
}

/// As `gzip -9n`: no name, no time.
fn packed(bytes: &[u8]) -> Result<Vec<u8>> {
    let failed = |e| Error::io("compress", Path::new("a page"), e);
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    gzip.write_all(bytes).map_err(failed)?;
    gzip.finish().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    /// Everything below a folder: path → mode and bytes, pages unpacked.
    fn tree(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
        let mut out = BTreeMap::new();
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let name = path.strip_prefix(root).expect("inside").display().to_string();
                let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
                let bytes = unpacked(&name, fs::read(&path).expect("a file"));
                out.insert(name, (mode, bytes));
            }
        }
        out
    }

    fn unpacked(name: &str, bytes: Vec<u8>) -> Vec<u8> {
        if !name.ends_with(".gz") {
            return bytes;
        }
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_end(&mut out).expect("gzip");
        out
    }

    #[test]
    fn install_sh_puts_the_same_files_at_the_same_places() {
        let folder = tempfile::tempdir().expect("a folder");
        let (tarball, dist) = (folder.path().join("tarball"), "../verifier/dist/packages");
        let mut files = generated(crate::cli::Cli::command).expect("files");
        for program in ["bin/nvpreflight", "bin/nvpreflight-verifier"] {
            files.push((program.to_owned(), b"#!/bin/sh\n".to_vec()));
        }
        for (name, bytes) in &files {
            let path = tarball.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, bytes).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        for name in ["install.sh", "layout"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(dist).join(name);
            fs::copy(from, tarball.join(name)).expect("a file");
        }
        let makers: Vec<&str> = layout::makers().map(|(name, _)| name).collect();
        for prefix in ["/usr", "/usr/local", "/opt/x"] {
            let root = folder.path().join(prefix.replace('/', "-"));
            let out = std::process::Command::new("sh")
                .arg(tarball.join("install.sh"))
                .args(["--prefix", prefix, "--makers", &makers.join(" "), "--destdir"])
                .arg(&root)
                .output()
                .expect("sh runs");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let ours: BTreeMap<_, _> = placed(prefix, &makers, &files)
                .expect("places")
                .into_iter()
                .map(|wanted| {
                    let bytes = unpacked(&wanted.path, wanted.bytes);
                    (wanted.path, (wanted.mode, bytes))
                })
                .collect();
            let theirs = tree(&root);
            let names = |tree: &BTreeMap<String, _>| tree.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&ours), names(&theirs), "{prefix}");
            for (name, theirs) in &theirs {
                assert!(ours.get(name) == Some(theirs), "{prefix}: {name} differs");
            }
            assert!(ours.len() > TEXTS.len(), "{prefix}: each text and both programs");
        }
    }

    #[test]
    fn a_hook_names_the_program_where_it_is_and_the_one_in_the_image_where_it_goes() {
        for name in ["initramfs-tools/hooks", "mkinitcpio/install"] {
            let name = format!("{name}/nvpreflight");
            let (_, text) = TEXTS.iter().find(|(of, _)| *of == name).expect("a hook");
            let text = String::from_utf8(below_prefix(text.as_bytes(), "/usr/local"));
            let text = text.expect("UTF-8");
            assert!(text.contains("verifier=/usr/local/bin/nvpreflight-verifier"), "{text}");
            assert!(text.contains("bin=/usr/bin\n"), "{text}");
        }
    }
}
