//! Where every option of the stack comes from: the default of this version, each
//! line by stage and place, what shadows it, the value in force. Takes facts,
//! reads nothing itself and judges nothing.

mod force;
mod lines;
mod text;

#[cfg(test)]
mod tests;

pub use text::{default_words, effect_words, in_force_words, nobody_words, render};

use nvpreflight::driver::defaults;
use nvpreflight::facts::{Facts, STACK};
use nvpreflight::text::same_name;
use serde::Serialize;
use std::collections::BTreeSet;

/// Parameters that get a table although no line sets them: what they are without
/// one depends on the driver's version, or decides about display and suspend.
const OF_INTEREST: [(&str, &str); 7] = [
    ("nvidia", "NVreg_DynamicPowerManagement"),
    ("nvidia", "NVreg_EnableGpuFirmware"),
    ("nvidia", "NVreg_OpenRmEnableUnsupportedGpus"),
    ("nvidia", "NVreg_PreserveVideoMemoryAllocations"),
    ("nvidia", "NVreg_UseKernelSuspendNotifiers"),
    ("nvidia_drm", "fbdev"),
    ("nvidia_drm", "modeset"),
];

/// Everything known of one parameter of the stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Provenance {
    /// The module in kernel spelling, one of the four.
    pub module: String,
    /// The parameter as the module names it, `NVreg_` included.
    pub parameter: String,
    /// What it is when nobody sets it.
    pub default: Default,
    /// Every line that names it, in the order in which the kernel sees them; those
    /// of a stage that does not load the module stand first.
    pub lines: Vec<Line>,
    /// The value in force, or what it will be.
    pub in_force: InForce,
}

/// The driver's own default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Default {
    /// It has this value in this version.
    Is {
        /// As the kernel shows it.
        value: String,
        /// Set where the version is newer than the table: the newest one known.
        as_of: Option<&'static str>,
    },
    /// This version has no such parameter.
    NoParameter,
    /// Nobody knows.
    Unknown {
        /// Why.
        why: String,
    },
}

/// Whose configuration a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The initrd's modprobe.d.
    Initrd,
    /// The root file system's modprobe.d.
    Root,
    /// The modprobe.d of a directory that may be either.
    Directory,
    /// The kernel command line, which every stage passes on.
    CommandLine,
}

impl Stage {
    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initrd => "initrd",
            Self::Root => "root",
            Self::Directory => "directory",
            Self::CommandLine => "cmdline",
        }
    }
}

/// One `name=value` of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// Whose it is.
    pub stage: Stage,
    /// "etc/modprobe.d/nvidia.conf:2", "kernel command line, word 7".
    pub place: String,
    /// The value as written; `None` for a bare word.
    pub value: Option<String>,
    /// The line as it reads, white space folded.
    pub line: String,
    /// Effect.
    pub effect: Effect,
}

/// What becomes of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Effect {
    /// The kernel takes it.
    Counts,
    /// A later one of the same parameter takes its place (kernel/params.c
    /// `parse_args`: the last counts).
    Overridden {
        /// The place of the one that counts.
        by: String,
        /// Whether that one says the same.
        same: bool,
    },
    /// The module is loaded by another stage, or by nobody that shows.
    OtherStage {
        /// Why, in words.
        why: String,
    },
    /// It reaches no parameter.
    Misses {
        /// Why, in words.
        why: String,
    },
}

/// The value in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum InForce {
    /// The kernel or the driver shows it.
    Read {
        /// As it is shown.
        value: String,
        /// The path it was read from.
        source: String,
        /// The place of the line that set it; `None` when no line seen here says
        /// this value.
        set_by: Option<String>,
    },
    /// What the lines and the default make it.
    Predicted {
        /// The value as written, or the default; "" for a bare word.
        value: String,
        /// The place of the line, or "the driver's default".
        source: String,
        /// Why it was not read.
        because: String,
    },
    /// It cannot be told.
    Unknown {
        /// Why.
        why: String,
    },
}

impl InForce {
    /// The value, read or predicted.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Read { value, .. } | Self::Predicted { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }
}

/// A table for each parameter that a line names, and for those of interest where the
/// driver's version is known; by module in the order of the stack, then by name.
#[must_use]
pub fn tables(facts: &Facts) -> Vec<Provenance> {
    let all = lines::all(facts);
    let mut names: BTreeSet<(usize, String)> =
        all.iter().map(|found| (found.module, found.parameter.clone())).collect();
    if facts.driver_version().is_some() {
        let index = |module: &str| STACK.iter().position(|m| *m == module);
        for (module, name) in OF_INTEREST {
            let known =
                |(at, set): &(usize, String)| Some(*at) == index(module) && same_name(set, name);
            if !names.iter().any(known) {
                names.extend(index(module).map(|at| (at, name.to_owned())));
            }
        }
    }
    names
        .into_iter()
        .filter_map(|(at, parameter)| {
            let module = *STACK.get(at)?;
            let default = default(facts, module, &parameter);
            let of_it = |found: &&lines::Found| found.module == at && found.parameter == parameter;
            let mut lines: Vec<Line> =
                all.iter().filter(of_it).map(|found| found.line.clone()).collect();
            lines::settle(facts, module, &parameter, &mut lines);
            let in_force = force::of(facts, module, &parameter, &default, &lines);
            Some(Provenance { module: module.to_owned(), parameter, default, lines, in_force })
        })
        .collect()
}

fn default(facts: &Facts, module: &str, parameter: &str) -> Default {
    let unknown = |why: String| Default::Unknown { why };
    let Some(version) = facts.driver_version() else {
        return unknown("the driver's version was not seen".into());
    };
    let branch = |version: &str| {
        let branch = version.split('.').next().unwrap_or_default();
        nvpreflight::text::decimal(branch.as_bytes())
    };
    // Releases of one branch keep their defaults; those of a newer one were not seen.
    let newer = branch(version) > branch(defaults::NEWEST);
    let asked = if newer { defaults::NEWEST } else { version };
    match defaults::of(asked, module, parameter) {
        Some(defaults::Default::Is(value)) => {
            Default::Is { value: value.into(), as_of: newer.then_some(defaults::NEWEST) }
        }
        Some(defaults::Default::NoParameter) if !newer => Default::NoParameter,
        _ => unknown(format!("not in the table of defaults for {version}")),
    }
}
