//! The module files of an image with what they say of themselves. One pass over
//! the image, one module in memory at a time.

use super::module_name;
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::print::Shown;
use crate::base::ui::Ui;
use crate::facts::modfile::{self, Module};
use crate::source::dir::DirFiles;
use crate::source::files::Files;
use crate::source::image_or_dir::Opened;
use nvpreflight::facts::image::Packing;
use nvpreflight::tree::Kind;

/// A module file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ModuleFile {
    /// Name in kernel spelling.
    pub name: String,
    /// Path, printable.
    pub path: String,
    /// Bytes as it lies there.
    pub size: u64,
    /// What it says, or why it is no module.
    pub info: std::result::Result<Info, String>,
}

/// What a module says of itself (`.modinfo`), printable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Info {
    /// How the file is packed: "xz", or "" where it is not.
    pub packing: &'static str,
    /// Every field in the order of the file; keys may repeat.
    pub fields: Vec<(String, String)>,
    /// Signer of the appended signature; "" where it is signed and the signer is
    /// not known, `None` where it is not signed.
    pub signer: Option<String>,
}

impl Info {
    /// The first value of a field, or "".
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.fields.iter().find(|(k, _)| k == key).map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// "open" or "proprietary" for a module of the NVIDIA driver, by its licence
    /// (kernel-open/nvidia/nv.c `MODULE_LICENSE`), else "".
    #[must_use]
    pub fn flavour(&self) -> &'static str {
        match self.get("license") {
            "NVIDIA" => "proprietary",
            "Dual MIT/GPL" => "open",
            _ => "",
        }
    }
}

/// Reads the modules whose name `wants` chooses, by name and path.
///
/// # Errors
/// An image that cannot be read again.
pub fn read(from: &Opened, wants: &mut dyn FnMut(&str) -> bool, ui: Ui) -> Result<Vec<ModuleFile>> {
    if let Opened::Directory(directory) = from {
        return read_directory(directory, wants);
    }
    let mut found: Vec<ModuleFile> = Vec::new();
    let mut current: Option<(Vec<u8>, Vec<u8>)> = None;
    from.stream(
        &mut |entry| module_name(entry.path).is_some_and(|name| wants(&name)),
        &mut |path, chunk| {
            match &mut current {
                Some((at, bytes)) if at == path => bytes.extend_from_slice(chunk),
                _ => {
                    found.extend(current.take().and_then(|(path, bytes)| describe(&path, &bytes)));
                    current = Some((path.to_vec(), chunk.to_vec()));
                }
            }
            match &current {
                Some((path, bytes)) if bytes.len() as u64 > Limits::DEFAULT.file => {
                    Err(Error::new(format!("the module {} is too large to read", Shown(path))))
                }
                _ => Ok(()),
            }
        },
        ui,
    )?;
    found.extend(current.and_then(|(path, bytes)| describe(&path, &bytes)));
    found.sort();
    Ok(found)
}

/// Of a directory only the wanted stretches of a module are read, unless it is packed.
fn read_directory(from: &DirFiles, wants: &mut dyn FnMut(&str) -> bool) -> Result<Vec<ModuleFile>> {
    let mut paths = Vec::new();
    from.walk(&mut |entry| {
        if entry.kind == Kind::File && module_name(entry.path).is_some_and(|name| wants(&name)) {
            paths.push(entry.path.to_vec());
        }
    })?;
    let parts = |path: &[u8]| {
        let (file, len) = from.file(path).ok()?;
        let len = usize::try_from(len).ok().filter(|_| len <= Limits::DEFAULT.file)?;
        modfile::sparse(&file, len).ok()?
    };
    let mut found: Vec<ModuleFile> = paths
        .iter()
        .filter_map(|path| match parts(path) {
            Some(bytes) => describe(path, &bytes),
            None => describe(path, from.load(path).yes()?),
        })
        .collect();
    found.sort();
    Ok(found)
}

fn describe(path: &[u8], bytes: &[u8]) -> Option<ModuleFile> {
    Some(ModuleFile {
        name: clean::line(module_name(path)?.as_bytes()),
        path: Shown(path).to_string(),
        size: bytes.len() as u64,
        info: info(bytes).map_err(|why| why.to_string()),
    })
}

fn info(bytes: &[u8]) -> std::result::Result<Info, modfile::Damage> {
    let packing = match modfile::packing(bytes) {
        Packing::Plain => "",
        Packing::Gzip => "gzip",
        Packing::Xz => "xz",
        Packing::Zstd => "zstd",
        Packing::Other => "?",
    };
    let plain = modfile::unpack(bytes, Limits::DEFAULT.file)?;
    let module = Module::parse(&plain)?;
    let show = |text: &[u8]| Shown(text.trim_ascii()).to_string();
    let fields = module.fields().map(|(key, value)| (show(key), show(value))).collect();
    let signer = modfile::signature(&plain);
    let signer = signer.map(|s| clean::line(s.signer.unwrap_or_default().as_bytes()));
    Ok(Info { packing, fields, signer })
}
