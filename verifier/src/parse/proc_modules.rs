//! One line of /proc/modules (kernel/module/procfs.c `m_show`):
//! `name size refcount users state address (taints)`.

use crate::facts::{Module, ModuleState};
use crate::seen::Seen;
use crate::text::{Name, decimal, kernel_name, words};

/// Parses a line; `None` when it is not one.
#[must_use]
pub fn line(line: &[u8]) -> Option<Module> {
    let mut words = words(line);
    let name = kernel_name(words.next()?);
    let size = decimal(words.next()?)?;
    let refcount = words.next()?;
    let _users = words.next()?;
    let state = match words.next()? {
        b"Live" => ModuleState::Live,
        b"Loading" => ModuleState::Loading,
        b"Unloading" => ModuleState::Unloading,
        _ => return None,
    };
    let taint = words.nth(1).map(|t| {
        Name::from_bytes(t.strip_prefix(b"(").unwrap_or(t).strip_suffix(b")").unwrap_or(t))
    });
    let mut module = Module::new(name, state);
    module.size = Seen::Yes(size);
    // Without CONFIG_MODULE_UNLOAD the kernel prints a dash.
    module.refcount = match decimal(refcount) {
        Some(n) => Seen::Yes(u32::try_from(n).unwrap_or(u32::MAX)),
        None => Seen::Absent,
    };
    module.taint = taint.map_or(Seen::Absent, Seen::Yes);
    Some(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_tainted_module_is_read_whole() {
        let m = line(b"nvidia_drm 118784 0 - Live 0xffffffffc1564000 (OE)").unwrap();
        assert_eq!(m.name, "nvidia_drm");
        assert_eq!(
            (m.state, m.size, m.refcount),
            (ModuleState::Live, Seen::Yes(118_784), Seen::Yes(0))
        );
        assert_eq!(m.taint.yes().unwrap().as_str(), "OE");
    }

    #[test]
    fn a_kernel_without_unloading_prints_dashes() {
        let m = line(b"drm 774144 - - Loading 0x0").unwrap();
        assert_eq!((m.state, m.refcount), (ModuleState::Loading, Seen::Absent));
    }

    #[test]
    fn what_is_no_module_line_is_none() {
        for odd in [
            &b""[..],
            b"nvidia",
            b"nvidia x 0 - Live 0x0",
            b"nvidia 1 0 - Dead 0x0",
            b"\xff\xff \xff",
        ] {
            assert_eq!(line(odd), None);
        }
    }
}
