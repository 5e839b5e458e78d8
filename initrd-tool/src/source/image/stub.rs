//! A unified kernel image as systemd-stub hands it to the kernel: which sections of
//! it and of its addons become one initrd, in which order, and the command line
//! (systemd-stub(7)). Credentials, extensions and TPM data, which the stub packs at
//! boot, are not in any file and not here.

use super::container::{Pe, Profile, profile_of};
use super::source::Source;
use crate::base::clean;
use crate::base::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Addons that are read of one directory.
const ADDONS: usize = 64;

/// A unified kernel image's parts beside its initrd.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Uki {
    /// The command line: `.cmdline`, with those of the addons behind it.
    pub cmdline: Option<Vec<u8>>,
    /// `.uname`: the release of its kernel.
    pub uname: Option<Vec<u8>>,
    /// `.osrel`: an os-release file.
    pub osrel: Option<Vec<u8>>,
    /// All sections of the file.
    pub sections: Vec<super::container::Section>,
    /// The addons whose parts count, in the order in which the stub takes them.
    pub addons: Vec<PathBuf>,
    /// Its profiles in order; none where it has only what all would share.
    pub profiles: Vec<Profile>,
    /// Which of them was taken, by its number.
    pub profile: usize,
}

/// What a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Container {
    /// An initrd as it is.
    Plain,
    /// A unified kernel image.
    Uki(Box<Uki>),
}

/// Opens whatever a path names: the bytes that the kernel would be handed.
pub(crate) fn open(path: &Path) -> Result<(Source, Container)> {
    let (path, wanted) = profile_of(path);
    let path = path.as_path();
    let Some(mut pe) = Pe::open(path)? else {
        return match wanted {
            Some(_) => Err(Error::usage(format!(
                "{} is no unified kernel image and has no profiles",
                clean::path(path)
            ))),
            None => Ok((Source::file(path)?, Container::Plain)),
        };
    };
    if let Some(wanted) = &wanted {
        pe.choose(wanted)?;
    }
    if pe.section(".initrd").is_none() && pe.section(".ucode").is_none() {
        let what = if pe.section(".linux").is_some() {
            "a unified kernel image without an initrd"
        } else if pe.sections.iter().any(|s| s.name == ".cmdline") {
            "an addon of a unified kernel image"
        } else {
            "a kernel or another EFI program, not an initrd"
        };
        return Err(Error::new(format!("{} is {what}", clean::path(path))));
    }
    let mut uki = Uki {
        cmdline: pe.text(".cmdline")?,
        uname: pe.text(".uname")?,
        osrel: pe.text(".osrel")?,
        sections: pe.sections.clone(),
        addons: Vec::new(),
        profiles: pe.profiles()?,
        profile: pe.chosen(),
    };
    let mut addons = Vec::new();
    for addon in addons_of(path)? {
        let Some(addon) = Pe::open(&addon)? else { continue };
        // An addon for another kernel is left alone.
        let wanted = addon.text(".uname")?;
        if wanted.is_some() && uki.uname.is_some() && wanted != uki.uname {
            continue;
        }
        if let Some(more) = addon.text(".cmdline")?.filter(|more| !more.is_empty()) {
            let line = uki.cmdline.get_or_insert_default();
            if !line.is_empty() {
                line.push(b' ');
            }
            line.extend(more);
        }
        uki.addons.push(addon.path.clone());
        addons.push(addon);
    }
    // For microcode the first of a name counts, for files the last: addons win
    // both ways.
    let mut source = Source::default();
    addons.iter().for_each(|addon| append(&mut source, addon, ".ucode"));
    append(&mut source, &pe, ".ucode");
    append(&mut source, &pe, ".initrd");
    addons.iter().for_each(|addon| append(&mut source, addon, ".initrd"));
    Ok((source, Container::Uki(Box::new(uki))))
}

fn append(source: &mut Source, pe: &Pe, name: &str) {
    if let Some(section) = pe.section(name) {
        source.append(&pe.file, &pe.path, name, section.offset, section.size);
    }
}

/// The addons that the stub finds: those of the whole ESP, when the image lies in
/// its EFI/Linux, then the image's own.
fn addons_of(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let in_esp = path.parent().filter(|linux| linux.ends_with("EFI/Linux"));
    if let Some(esp) = in_esp.and_then(Path::parent).and_then(Path::parent) {
        list(&esp.join("loader/addons"), &mut found)?;
    }
    let mut own = path.as_os_str().to_owned();
    own.push(".extra.d");
    list(Path::new(&own), &mut found)?;
    Ok(found)
}

fn list(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::io("list", directory, e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| Error::io("list", directory, e))?.path();
        let addon = path.file_name().is_some_and(|name| {
            let name = name.as_encoded_bytes();
            name.to_ascii_lowercase().ends_with(b".addon.efi")
        });
        if addon && path.is_file() {
            names.push(path);
        }
        if names.len() > ADDONS {
            let most = format!("{} holds more than {ADDONS} addons", clean::path(directory));
            return Err(Error::new(most));
        }
    }
    names.sort_unstable();
    found.append(&mut names);
    Ok(())
}
