//! Symbols that a module offers and needs, from its symbol table alone. Never
//! touches relocations or debug sections.

use super::Module;
use super::sections::string;
use goblin::elf::Symtab;
use goblin::elf::header::{EM_386, EM_PPC64, EM_X86_64};
use goblin::elf::section_header::SHN_UNDEF;
use goblin::elf::sym::STB_WEAK;
use std::collections::BTreeSet;

/// The longest name kept; the kernel's own limit is 512 (KSYM_NAME_LEN).
const NAME_MAX: usize = 512;

impl Module<'_> {
    /// Names that `EXPORT_SYMBOL` put into the module. The symbol table carries
    /// `__ksymtab_NAME` for each (include/linux/export.h).
    #[must_use]
    pub fn exports(&self) -> BTreeSet<Vec<u8>> {
        self.symbols()
            .filter(|(_, sym)| sym.st_shndx != SHN_UNDEF as usize)
            .filter_map(|(name, _)| name.strip_prefix(b"__ksymtab_"))
            .filter(|name| *name != b"strings")
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// Names that must come from the kernel or another module. A weak one may
    /// stay unresolved (kernel/module/main.c `simplify_symbols`).
    #[must_use]
    pub fn undefined(&self) -> BTreeSet<Vec<u8>> {
        self.symbols()
            .filter(|(name, sym)| {
                sym.st_shndx == SHN_UNDEF as usize
                    && sym.st_bind() != STB_WEAK
                    && !name.is_empty()
                    && !self.is_linkers_own(name)
            })
            .map(|(name, _)| name.to_vec())
            .collect()
    }

    fn symbols(&self) -> impl Iterator<Item = (&[u8], goblin::elf::Sym)> {
        let table = self.symbol_table().and_then(|(header, strings)| {
            let size = if self.ctx.is_big() { 24 } else { 16 };
            let count = usize::try_from(header.sh_size).ok()? / size;
            let start = usize::try_from(header.sh_offset).ok()?;
            Some((Symtab::parse(self.bytes, start, count, self.ctx).ok()?, strings))
        });
        table.into_iter().flat_map(|(table, strings)| {
            // The first symbol is the empty one by definition (gABI, symbol table).
            let named = |sym: goblin::elf::Sym| {
                let name = string(strings, sym.st_name)?;
                (name.len() <= NAME_MAX).then_some((name, sym))
            };
            (1..table.len()).filter_map(move |at| table.get(at).and_then(named)).collect::<Vec<_>>()
        })
    }

    /// Names that the loader passes over (`ignore_undef_symbol`).
    fn is_linkers_own(&self, name: &[u8]) -> bool {
        match self.machine {
            EM_386 | EM_X86_64 => name == b"_GLOBAL_OFFSET_TABLE_",
            EM_PPC64 => name == b".TOC.",
            _ => false,
        }
    }
}
