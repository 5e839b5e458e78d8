//! What systemd says of units that are steps of a boot: the splash, the display
//! manager, module loading, the switch of root. Texts of systemd's
//! src/core/job.c, unit.c, switch-root.c and src/modules-load/modules-load.c.

use super::{Lane, Step, Tone};
use crate::source::logs::Record;
use nvpreflight::driver::said::{display, programs, systemd};

/// A step told by systemd.
pub struct Told {
    /// Which.
    pub step: Step,
    /// What it means.
    pub tone: Tone,
    /// Whose: user space, or the module that was loaded.
    pub lane: Lane,
    /// In words.
    pub what: String,
}

/// What a record of systemd's tells; `text` is without "systemd[1]: ".
#[must_use]
pub fn told(speaker: &str, text: &str, record: &Record) -> Option<Told> {
    if speaker == systemd::LOADER {
        return inserted(text);
    }
    if speaker != programs::SYSTEMD {
        return None;
    }
    let told = |step, tone, what: String| Some(Told { step, tone, lane: Lane::UserSpace, what });
    if text.starts_with(systemd::SWITCH_ROOT) {
        return told(Step::SwitchRoot, Tone::Step, "switch-root".into());
    }
    let (word, tone) = if text.starts_with(systemd::STARTING) {
        ("starting", Tone::Step)
    } else if text.starts_with(systemd::STARTED) {
        ("started", Tone::Step)
    } else if text.starts_with(systemd::NOT_STARTED) || text.contains(systemd::FAILED) {
        ("failed", Tone::Bad)
    } else if text.contains(systemd::GAVE_UP) {
        ("given up after several starts", Tone::Bad)
    } else {
        return None;
    };
    if let Some(name) = display_manager(text, record) {
        return told(Step::DisplayManager, tone, format!("{name}: {word}"));
    }
    let splash = text.contains("plymouth-start.service") || text.contains(systemd::SPLASH);
    splash.then(|| format!("splash (plymouth): {word}")).and_then(|w| told(Step::Splash, tone, w))
}

/// The display manager that a record is about.
fn display_manager<'a>(text: &'a str, record: &'a Record) -> Option<&'a str> {
    let of_unit = record.unit.as_deref().filter(|unit| display::UNITS.contains(unit));
    of_unit.or_else(|| display::manager(text))
}

fn inserted(text: &str) -> Option<Told> {
    let quoted = |before: &str| {
        let name = text.strip_prefix(before)?.trim_start_matches('\'').split('\'').next()?;
        Some((Lane::of_module(name)?, name))
    };
    if let Some((lane, name)) = quoted(systemd::INSERTED) {
        let what = format!("modules-load: {name} inserted");
        return Some(Told { step: Step::Ready, tone: Tone::Step, lane, what });
    }
    let (lane, name) = quoted(systemd::NOT_INSERTED)?;
    let why = text.rsplit_once(": ").map_or("", |(_, why)| why);
    let what = format!("modules-load: {name} not inserted: {why}");
    Some(Told { step: Step::Fault, tone: Tone::Bad, lane, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str, unit: Option<&str>) -> Option<String> {
        let record = Record { unit: unit.map(str::to_owned), ..Record::default() };
        told("systemd", text, &record).map(|told| told.what)
    }

    #[test]
    fn a_display_manager_is_known_by_its_unit_its_text_or_its_description() {
        let by = |text, unit| what(text, unit).expect("a display manager");
        assert_eq!(by("Starting x...", Some("greetd.service")), "greetd.service: starting");
        assert_eq!(
            by("Started gdm.service - GNOME Display Manager.", None),
            "gdm.service: started"
        );
        assert_eq!(
            by("Started Simple Desktop Display Manager.", None),
            "Simple Desktop Display Manager: started"
        );
        assert_eq!(
            by("sddm.service: Failed with result 'exit-code'.", None),
            "sddm.service: failed"
        );
        assert_eq!(what("Started Display Manager Helper.", None), None);
        assert_eq!(what("Stopped gdm.service.", None), None);
    }

    #[test]
    fn modules_load_tells_what_it_inserted_and_what_it_could_not() {
        let told = |text| told("systemd-modules-load", text, &Record::default());
        let good = told("Inserted module 'nvidia-drm'").expect("a step");
        assert_eq!((good.lane, good.tone), (Lane::NvidiaDrm, Tone::Step));
        let bad = told("Failed to insert module 'nvidia_uvm': No such device").expect("a step");
        assert_eq!(bad.what, "modules-load: nvidia_uvm not inserted: No such device");
        assert!(told("Inserted module 'ext4'").is_none());
    }
}
