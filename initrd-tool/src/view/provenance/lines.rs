//! The lines that name parameters of the stack, and what becomes of each. As kmod
//! merges them: files by name, then the command line; the last of a name counts.

use super::{Effect, Line, Stage};
use nvpreflight::driver::parameters;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::image::{Image, Kind};
use nvpreflight::facts::{Config, Facts, Look, Origin, Phase, STACK};
use nvpreflight::kmod::fnmatch::fnmatch;
use nvpreflight::reading::next_boot;
use nvpreflight::reading::options::{self, Setting, same_setting};
use nvpreflight::text::{kernel_name, same_name};

/// A line with what it is about.
pub(super) struct Found {
    /// Index into `STACK`.
    pub(super) module: usize,
    pub(super) parameter: String,
    pub(super) line: Line,
}

/// Every line, each stage in kmod's order, the command line last.
pub(super) fn all(facts: &Facts) -> Vec<Found> {
    let here = match (facts.look, facts.phase) {
        (Look::Root, _) => Stage::Directory,
        (Look::Image, _) | (_, Phase::Initrd) => Stage::Initrd,
        (Look::Live | Look::Log, _) => Stage::Root,
    };
    let root = facts.image.yes().and_then(|image| image.root.yes());
    let mut found = of_config(facts, &facts.config, here);
    if let Some(root) = root {
        found.extend(
            of_config(facts, &root.config, Stage::Root)
                .into_iter()
                .filter(|found| found.line.stage != Stage::CommandLine),
        );
    }
    // Stable: within a stage the order is kmod's.
    found.sort_by_key(|found| found.line.stage);
    found
}

fn of_config(facts: &Facts, config: &Config, stage: Stage) -> Vec<Found> {
    let mut out = Vec::new();
    for setting in options::all_in(config) {
        let parameter = kernel_name(setting.name.as_bytes()).to_string();
        let exact = STACK.iter().position(|module| same_name(module, setting.module));
        let (at, effect) = match exact {
            Some(at) => {
                let module = STACK.get(at).copied().unwrap_or_default();
                (at, no_parameter(facts, module, &parameter).map_or(Effect::Counts, misses))
            }
            None => match STACK.iter().position(|module| means(setting.module, module)) {
                Some(at) => (at, misses(nobody(at, setting.module))),
                None => continue,
            },
        };
        out.push(Found { module: at, parameter, line: line(&setting, stage, effect) });
    }
    out
}

fn line(setting: &Setting<'_>, stage: Stage, effect: Effect) -> Line {
    let cmdline = setting.origin == Origin::Cmdline;
    let value = setting.has_value.then(|| setting.value.to_string());
    Line {
        stage: if cmdline { Stage::CommandLine } else { stage },
        place: setting.place.to_string(),
        line: match (cmdline, &value) {
            (true, Some(value)) => format!("{}.{}={value}", setting.module, setting.name),
            (true, None) => format!("{}.{}", setting.module, setting.name),
            (false, _) => setting.line.as_options().to_string(),
        },
        value,
        effect,
    }
}

const fn misses(why: String) -> Effect {
    Effect::Misses { why }
}

/// True when the author of a name that kmod takes for another module meant this one.
fn means(written: &str, module: &str) -> bool {
    let wild = written.contains(['*', '?', '[']);
    let written = written.replace('-', "_");
    match wild {
        true => fnmatch(written.as_bytes(), module.as_bytes()),
        false => written.eq_ignore_ascii_case(module),
    }
}

fn nobody(at: usize, written: &str) -> String {
    let module = STACK.get(at).copied().unwrap_or_default();
    format!("kmod compares the name {written} exactly; the module is {module}")
}

