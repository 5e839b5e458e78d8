//! "Do I still need modeset=1, fbdev=1 or MODULES= with my version?"

use crate::doctor::answer::Says;
use crate::doctor::case::Case;
use nvpreflight::driver::defaults::{self, Default};
use nvpreflight::reading::options;

const MODULE: &str = "nvidia_drm";

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    let version = f.driver_version().or_else(|| c.initrd().and_then(|i| i.driver_version()));
    let Some(version) = version else {
        return Says::unknown("the driver version is unknown");
    };
    let mut parts = Vec::new();
    let mut says_evidence = Vec::new();
    let mut careful = false;
    for name in ["modeset", "fbdev"] {
        let set = options::last(f, MODULE, name);
        let default = defaults::of(version, MODULE, name);
        let part = match (default, &set) {
            (None, _) => format!("{name}: the default of {version} is unknown"),
            (Some(Default::NoParameter), Some(set)) => {
                careful = true;
                format!("{name}: {version} has no such parameter, {} does nothing", set.place)
            }
            (Some(Default::NoParameter), None) => format!("{name}: not in {version}"),
            (Some(Default::Is(value)), set) if options::boolean(value) == Some(true) => match set {
                Some(set) if options::boolean(set.value) == Some(false) => {
                    careful = true;
                    format!("{name}={} turns off what {version} has on by default", set.value)
                }
                Some(_) => format!("{name}=1 is the default of {version}: not needed"),
                None => format!("{name}=1: not needed, it is the default of {version}"),
            },
            (Some(Default::Is(_)), Some(set)) if options::boolean(set.value) == Some(true) => {
                format!("{name}=1 is needed: it is off by default in {version}")
            }
            (Some(Default::Is(_)), Some(set)) => {
                format!(
                    "{name}={} is also the default of {version}; a picture needs {name}=1",
                    set.value
                )
            }
            (Some(Default::Is(_)), None) => {
                careful |= name == "modeset" && c.found(&[201, 305]).is_some();
                format!(
                    "{name}=1 is needed for a picture: it is off by default in {version}, and not set"
                )
            }
        };
        parts.push(part);
        if let Some(set) = set {
            says_evidence.push(crate::doctor::Evidence {
                place: set.place.to_string(),
                text: set.line.as_options().to_string(),
            });
        }
    }
    parts.push("MODULES= only for an early display".to_owned());
    let text = parts.join("; ");
    let says = if careful { Says::careful(text) } else { Says::plain(text) };
    says.all(says_evidence).seen(
        "nvidia-drm-os-interface.c",
        "modeset is on by default from 595.44.02, fbdev from 570.86.15",
    )
}
