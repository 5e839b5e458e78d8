//! The section table of a relocatable ELF file under the checks of the kernel's
//! loader (kernel/module/main.c `elf_validity_cache_copy`). Every range that it
//! hands out lies inside the file.

use super::Damage;
use goblin::container::{Container, Ctx};
use goblin::elf::header::{EI_CLASS, ELFCLASS64, ELFMAG, ET_REL};
use goblin::elf::section_header::{
    SHF_ALLOC, SHN_LORESERVE, SHT_NOBITS, SHT_SYMTAB, SectionHeader,
};
use goblin::elf::{Elf, Header};

/// A module whose headers the kernel would take.
#[derive(Debug)]
pub struct Module<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) ctx: Ctx,
    pub(super) machine: u16,
    sections: Vec<SectionHeader>,
    names: &'a [u8],
    symtab: usize,
}

impl<'a> Module<'a> {
    /// Reads headers and section table of an unpacked module.
    ///
    /// # Errors
    /// The first check of the kernel's loader that the file fails. Checks that
    /// depend on the running kernel (its machine, the size of `struct module`,
    /// vermagic) are not made here.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Damage> {
        let bytes = super::signature::without(bytes);
        if bytes.is_empty() {
            return Err(Damage::new("it is empty"));
        }
        if bytes.get(..4) != Some(ELFMAG) {
            return Err(Damage::new("it is not an ELF file"));
        }
        let header =
            Elf::parse_header(bytes).map_err(|_| Damage::new("its ELF header is truncated"))?;
        if header.e_type != ET_REL {
            return Err(Damage::new(format!(
                "its ELF type is {}, a module is relocatable (REL)",
                goblin::elf::header::et_to_str(header.e_type)
            )));
        }
        let ctx = context(&header)?;
        let sections = table(bytes, &header, ctx)?;
        let names = sections
            .get(usize::from(header.e_shstrndx))
            .and_then(|s| content(bytes, s))
            .filter(|names| names.last() == Some(&0))
            .ok_or_else(|| Damage::new("its table of section names is missing or damaged"))?;
        let mut module = Self { bytes, ctx, machine: header.e_machine, sections, names, symtab: 0 };
        module.check()?;
        Ok(module)
    }

    fn check(&mut self) -> Result<(), Damage> {
        for (at, section) in self.sections.iter().enumerate().skip(1) {
            if section.sh_type != SHT_NOBITS && content(self.bytes, section).is_none() {
                return Err(Damage::new(format!(
                    "it is truncated: section {at} lies beyond its end"
                )));
            }
            if section.sh_name >= self.names.len() {
                return Err(Damage::new(format!("section {at} has an invalid name")));
            }
        }
        let is_symtab = |s: &SectionHeader| s.sh_type == SHT_SYMTAB;
        let mut tables = (0..).zip(&self.sections).filter(|(_, s)| is_symtab(s));
        match (tables.next(), tables.next()) {
            (Some((at, _)), None) => self.symtab = at,
            (None, _) => return Err(Damage::new("it has no symbol table: it was stripped")),
            _ => return Err(Damage::new("it has more than one symbol table")),
        }
        if self.section(".modinfo").is_none() {
            return Err(Damage::new("it has no .modinfo section"));
        }
        let this = self.headers(".gnu.linkonce.this_module").collect::<Vec<_>>();
        match this.as_slice() {
            [only] if only.sh_flags & u64::from(SHF_ALLOC) != 0 && only.sh_type != SHT_NOBITS => {
                Ok(())
            }
            [] => {
                Err(Damage::new("it is not a kernel module (.gnu.linkonce.this_module is missing)"))
            }
            _ => Err(Damage::new("its .gnu.linkonce.this_module section is damaged")),
        }
    }

    /// The content of the first section of that name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&'a [u8]> {
        self.headers(name).next().and_then(|s| content(self.bytes, s))
    }

    /// The ELF machine number (`EM_*`, include/uapi/linux/elf-em.h).
    #[must_use]
    pub const fn machine(&self) -> u16 {
        self.machine
    }

    fn headers(&self, name: &str) -> impl Iterator<Item = &SectionHeader> {
        let name = name.as_bytes().to_vec();
        self.sections.iter().skip(1).filter(move |s| string(self.names, s.sh_name) == Some(&name))
    }

    /// The symbol table's header and its strings.
    pub(super) fn symbol_table(&self) -> Option<(&SectionHeader, &'a [u8])> {
        let table = self.sections.get(self.symtab)?;
        let strings = self.sections.get(usize::try_from(table.sh_link).ok()?)?;
        Some((table, content(self.bytes, strings)?))
    }
}

/// Class and byte order of the file, for the parsers of its tables.
pub(super) fn context(header: &Header) -> Result<Ctx, Damage> {
    let odd = || Damage::new("its ELF header has an unknown byte order");
    let order = header.endianness().map_err(|_| odd())?;
    let wide = header.e_ident.get(EI_CLASS) == Some(&ELFCLASS64);
    Ok(Ctx::new(if wide { Container::Big } else { Container::Little }, order))
}

pub(super) fn table(bytes: &[u8], header: &Header, ctx: Ctx) -> Result<Vec<SectionHeader>, Damage> {
    let size = if matches!(ctx.container, Container::Big) { 64 } else { 40 };
    let count = usize::from(header.e_shnum);
    let start = usize::try_from(header.e_shoff).ok();
    let end = start.and_then(|start| start.checked_add(count * size));
    let inside = end.is_some_and(|end| end <= bytes.len());
    if header.e_shentsize != size as u16 || count == 0 || u32::from(header.e_shnum) >= SHN_LORESERVE
    {
        return Err(Damage::new("its section table is invalid"));
    }
    match start {
        Some(start) if inside => SectionHeader::parse_from(bytes, start, count, ctx)
            .map_err(|e| Damage::new(format!("its section table is damaged: {e}"))),
        _ => Err(Damage::new("it is truncated: its section table lies beyond its end")),
    }
}

fn content<'a>(bytes: &'a [u8], section: &SectionHeader) -> Option<&'a [u8]> {
    if section.sh_type == SHT_NOBITS {
        return None;
    }
    let start = usize::try_from(section.sh_offset).ok()?;
    let size = usize::try_from(section.sh_size).ok()?;
    bytes.get(start..start.checked_add(size)?)
}

/// The NUL-terminated string at `at` of a string table.
pub(super) fn string(table: &[u8], at: usize) -> Option<&[u8]> {
    table.get(at..).map(nvpreflight::text::c_string)
}
