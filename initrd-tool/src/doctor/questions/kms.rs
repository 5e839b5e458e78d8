//! "Which values of modeset and fbdev are in force, and what set them?"

use crate::doctor::answer::{Says, Tone};
use crate::doctor::case::{Case, unseen};
use nvpreflight::driver::defaults::{self, Default};
use nvpreflight::facts::Facts;
use nvpreflight::reading::options;
use nvpreflight::reading::{next_boot, wanted};
use nvpreflight::seen::Seen;

const MODULE: &str = "nvidia_drm";

pub(super) fn answer(c: &Case<'_>) -> Says {
    let (f, up) = (c.facts, c.is_up(MODULE));
    if !c.before_boot() && up == Some(false) {
        return match options::last(f, MODULE, "modeset") {
            Some(set) => Says::plain(format!(
                "nvidia_drm is not loaded; it would load with modeset={}",
                set.value
            ))
            .seen(set.place, set.line.as_options()),
            None => Says::plain("nvidia_drm is not loaded, and modeset is not set"),
        };
    }
    let modeset = parameter(c, "modeset");
    let fbdev = parameter(c, "fbdev");
    let tone = match modeset.on {
        Some(true) => Tone::Good,
        Some(false) if wanted::computes_only(f, c.want) => Tone::Plain,
        Some(false) => Tone::Bad,
        None => Tone::Unknown,
    };
    // Without the firmware framebuffer driver nobody else can draw a console.
    let tone = match (tone, fbdev.on) {
        (Tone::Good, Some(false)) => Tone::Careful,
        (tone, _) => tone,
    };
    let mut says = Says::new(tone, format!("{}; {}", modeset.text, fbdev.text));
    for name in ["modeset", "fbdev"] {
        for set in options::of(f, MODULE).filter(|set| same(set.name, name)) {
            says = says.seen(set.place, set.line.as_options());
        }
        if let Seen::Yes(value) = f.modules.param(MODULE, name) {
            says = says.seen(format!("sys/module/{MODULE}/parameters/{name}"), value);
        }
    }
    says
}

fn same(a: &str, b: &str) -> bool {
    nvpreflight::text::same_name(a, b)
}

struct Parameter {
    on: Option<bool>,
    text: String,
}

/// "modeset=Y, set by etc/modprobe.d/a.conf:1".
fn parameter(c: &Case<'_>, name: &'static str) -> Parameter {
    let f = c.facts;
    let set = options::last(f, MODULE, name);
    let by = match &set {
        Some(set) => format!("set by {}", set.place),
        None => by_default(f, name),
    };
    let read = f.modules.param(MODULE, name);
    // A value that no line seen here gives came from a line elsewhere, such as one
    // that only the initrd had.
    let by = match (&set, read.yes()) {
        (None, Some(value)) if !is_default(f, name, value) => {
            format!("set by no known line; {by} differs")
        }
        (Some(set), Some(value)) if !options::gives(set.has_value.then_some(set.value), value) => {
            format!("set by no line that is seen here; {} says {}", set.place, set.value)
        }
        _ => by,
    };
    if c.before_boot() {
        return match next_boot::value(f, MODULE, name) {
            next_boot::Value::Set(set) => {
                let value = if set.has_value { set.value.to_string() } else { "Y".into() };
                Parameter {
                    on: options::boolean(&value),
                    text: format!("{name} will be {value}, {by}"),
                }
            }
            next_boot::Value::Default(value) => Parameter {
                on: options::boolean(value),
                text: format!("{name} will be {value}, {by}"),
            },
            next_boot::Value::None => {
                Parameter { on: None, text: format!("this version has no {name}") }
            }
            next_boot::Value::Unknown => Parameter {
                on: None,
                text: format!("{name}: not set, and this version's default is unknown"),
            },
        };
    }
    match read {
        Seen::Yes(value) => {
            Parameter { on: options::boolean(value), text: format!("{name}={value}, {by}") }
        }
        Seen::Absent if f.driver_version().is_none() => {
            Parameter { on: None, text: format!("{name}: nvidia_drm was not found") }
        }
        Seen::Absent if name == "fbdev" => {
            Parameter { on: None, text: "this version has no fbdev".into() }
        }
        other => {
            // The parameters are root's (0400, nvidia-drm-linux.c); connectors tell.
            let lit =
                name == "modeset" && f.nvidia_drm_devices().any(|card| !card.connectors.is_empty());
            let why = unseen("its value", &other);
            let text = match (lit, &set) {
                (true, _) => format!("{name} is on, as the card has connectors ({by})"),
                (false, Some(set)) => format!("{name}: {why}; {} says {}", set.place, set.value),
                (false, None) => format!("{name}: {why}"),
            };
            Parameter { on: lit.then_some(true), text }
        }
    }
}

/// True where the value is the default, or the default is not known.
fn is_default(f: &Facts, name: &str, value: &str) -> bool {
    match f.driver_version().and_then(|version| defaults::of(version, MODULE, name)) {
        Some(Default::Is(default)) => options::same_value(default, value),
        Some(Default::NoParameter) | None => true,
    }
}

fn by_default(f: &Facts, name: &str) -> String {
    let Some(version) = f.driver_version() else { return "the driver's default".into() };
    match defaults::of(version, MODULE, name) {
        Some(Default::Is(value)) => format!("the default of {version} ({value})"),
        Some(Default::NoParameter) => format!("{version} does not have it"),
        None => format!("the default of {version}"),
    }
}
