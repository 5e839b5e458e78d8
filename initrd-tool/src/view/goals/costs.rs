//! What an early driver costs: bytes in the initrd, and whether they fit.

use super::machine::Machine;
use crate::base::print::Size;
use nvpreflight::driver::defaults::NEWEST;
use nvpreflight::driver::gpu_names;

/// With the open modules each GSP file has 25 to 38 MB unpacked, and a closure made
/// from the module's own list has both (measured, 550.163.01; NVP409).
const USUAL: &str = "the modules and, for open modules, GSP firmware (25 to 38 MB per file)";

/// Sentences on the size; never empty.
pub(super) fn of(m: &Machine) -> Vec<String> {
    let mut out = Vec::new();
    match m.initrd {
        Some(initrd) if initrd.brings => out.push(format!(
            "of this initrd's {}, the driver's modules take {} (unpacked) and its firmware {}",
            Size(initrd.size),
            Size(initrd.modules),
            Size(initrd.firmware)
        )),
        Some(initrd) if initrd.size > 0 => {
            out.push(format!(
                "this initrd has {} without the driver; add {USUAL}",
                Size(initrd.size)
            ));
        }
        _ => out.push(format!("the initrd grows by {USUAL}")),
    }
    if let [gpu] = m.gpus.as_slice() {
        if let Some(file) = firmware(&gpu.id, m.version.as_deref()) {
            out.push(format!("this GPU only needs {file} (NVP409 lists unused files)"));
        }
    }
    if let Some((folder, free)) = &m.room {
        out.push(format!("{} are free in {folder}", Size(*free)));
    }
    if m.open.is_none() && m.version.is_none() {
        out.push("driver not found: its flavour is unknown".to_owned());
    }
    out
}

/// The one GSP file that a GPU takes; where no driver is known, with a current one.
fn firmware(id: &str, version: Option<&str>) -> Option<&'static str> {
    let device = u16::from_str_radix(id.split_once(':')?.1, 16).ok()?;
    let branch = version.unwrap_or(NEWEST).split('.').next()?.parse().ok()?;
    gpu_names::firmware(device, branch)
}
