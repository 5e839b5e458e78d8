//! What a file is: an initrd, or a PE file with an initrd among its sections (a
//! unified kernel image, UAPI.5). Reads headers and small sections only; how
//! systemd-stub puts the parts together is in `stub`.

use super::source::open;
use crate::base::clean;
use crate::base::error::{Error, Result};
use goblin::pe::header::{CoffHeader, DosHeader, SIZEOF_PE_MAGIC};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes at the start of a PE file that must hold its headers.
const HEADERS: u64 = 64 << 10;
/// Bytes of a text section (`.cmdline`, `.osrel`) that are read.
const TEXT: u64 = 64 << 10;

/// A section of a PE file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its name: ".initrd".
    pub name: String,
    /// Position in the file.
    pub offset: u64,
    /// Bytes of content, without the file's alignment.
    pub size: u64,
}

/// A PE file, opened.
#[derive(Debug)]
pub(crate) struct Pe {
    pub file: Arc<File>,
    pub path: PathBuf,
    pub sections: Vec<Section>,
    /// Which of its profiles counts, by number; without any it does not matter.
    profile: usize,
}

/// A profile of a unified kernel image: a `.profile` section, and what follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Counted from 0, as the boot loader does.
    pub number: usize,
    /// `ID=` of its text, or empty.
    pub id: String,
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id.as_str() {
            "" => write!(f, "@{}", self.number),
            id => write!(f, "@{} ({id})", self.number),
        }
    }
}

/// A path that ends in `@` and a profile's number or ID, as systemd-boot names entries
/// (`linux.efi@1`), taken apart; a file that is there by that name is that file.
#[must_use]
pub fn profile_of(path: &Path) -> (PathBuf, Option<String>) {
    let whole = || (path.to_owned(), None);
    if path.symlink_metadata().is_ok() {
        return whole();
    }
    let Some((file, profile)) = path.to_str().and_then(|text| text.rsplit_once('@')) else {
        return whole();
    };
    let named = !profile.is_empty() && !profile.contains('/') && Path::new(file).is_file();
    if named { (file.into(), Some(profile.to_owned())) } else { whole() }
}

