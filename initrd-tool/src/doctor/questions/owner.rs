//! "Which driver owns the GPU, and which was first?"

use crate::doctor::answer::{Says, Tone};
use crate::doctor::case::{Case, unseen};
use nvpreflight::driver::said::{Parts, kernel, nvidia};
use nvpreflight::facts::LogRecord;
use nvpreflight::seen::Seen;
use nvpreflight::text::Seconds;

/// Lines by which a driver shows that it has taken a display device, and its name.
const TAKES: [(Parts, &str); 10] = [
    (&[kernel::EFIFB], "efifb"),
    (&[kernel::VESAFB], "vesafb"),
    (&[kernel::SIMPLEDRM], "simpledrm"),
    (kernel::NOUVEAU, "nouveau"),
    (&[kernel::NOVA_CORE], "nova_core"),
    (&[kernel::NOVA_DRM], "nova_drm"),
    (&[kernel::NVIDIAFB], "nvidiafb"),
    (kernel::VFIO_VGA, "vfio_pci"),
    (&[nvidia::LOADING], "nvidia"),
    (&[nvidia::CARD], "nvidia_drm"),
];

pub(super) fn answer(c: &Case<'_>) -> Says {
    if c.before_boot() {
        return Says::plain("an image runs nothing: see \"next boot\"");
    }
    let taken = taken(c);
    let order: Vec<String> = taken
        .iter()
        .map(|(who, r)| match r.us {
            0 => (*who).to_owned(),
            us => format!("{who} {}", Seconds(us)),
        })
        .collect();
    let order =
        if order.is_empty() { String::new() } else { format!(" (in order: {})", order.join(", ")) };
    let says = match &c.facts.pci {
        // A log names the GPUs, and not who has them.
        Seen::Yes(_)
            if !c.facts.nvidia_gpus().any(|gpu| gpu.driver.is_yes() || gpu.driver.is_absent())
                && !taken.is_empty() =>
        {
            by_log(c, &taken, &order)
        }
        Seen::Yes(_) => {
            let gpus: Vec<_> = c.facts.nvidia_gpus().collect();
            if gpus.is_empty() {
                return Says::plain("there is no NVIDIA GPU on the PCI bus");
            }
            let named: Vec<String> = gpus
                .iter()
                .map(|gpu| match &gpu.driver {
                    Seen::Yes(driver) => format!("{} has {driver}", gpu.bdf),
                    Seen::Absent => format!("{} has no driver", gpu.bdf),
                    other => format!("{}: {}", gpu.bdf, unseen("its driver", other)),
                })
                .collect();
            let tone = match c.found(&[501, 502, 523]) {
                Some(_) => Tone::Bad,
                None if gpus.iter().all(|gpu| gpu.driven_by("nvidia")) => Tone::Good,
                None if gpus.iter().all(|gpu| gpu.driver.is_yes()) => Tone::Plain,
                None => Tone::Careful,
            };
            Says::new(tone, format!("{}{order}", named.join(", ")))
        }
        other if taken.is_empty() => return Says::unknown(unseen("the PCI bus", other)),
        _ => by_log(c, &taken, &order),
    };
    says.all(taken.iter().map(|(_, record)| Case::logged(record)))
        .maybe(c.found(&[501, 502, 523]).map(Case::shown))
}

fn by_log(c: &Case<'_>, taken: &[(&'static str, &LogRecord)], order: &str) -> Says {
    let tone = if c.found(&[501, 502]).is_some() { Tone::Bad } else { Tone::Plain };
    let last = taken.last().map_or("", |(who, _)| who);
    Says::new(tone, format!("according to the log, {last} came last{order}"))
}

/// First line of each driver, in order of time.
fn taken<'a>(c: &'a Case<'_>) -> Vec<(&'static str, &'a LogRecord)> {
    let mut out: Vec<_> = TAKES
        .iter()
        .filter_map(|(holds, who)| c.facts.logged(holds).map(|record| (*who, record)))
        .collect();
    out.sort_by_key(|(_, record)| record.us);
    out
}
