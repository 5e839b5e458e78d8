//! The `.modinfo` section: NUL-terminated `key=value` strings
//! (include/linux/moduleparam.h `__MODULE_INFO`).

use super::Module;
use nvpreflight::facts::image::Modinfo;
use nvpreflight::text::{Line, Name, Value, kernel_name};

/// Entries kept of each list. amdgpu names some eight hundred firmware files and
/// nvidia fifty parameters; what is beyond this is no real module's.
const LIST_MAX: usize = 4096;

impl Module<'_> {
    /// Every `key=value` of `.modinfo`, in order, lossless.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let section = self.section(".modinfo").unwrap_or(&[]);
        section.split(|b| *b == 0).filter_map(|text| {
            let at = text.iter().position(|b| *b == b'=')?;
            Some((text.get(..at)?, text.get(at + 1..)?))
        })
    }

    /// The fields that rules ask for. Of a key that stands once by design the
    /// first counts, as in the kernel (`get_modinfo`).
    #[must_use]
    pub fn modinfo(&self) -> Modinfo {
        let mut info = Modinfo::default();
        for (key, value) in self.fields() {
            match key {
                b"name" if info.name.is_empty() => info.name = kernel_name(value),
                b"version" if info.version.is_empty() => info.version = Value::from_bytes(value),
                b"vermagic" if info.vermagic.is_empty() => {
                    info.vermagic = Value::from_bytes(value.trim_ascii());
                }
                b"license" if info.license.is_empty() => info.license = Value::from_bytes(value),
                b"depends" => {
                    let names = value.split(|b| *b == b',').filter(|name| !name.is_empty());
                    info.depends.extend(names.take(LIST_MAX).map(Name::from_bytes));
                }
                b"parm" | b"parmtype" => {
                    let name = Name::from_bytes(value.split(|b| *b == b':').next().unwrap_or(&[]));
                    // parm and parmtype of one parameter stand side by side.
                    if info.parms.len() < LIST_MAX && !info.parms.iter().rev().any(|p| *p == name) {
                        info.parms.push(name);
                    }
                }
                b"firmware" if info.firmware.len() < LIST_MAX => {
                    info.firmware.push(Line::from_bytes(value));
                }
                b"softdep" if info.softdeps.len() < LIST_MAX => {
                    info.softdeps.push(Line::from_bytes(value));
                }
                _ => {}
            }
        }
        info
    }
}
