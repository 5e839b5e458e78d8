//! One line of /proc/driver/nvidia/params (nvidia/nv-procfs.c): `Name: 18` or
//! `Name: "text"`, without the `NVreg_` prefix the module parameter carries.

use crate::text::{Line, Name, trim};

/// Parses a line into the parameter's module name (`NVreg_…`) and value;
/// `None` when it is not one.
#[must_use]
pub fn line(line: &[u8]) -> Option<(Name, Line)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let (name, rest) = line.split_at_checked(colon)?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    if name.is_empty() || !name.iter().all(plain) {
        return None;
    }
    let value = trim(rest.get(1..)?);
    let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
    let mut full = Name::from("NVreg_");
    // The one entry that is listed under another name than its parameter.
    full.push_bytes(match name {
        b"RmProfilingAdminOnly" => b"RestrictProfilingToAdminUsers",
        name => name,
    });
    Some((full, Line::from_bytes(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Name, Line)> {
        line(text.as_bytes())
    }

    #[test]
    fn numbers_and_texts_get_the_parameters_full_name() {
        let (name, value) = read("EnableGpuFirmware: 18").unwrap();
        assert_eq!((name.as_str(), value.as_str()), ("NVreg_EnableGpuFirmware", "18"));
        let (_, value) = read("TemporaryFilePath: \"/var/tmp\"").unwrap();
        assert_eq!(value.as_str(), "/var/tmp");
        assert_eq!(read("RmMsg: \"\"").unwrap().1.as_str(), "");
    }

    #[test]
    fn the_one_renamed_entry_is_found_under_its_parameter() {
        let (name, _) = read("RmProfilingAdminOnly: 1").unwrap();
        assert_eq!(name.as_str(), "NVreg_RestrictProfilingToAdminUsers");
    }

    #[test]
    fn what_is_no_entry_is_none() {
        for odd in ["", "no colon", ": 1", "a b: 1", "\u{fffd}: 1"] {
            assert_eq!(read(odd), None);
        }
    }
}
