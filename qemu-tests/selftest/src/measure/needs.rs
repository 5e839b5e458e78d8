//! Looks at the verifier's ELF file: whether it needs anything of the system
//! it will run on. It never runs it.

use goblin::elf::Elf;
use goblin::elf::header::ET_DYN;

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
pub fn needs(bytes: &[u8]) -> Result<Needs, goblin::error::Error> {
    let elf = Elf::parse(bytes)?;
    Ok(Needs {
        interpreter: elf.interpreter.is_some(),
        libraries: !elf.libraries.is_empty(),
        position_independent: elf.header.e_type == ET_DYN,
    })
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
