//! The value in force: read where the kernel or the driver shows it, else what the
//! lines and the default make it, with the reason why it was not read.

use super::lines::{Loader, files_seen, loader, no_parameter};
use super::{Default, Effect, InForce, Line};
use nvpreflight::facts::{Facts, ParamSource};
use nvpreflight::reading::options::{gives, same_value};
use nvpreflight::seen::Seen;
use nvpreflight::text::same_name;

/// The path of the driver's own list.
const NV_PARAMS: &str = "proc/driver/nvidia/params";

/// The value of a parameter.
pub(super) fn of(
    facts: &Facts,
    module: &str,
    name: &str,
    default: &Default,
    lines: &[Line],
) -> InForce {
    let read = read(facts, module, name);
    match (read, no_parameter(facts, module, name)) {
        (Ok((value, source)), _) => {
            let set_by = set_by(facts, module, &value, default, lines);
            InForce::Read { value, source, set_by }
        }
        (Err(_), Some(why)) => InForce::Unknown { why },
        (Err(Unread::Final(why)), _) => InForce::Unknown { why },
        (Err(Unread::Predict(because)), _) => predict(facts, module, default, lines, because),
    }
}

/// Why a value was not read.
enum Unread {
    /// There is none.
    Final(String),
    /// There is or will be one, which did not show.
    Predict(String),
}

fn read(facts: &Facts, module: &str, name: &str) -> Result<(String, String), Unread> {
    if facts.look.is_of_files() {
        return Err(Unread::Predict("not booted yet".into()));
    }
    let list = &facts.modules.params;
    let param = list.iter().find(|p| same_name(&p.module, module) && same_name(&p.name, name));
    let path = match param.map(|param| param.source) {
        Some(ParamSource::NvProc) => NV_PARAMS.to_owned(),
        None if name.starts_with("NVreg_") => NV_PARAMS.to_owned(),
        _ => format!("sys/module/{module}/parameters/{name}"),
    };
    if let Some(Seen::Yes(value)) = param.map(|param| &param.value) {
        return Ok((value.to_string(), path));
    }
    let seen = facts.modules.proc.is_yes() || facts.modules.sysfs.is_yes();
    if !seen {
        return Err(Unread::Predict("the loaded modules are unknown".into()));
    }
    if facts.modules.up(module).is_none() {
        return Err(Unread::Final(format!("{module} is not loaded")));
    }
    let state = match param {
        Some(param) => param.value.status(),
        None if path == NV_PARAMS => facts.modules.nv_params,
        None => Seen::NotLooked,
    };
    Err(match state {
        Seen::Absent if path == NV_PARAMS => Unread::Predict(format!("{path} is not there")),
        Seen::Absent => Unread::Final(format!("{module} has no parameter {name} ({path})")),
        Seen::Unreadable(e) => Unread::Predict(format!("{path} could not be read: {e}")),
        Seen::Yes(()) => Unread::Predict(format!("{path} does not list it")),
        Seen::NotLooked => Unread::Predict(format!("{path} was not checked")),
    })
}

/// The place of the line that gives this value; the default where no line counts.
fn set_by(
    facts: &Facts,
    module: &str,
    value: &str,
    default: &Default,
    lines: &[Line],
) -> Option<String> {
    let counts = lines.iter().find(|line| line.effect == Effect::Counts);
    if let Some(line) = counts {
        return gives(line.value.as_deref(), value).then(|| line.place.clone());
    }
    let is_default = matches!(default, Default::Is { value: is, .. } if same_value(is, value));
    (is_default && files_seen(facts, module)).then(|| "the driver's default".to_owned())
}

fn predict(
    facts: &Facts,
    module: &str,
    default: &Default,
    lines: &[Line],
    because: String,
) -> InForce {
    if let Some(line) = lines.iter().find(|line| line.effect == Effect::Counts) {
        let value = line.value.clone().unwrap_or_default();
        return InForce::Predicted { value, source: line.place.clone(), because };
    }
    if !files_seen(facts, module) {
        let why = match loader(facts, module) {
            Loader::Root => {
                format!("this initrd does not load {module}, and its root is unknown")
            }
            Loader::Initrd => format!("{because}, nor was the modprobe.d of the initrd"),
            Loader::Here => format!("{because}, nor was modprobe.d"),
        };
        return InForce::Unknown { why };
    }
    match default {
        Default::Is { value, as_of: Some(newest) } => InForce::Unknown {
            why: format!(
                "not set, and this driver is newer than this tool knows: {value} in {newest}"
            ),
        },
        Default::Is { value, as_of: None } => {
            let value = value.clone();
            let because = match facts.config.cmdline.is_yes() {
                true => because,
                false => format!("{because}; the kernel command line is unknown"),
            };
            InForce::Predicted { value, source: "the driver's default".into(), because }
        }
        Default::NoParameter => {
            InForce::Unknown { why: "this version has no such parameter".into() }
        }
        Default::Unknown { why } => {
            InForce::Unknown { why: format!("not set, and its default is unknown: {why}") }
        }
    }
}
