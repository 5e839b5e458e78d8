//! Which initrds the next boots of this machine may take: NixOS's profile, what the boot
//! loader's files say, the one that the running system came from, and the newest one that
//! is installed. Looks for files only; a folder that may not be listed is a reason, not an
//! absence.

use super::{SubjectArgs, booted, entries};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::Ui;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Images looked at: reading each takes a second or two.
const IMAGES_MAX: usize = 3;
/// Folders of boot loaders' files (systemd bootctl(1)), with those of unified
/// kernel images.
const FOLDERS: [&str; 7] = [
    "boot",
    "efi",
    "boot/efi",
    "boot/EFI/Linux",
    "efi/EFI/Linux",
    "boot/efi/EFI/Linux",
    "boot/EFI/nixos",
];
/// Parts of names of images that no ordinary boot takes.
const ASIDE: [&str; 6] = ["fallback", "rescue", "kdump", ".old", ".bak", "dbg"];

/// An image with what belongs to it.
pub struct Installed {
    /// Where it lies.
    pub path: PathBuf,
    /// The kernel's release, where its name tells.
    pub kernel: Option<String>,
    /// Its command line, where it has its own.
    pub cmdline: Option<String>,
}

/// The images, the next boot's first, and what kept it from finding one.
#[must_use]
pub fn find(root: &Path) -> (Vec<Installed>, Vec<String>) {
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let release = text("proc/sys/kernel/osrelease").trim().to_owned();
    let cmdline = text("proc/cmdline").trim().to_owned();
    let mut found: Vec<Installed> = Vec::new();
    let mut problems = Vec::new();
    let mut add = |image: Installed| {
        let real = fs::canonicalize(&image.path).ok();
        let known = found.iter().any(|f| fs::canonicalize(&f.path).ok() == real);
        if real.is_some() && !known && found.len() < IMAGES_MAX {
            found.push(image);
        }
    };
    for (image, _) in next(root, &cmdline) {
        add(image);
    }
    let booted = booted::find(root, &release, &cmdline);
    let ambiguous = match booted {
        Ok((path, _)) => {
            add(Installed { path, kernel: Some(release), cmdline: Some(cmdline.clone()) });
            None
        }
        // Several images, of which the caller has to name one.
        Err(e) => e.is_usage().then(|| e.to_string()),
    };
    match newest(root, &mut problems) {
        Some((path, kernel)) => add(Installed { path, kernel, cmdline: Some(cmdline) }),
        None if found.is_empty() => {
            problems.push(match ambiguous {
                Some(why) => why,
                None => "no initrd was found in /boot, on the ESP or in /run/booted-system".into(),
            });
        }
        None => {}
    }
    (found, problems)
}

/// The images of the next boot, and how that is known; none where no file tells.
fn next(root: &Path, cmdline: &str) -> Vec<(Installed, String)> {
    if let Some(image) = nixos(root) {
        return vec![(image, "the next boot's, by the system profile".to_owned())];
    }
    // What the boot loader's entries say comes before what lies around.
    let Some(entry) = entries::next(root) else { return Vec::new() };
    if entries::of_another_root(&entry.options, cmdline) {
        return Vec::new();
    }
    let line = entry.known_options().unwrap_or(cmdline);
    let why = format!("the next boot's, by the boot loader's entry {}", entry.id);
    let image = |path: String| Installed {
        path: root.join(path),
        kernel: entry.release(),
        cmdline: Some(line.to_owned()),
    };
    let images = entry.images().into_iter().map(image).filter(|image| image.path.is_file());
    images.map(|image| (image, clean::line(why.as_bytes()))).collect()
}

/// What NixOS boots next: its profile.
pub(super) fn nixos(root: &Path) -> Option<Installed> {
    let profile = root.join("nix/var/nix/profiles/system");
    let line = fs::read_to_string(profile.join("kernel-params")).ok();
    let image = Installed {
        path: profile.join("initrd"),
        kernel: nixos_kernel(&profile),
        cmdline: line.map(|line| line.trim().into()),
    };
    image.path.exists().then_some(image)
}

