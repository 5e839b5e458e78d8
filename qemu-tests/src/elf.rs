//! Looks at the verifier's ELF file: whether it needs anything of the system
//! it will run on. It never runs it.

use object::Endianness;
use object::elf;
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader};

/// What an ELF executable asks of its surroundings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It names a program interpreter (the dynamic loader).
    pub interpreter: bool,
    /// It names shared libraries.
    pub libraries: bool,
    /// Its addresses are chosen when it is loaded.
    pub position_independent: bool,
}

/// Reads the program headers and the dynamic section.
pub fn needs(bytes: &[u8]) -> Result<Needs, object::Error> {
    let file = ElfFile64::<Endianness>::parse(bytes)?;
    let endian = file.endian();
    let header = file.elf_header();
    let mut needs =
        Needs { position_independent: header.e_type(endian) == elf::ET_DYN, ..Needs::default() };
    for segment in file.elf_program_headers() {
        needs.interpreter |= segment.p_type(endian) == elf::PT_INTERP;
        let entries = segment.dynamic(endian, bytes)?.unwrap_or_default();
        needs.libraries |= entries.iter().any(|entry| entry.tag(endian) == elf::DT_NEEDED);
    }
    Ok(needs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_program_needs_a_loader_and_libraries() {
        let bytes = std::fs::read("/proc/self/exe").unwrap();
        let needs = needs(&bytes).unwrap();
        assert!(needs.interpreter && needs.libraries);
    }

    #[test]
    fn bytes_that_are_no_program_are_an_error() {
        assert!(needs(b"\x7fELF").is_err());
    }
}
