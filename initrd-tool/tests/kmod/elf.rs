//! The smallest file that depmod takes for a kernel module: a relocatable ELF with
//! .modinfo, exported names and undefined symbols.

/// What a module says of itself.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// `key=value` entries of .modinfo.
    pub info: Vec<String>,
    /// Names it exports.
    pub exports: Vec<String>,
    /// Names it uses.
    pub imports: Vec<String>,
}

const HEADER: usize = 64;
const ENTRY: usize = 64;

/// The bytes of a module file (System V ABI, ELF-64 object format).
pub fn module(module: &Module) -> Vec<u8> {
    let joined =
        |list: &[String]| list.iter().flat_map(|s| [s.as_bytes(), b"\0"].concat()).collect();
    let info: Vec<u8> = joined(&module.info);
    let exports: Vec<u8> = joined(&module.exports);
    let mut strings = vec![0u8];
    let mut symbols = vec![0u8; 24];
    for name in &module.imports {
        symbols.extend(u32::try_from(strings.len()).unwrap().to_le_bytes());
        // Global, no type, undefined section, no value and size.
        symbols.extend([0x10, 0, 0, 0]);
        symbols.extend([0; 16]);
        strings.extend(name.as_bytes());
        strings.push(0);
    }
    // Section types: 1 PROGBITS, 2 SYMTAB, 3 STRTAB.
    let sections: [(&str, u32, Vec<u8>, u32, u64); 5] = [
        (".modinfo", 1, info, 0, 0),
        ("__ksymtab_strings", 1, exports, 0, 0),
        (".strtab", 3, strings, 0, 0),
        (".symtab", 2, symbols, 3, 24),
        (".shstrtab", 3, Vec::new(), 0, 0),
    ];
    let mut names = vec![0u8];
    let mut table = vec![0u8; ENTRY];
    let mut body = Vec::new();
    for (name, kind, bytes, link, entry) in sections {
        let at = u32::try_from(names.len()).unwrap();
        names.extend(name.as_bytes());
        names.push(0);
        let bytes = if name == ".shstrtab" { names.clone() } else { bytes };
        table.extend(at.to_le_bytes());
        table.extend(kind.to_le_bytes());
        for word in [0, 0, (HEADER + body.len()) as u64, bytes.len() as u64] {
            table.extend(word.to_le_bytes());
        }
        table.extend(link.to_le_bytes());
        table.extend(1u32.to_le_bytes());
        table.extend(8u64.to_le_bytes());
        table.extend(entry.to_le_bytes());
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(8), 0);
    }
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [1u16, 62] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1u32.to_le_bytes());
    for word in [0, 0, (HEADER + body.len()) as u64] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes());
    for half in [HEADER as u16, 0, 0, ENTRY as u16, 6, 5] {
        file.extend(half.to_le_bytes());
    }
    file.extend(body);
    file.extend(table);
    file
}