/// The initrd of the next boot, where files tell it, else the one that this system booted
/// from; with what is known beside it.
///
/// # Errors
/// What could not be read, and an initrd that was not found.
pub fn beside_this_system(args: &SubjectArgs, ui: Ui) -> Result<(PathBuf, SubjectArgs)> {
    let text =
        |path: &str| fs::read_to_string(path).map_err(|e| Error::io("read", Path::new(path), e));
    let release = text("/proc/sys/kernel/osrelease")?.trim().to_owned();
    let cmdline = text("/proc/cmdline")?.trim_end().to_owned();
    let root = Path::new("/");
    let booted = booted::find(root, &release, &cmdline);
    // The kernel unpacks an entry's images one over the other, the main one last.
    let (image, why, another) = match (next(root, &cmdline).pop(), booted) {
        (Some((image, why)), Ok((booted, _))) => {
            let real = |path: &Path| fs::canonicalize(path).ok();
            let another = real(&booted) != real(&image.path);
            (image, why, another.then_some(booted))
        }
        (Some((image, why)), Err(_)) => (image, why, None),
        (None, booted) => {
            let (path, why) = booted?;
            let image = Installed { path, kernel: Some(release), cmdline: Some(cmdline) };
            (image, why.to_owned(), None)
        }
    };
    ui.say(format_args!("checking {} ({why}) together with this system", clean::path(&image.path)));
    if let Some(path) = another.as_deref().map(clean::path) {
        ui.say(format_args!(
            "the running system booted from another: nvpreflight check {path} --root /"
        ));
    }
    let mut args = args.clone();
    args.root.get_or_insert_with(|| root.into());
    if let (None, Some(kernel)) = (&args.kernel, image.kernel) {
        args.kernel = Some(kernel.into());
    }
    if let (None, Some(line)) = (&args.cmdline, image.cmdline) {
        args.cmdline = Some(line.into());
    }
    Ok((image.path, args))
}

/// The release of a NixOS system: the one folder of its kernel's modules.
fn nixos_kernel(system: &Path) -> Option<String> {
    let folder = fs::read_dir(system.join("kernel-modules/lib/modules")).ok()?;
    let mut names = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let name = names.next()?;
    names.next().is_none().then_some(name)
}

/// The image written last; a kernel that came with an update is booted next.
fn newest(root: &Path, problems: &mut Vec<String>) -> Option<(PathBuf, Option<String>)> {
    let mut best: Option<(SystemTime, PathBuf, Option<String>)> = None;
    for folder in FOLDERS {
        let path = root.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::PermissionDenied => {
                problems.push(format!("/{folder} can only be listed by root"));
                continue;
            }
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(kernel) = image(&name) else { continue };
            let Ok(meta) = fs::metadata(entry.path()) else { continue };
            let Ok(time) = meta.modified() else { continue };
            if meta.is_file() && best.as_ref().is_none_or(|(t, ..)| time > *t) {
                best = Some((time, entry.path(), kernel));
            }
        }
    }
    best.map(|(_, path, kernel)| (path, kernel))
}