impl Pe {
    /// The sections of a PE file; `None` when the file is none.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>> {
        let (file, len) = open(path)?;
        let mut head = vec![0; usize::try_from(len.min(HEADERS)).unwrap_or(0)];
        file.read_exact_at(&mut head, 0).map_err(|e| Error::io("read", path, e))?;
        if !head.starts_with(b"MZ") {
            return Ok(None);
        }
        let broken = || Error::new(format!("{} is a broken PE file", clean::path(path)));
        let dos = DosHeader::parse(&head).map_err(|_| broken())?;
        let mut at = usize::try_from(dos.pe_pointer).map_err(|_| broken())?;
        at = at.checked_add(SIZEOF_PE_MAGIC).filter(|at| *at < head.len()).ok_or_else(broken)?;
        let coff = CoffHeader::parse(&head, &mut at).map_err(|_| broken())?;
        at = at.saturating_add(usize::from(coff.size_of_optional_header));
        let table = coff.sections(&head, &mut at).map_err(|_| broken())?;
        let mut sections = Vec::new();
        for section in table {
            // The file pads a section to its alignment, and may leave out zeros at
            // its end.
            let size = section.virtual_size.min(section.size_of_raw_data);
            let (offset, size) = (u64::from(section.pointer_to_raw_data), u64::from(size));
            if offset.saturating_add(size) > len {
                let name = section.name().unwrap_or_default().escape_default();
                return Err(Error::new(format!(
                    "{}: its section {name} goes beyond the end of the file",
                    clean::path(path)
                )));
            }
            let name = section.name().unwrap_or_default().to_owned();
            sections.push(Section { name, offset, size });
        }
        Ok(Some(Self { file, path: path.to_owned(), sections, profile: 0 }))
    }

    /// Its profiles in order.
    pub(crate) fn profiles(&self) -> Result<Vec<Profile>> {
        let sections = self.sections.iter().filter(|section| section.name == ".profile");
        let of = |(number, section)| {
            let text = self.text_of(section)?;
            let id = text.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"ID="));
            let id = id.unwrap_or_default().trim_ascii();
            let id = id.strip_prefix(b"\"").and_then(|id| id.strip_suffix(b"\"")).unwrap_or(id);
            Ok(Profile { number, id: clean::line(id) })
        };
        sections.enumerate().map(of).collect()
    }

    /// The number of the profile that counts.
    pub(crate) const fn chosen(&self) -> usize {
        self.profile
    }

    /// Chooses a profile by its number or ID.
    ///
    /// # Errors
    /// No such profile; the error lists those that are there.
    pub(crate) fn choose(&mut self, wanted: &str) -> Result<()> {
        let profiles = self.profiles()?;
        let by_id = profiles.iter().find(|profile| profile.id == wanted);
        let number = wanted.parse::<usize>().ok();
        let by_number = || profiles.iter().find(|profile| Some(profile.number) == number);
        let Some(profile) = by_id.or_else(by_number) else {
            let list: Vec<String> = profiles.iter().map(Profile::to_string).collect();
            return Err(Error::usage(format!(
                "{} has no profile {wanted}; it has {}",
                clean::path(&self.path),
                if list.is_empty() { "none".to_owned() } else { list.join(", ") }
            )));
        };
        self.profile = profile.number;
        Ok(())
    }

    /// The section of that name that counts when the chosen profile, without a choice
    /// the first, is booted: what stands before the first `.profile`, overridden by what
    /// stands between the profile's own and the next (UAPI.5, systemd-stub(7)); the first
    /// of a name wins.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        let mut parts = self.sections.split(|section| section.name == ".profile");
        let base = parts.next().unwrap_or_default();
        let profile = parts.nth(self.profile).unwrap_or_default();
        let named = |part: &'_ [Section]| part.iter().position(|section| section.name == name);
        match named(profile) {
            Some(at) => profile.get(at),
            None => base.get(named(base)?),
        }
    }

    /// A text section without the NULs and line ends around it.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.section(name).map(|section| self.text_of(section)).transpose()
    }

    fn text_of(&self, section: &Section) -> Result<Vec<u8>> {
        let mut text = vec![0; usize::try_from(section.size.min(TEXT)).unwrap_or(0)];
        let read = self.file.read_exact_at(&mut text, section.offset);
        read.map_err(|e| Error::io("read", &self.path, e))?;
        let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
        Ok(text.get(..end).unwrap_or_default().trim_ascii().to_vec())
    }
}

/// The release of the kernel in a file: `.uname` of a unified kernel image, or the
/// version text of an x86 kernel; `None` when the file tells none.
///
/// # Errors
/// A file that cannot be read.
pub fn kernel_release(path: &Path) -> Result<Option<String>> {
    if let Some(pe) = Pe::open(path)? {
        if let Some(name) = pe.text(".uname")? {
            return Ok(Some(String::from_utf8_lossy(&name).into_owned()));
        }
        if let Some(linux) = pe.section(".linux") {
            return boot_header(&pe.file, path, linux.offset);
        }
    }
    let (file, _) = open(path)?;
    boot_header(&file, path, 0)
}

/// The version text that the x86 boot protocol points to at 0x20e, counted from
/// 0x200 (Documentation/arch/x86/boot.rst); its first word is the release.
fn boot_header(file: &File, path: &Path, start: u64) -> Result<Option<String>> {
    let mut head = [0u8; 0x210];
    let read = |buf: &mut [u8], at: u64| match file.read_exact_at(buf, at) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(Error::io("read", path, e)),
    };
    if !read(&mut head, start)? || head.get(0x202..0x206) != Some(b"HdrS") {
        return Ok(None);
    }
    let pointer = head.get(0x20e..).and_then(|b| b.first_chunk()).map(|b| u16::from_le_bytes(*b));
    let Some(pointer) = pointer.filter(|p| *p != 0) else { return Ok(None) };
    let mut text = [0u8; 128];
    if !read(&mut text, start + 0x200 + u64::from(pointer))? {
        return Ok(None);
    }
    let end = text.iter().position(|b| matches!(b, 0 | b' ')).unwrap_or(0);
    let release = text.get(..end).unwrap_or_default();
    Ok((!release.is_empty()).then(|| String::from_utf8_lossy(release).into_owned()))
}