/// Why a module has no parameter of that name, where that is known: from the module
/// file, from the kernel's own message, or because another module of the stack has it.
pub(super) fn no_parameter(facts: &Facts, module: &str, name: &str) -> Option<String> {
    let info = facts.image.yes().and_then(|image| image.module(module)?.modinfo.yes());
    let declared = info.map(|info| info.parms.iter().any(|parm| same_name(parm, name)));
    if declared == Some(true) || parameters::OF_EVERY_MODULE.contains(&name) {
        return None;
    }
    let refused = facts.records().iter().any(|record| {
        parameters::ignored(&record.text)
            .is_some_and(|(m, n)| same_name(m, module) && same_name(n, name))
    });
    let other = parameters::owner(name).filter(|owner| !same_name(owner, module));
    // modinfo of a shortened module may declare nothing at all.
    let absent = declared == Some(false) && info.is_some_and(|info| !info.parms.is_empty());
    if !refused && !absent && other.is_none() {
        return None;
    }
    Some(match (other, parameters::nearest(module, name)) {
        (Some(other), _) => format!("{name} is a parameter of {other}, not of {module}"),
        (None, Some(near)) => format!("{module} has no parameter {name}; similar: {near}"),
        (None, None) => format!("{module} has no parameter {name}"),
    })
}

/// Who loads a module, as far as it concerns whose lines count.
pub(super) enum Loader {
    /// The initrd does.
    Initrd,
    /// The root does.
    Root,
    /// The stage that was looked at.
    Here,
}

/// The stage that loads the module.
pub(super) fn loader(facts: &Facts, module: &str) -> Loader {
    let up_in_initrd = |facts: &Facts| {
        let report = facts.initrd.yes();
        report.is_some_and(|report| report.modules.iter().any(|m| same_name(m, module)))
    };
    match (facts.phase, facts.image.yes()) {
        (Phase::Image, Some(image)) => of_image(facts, image, module),
        (Phase::PreDisplay, _) if up_in_initrd(facts) => Loader::Initrd,
        _ => Loader::Here,
    }
}

fn of_image(facts: &Facts, image: &Image, module: &str) -> Loader {
    match image.kind {
        Kind::Directory => Loader::Here,
        Kind::Initrd | Kind::Uki => {
            let want = Expectations::default();
            let loads = next_boot::loads(facts, &want, module);
            if loads { Loader::Initrd } else { Loader::Root }
        }
    }
}

/// Settles which of the lines of one parameter counts.
pub(super) fn settle(facts: &Facts, module: &str, parameter: &str, lines: &mut [Line]) {
    let loader = loader(facts, module);
    for line in lines.iter_mut().filter(|line| line.effect == Effect::Counts) {
        let why = match (&loader, line.stage) {
            (Loader::Initrd, Stage::Root) if facts.phase == Phase::PreDisplay => {
                format!("{module} was loaded in the initrd, which used its own copy of this file")
            }
            (Loader::Initrd, Stage::Root) => {
                format!("the initrd loads {module}, and reads only its own files")
            }
            (Loader::Root, Stage::Initrd) => {
                format!("this initrd does not load {module}; the root's files apply")
            }
            _ => continue,
        };
        line.effect = Effect::OtherStage { why };
    }
    let last = lines.iter().rposition(|line| line.effect == Effect::Counts);
    let Some((before, counts)) = last.and_then(|at| {
        let (before, rest) = lines.split_at_mut_checked(at)?;
        Some((before, rest.first()?))
    }) else {
        return;
    };
    for line in before.iter_mut().filter(|line| line.effect == Effect::Counts) {
        let [a, b] = [&line.value, &counts.value].map(Option::as_deref);
        let same = same_setting(module, parameter, a, b) == Some(true);
        line.effect = Effect::Overridden { by: counts.place.clone(), same };
    }
}

/// True when the modprobe.d that decides about a module was seen.
pub(super) fn files_seen(facts: &Facts, module: &str) -> bool {
    let seen = |config: &Config| config.files.is_yes() || config.files.is_absent();
    match (loader(facts, module), facts.phase) {
        (Loader::Initrd, Phase::PreDisplay) => false,
        (Loader::Root, _) => {
            let root = facts.image.yes().and_then(|image| image.root.yes());
            root.is_some_and(|root| seen(&root.config))
        }
        _ => seen(&facts.config),
    }
}