/// Whether a file is named like an image; the release in its name, where there is
/// one.
fn image(name: &str) -> Option<Option<String>> {
    if ASIDE.iter().any(|part| name.contains(part)) {
        return None;
    }
    let release = |text: &str| {
        let text = text.strip_suffix(".img").unwrap_or(text);
        let is = text.starts_with(|c: char| c.is_ascii_digit());
        is.then(|| clean::line(text.as_bytes()))
    };
    if let Some(rest) = name.strip_prefix("initrd.img-").or_else(|| name.strip_prefix("initramfs-"))
    {
        return Some(release(rest));
    }
    if let Some(rest) = name.strip_prefix("initrd-") {
        return Some(release(rest));
    }
    let uki = name.ends_with(".efi") && (name.contains("linux") || name.contains("nixos"));
    (uki || name.ends_with("-initrd")).then_some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let root = tempfile::tempdir().expect("a folder");
        for (at, (path, text)) in files.iter().enumerate() {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, text).expect("a file");
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 + at as u64);
            let file = fs::File::options().write(true).open(&path).expect("the file");
            file.set_modified(time).expect("its time");
        }
        let (found, problems) = find(root.path());
        let shown = |i: &Installed| {
            let path = i.path.strip_prefix(root.path()).expect("below").display().to_string();
            format!("{path} {}", i.kernel.as_deref().unwrap_or("-"))
        };
        (found.iter().map(shown).collect(), problems)
    }

    const RELEASE: (&str, &str) = ("proc/sys/kernel/osrelease", "6.12.1-amd64\n");

    #[test]
    fn the_booted_image_and_a_newer_one_are_found_and_no_rescue_image() {
        let (found, problems) = names(&[
            RELEASE,
            ("boot/initrd.img-6.12.1-amd64", "a"),
            ("boot/initrd.img-6.12.9-amd64", "b"),
            ("boot/initramfs-0-rescue-0123.img", "c"),
            ("boot/vmlinuz-6.12.9-amd64", "d"),
        ]);
        assert_eq!(
            found,
            [
                "boot/initrd.img-6.12.1-amd64 6.12.1-amd64",
                "boot/initrd.img-6.12.9-amd64 6.12.9-amd64"
            ]
        );
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn nixos_takes_its_profile_first() {
        let (found, _) = names(&[
            RELEASE,
            ("nix/var/nix/profiles/system/initrd", "a"),
            ("nix/var/nix/profiles/system/kernel-modules/lib/modules/6.18.2/modules.dep", ""),
            ("run/booted-system/initrd", "b"),
        ]);
        assert_eq!(
            found,
            ["nix/var/nix/profiles/system/initrd 6.18.2", "run/booted-system/initrd 6.12.1-amd64"]
        );
    }

    #[test]
    fn the_next_entry_of_the_boot_loader_comes_first() {
        let entry = "linux /ostree/f-2/vmlinuz-6.13.0\ninitrd /ostree/f-2/initramfs-6.13.0.img\n";
        let (found, problems) = names(&[
            RELEASE,
            ("boot/loader/entries/ostree-2.conf", entry),
            ("boot/ostree/f-2/initramfs-6.13.0.img", "a"),
            ("boot/initrd.img-6.12.1-amd64", "b"),
        ]);
        assert_eq!(
            found,
            [
                "boot/ostree/f-2/initramfs-6.13.0.img 6.13.0",
                "boot/initrd.img-6.12.1-amd64 6.12.1-amd64"
            ]
        );
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn grubs_menu_gives_the_new_kernels_image_with_its_own_command_line() {
        let menu = "set default=\"0\"\nmenuentry 'Debian' --id d {\n\
                    linux /boot/vmlinuz-6.12.9-amd64 root=UUID=1 ro nvidia-drm.modeset=0\n\
                    initrd /boot/initrd.img-6.12.9-amd64\n}\n";
        let root = crate::base::testing::root(&[
            ("boot/grub/grub.cfg", menu),
            ("boot/initrd.img-6.12.9-amd64", "new"),
            ("boot/initrd.img-6.12.1-amd64", "old"),
        ]);
        let (image, why) = next(root.path(), "quiet").pop().expect("the next boot's");
        assert!(image.path.ends_with("boot/initrd.img-6.12.9-amd64"));
        assert_eq!(image.kernel.as_deref(), Some("6.12.9-amd64"));
        assert_eq!(image.cmdline.as_deref(), Some("root=UUID=1 ro nvidia-drm.modeset=0"));
        assert_eq!(why, "the next boot's, by the boot loader's entry d");
        fs::remove_file(image.path).expect("it is there");
        assert!(next(root.path(), "quiet").is_empty(), "an entry without its image");
    }

    #[test]
    fn an_entry_of_another_root_is_not_taken() {
        let entry = "linux /vmlinuz-6.13.0\ninitrd /i.img\noptions root=UUID=a\n";
        let files = [("boot/loader/entries/a.conf", entry), ("boot/i.img", "a")];
        let root = crate::base::testing::root(&files);
        assert_eq!(next(root.path(), "root=UUID=a").len(), 1);
        assert!(next(root.path(), "root=UUID=b").is_empty());
    }

    #[test]
    fn no_image_is_a_reason() {
        let (found, problems) = names(&[RELEASE]);
        assert!(found.is_empty());
        assert!(problems[0].contains("no initrd was found"), "{problems:?}");
    }
}
