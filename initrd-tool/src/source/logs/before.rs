//! What stands before a line of a log that people or programs handled: quotes, numbers,
//! comments, a prefix that nobody knows. Never takes prose for a log.

use super::boots::MACHINE;
use super::line::{self, Line};
use super::markup;
use super::programs;
use super::record::Record;
use super::sender;
use nvpreflight::driver::said::programs::KERNEL;
use nvpreflight::driver::said::{kernel, nvidia};
use nvpreflight::parse::kmsg::Escapes;
use nvpreflight::text::screen::{Screen, joined};

/// How a kernel line begins that stands without time, host or level, beside those that
/// begin with a module's own name. Anything else may be prose.
const KERNEL_STARTS: [&str; 23] = [
    nvidia::NVRM_FUNCTION,
    "nvidia-drm: ",
    kernel::OF_MODESET,
    kernel::OF_UVM,
    kernel::OF_DRM,
    kernel::OF_PEERMEM,
    kernel::DRM,
    kernel::DRM_AT,
    "nvidia 0",
    "nouveau 0",
    "pci 0",
    kernel::NO_FIRMWARE,
    kernel::NVIDIA_FIRMWARE_FAILED,
    kernel::BANNER,
    kernel::KERNEL_COMMAND_LINE,
    kernel::COMMAND_LINE,
    kernel::OF_NVIDIA,
    kernel::IMAGE,
    kernel::HIBERNATION,
    kernel::LOCKDOWN,
    kernel::AMD_FAULT,
    kernel::DMAR_FAULT,
    "Loading of ",
];
/// Texts that nobody but the driver or the kernel's loader prints: a line is theirs
/// from there on, whatever an unknown program put before.
const DISTINCT: [&str; 12] = joined(
    nvidia::NAMES,
    [
        nvidia::DRM_FUNCTION,
        nvidia::DRM,
        kernel::PROBE_OF,
        kernel::NO_NVIDIA_FIRMWARE,
        kernel::NVIDIA_FIRMWARE_FAILED,
        "nvidia_modeset: Unknown symbol",
        "nvidia_drm: Unknown symbol",
    ],
);
static OF_DISTINCT: Screen<{ DISTINCT.len() }> = Screen::of(&DISTINCT);

/// What [`is_drivers`] looks for.
pub(super) fn distinct() -> impl Iterator<Item = &'static str> {
    DISTINCT.into_iter()
}

/// Whether a line holds words that only the driver's modules print.
pub(super) fn is_drivers(line: &str) -> bool {
    OF_DISTINCT.holds(&DISTINCT, line)
}

/// The line as a record, after what quoting and numbering put before it; with
/// `unmarked_too` also one that only its first word shows to be the kernel's.
pub(super) fn bare(line: &str, unmarked_too: bool) -> Option<Line> {
    let mut rest = line.trim_start();
    // A row of a table with several cells tells what messages mean.
    let unmarked_too = unmarked_too && !(rest.starts_with('|') && rest.contains(" | "));
    // Each round takes one thing off: a quote in a numbered quote has three.
    for _ in 0..4 {
        let found = line::parse(rest).or_else(|| commented(rest));
        if let Some(found) = found.or_else(|| unmarked(rest).filter(|_| unmarked_too)) {
            return Some(found);
        }
        match without_quote(rest).or_else(|| without_number(rest)) {
            Some(more) => rest = more.trim_start(),
            None => break,
        }
    }
    inside(line).filter(|_| unmarked_too)
}

/// A line with its stamp that stands in a comment of a script or a configuration.
fn commented(line: &str) -> Option<Line> {
    let text = line.trim_start_matches(['#', '/', ';']);
    line::parse(text.trim_start()).filter(|_| text.len() < line.len())
}

/// Words before a line's own stamp that are passed over.
const PREFIX_WORDS: usize = 8;

/// A line behind a prefix that is not known: a serial console's login prompt, a test
/// driver's or a build service's own words. Its own stamp tells where it begins, with
/// the kernel or a process as its writer, else a text that nobody else prints.
fn inside(line: &str) -> Option<Line> {
    if sender::is_harmless(line) {
        return None;
    }
    let boundary =
        |(at, c): (usize, char)| matches!(c, ' ' | '\t' | '|' | ':' | ']').then_some(at + 1);
    let begins = line.char_indices().filter_map(boundary).take(PREFIX_WORDS);
    let stamped = begins.filter_map(|at| line::parse(line.get(at..)?.trim_start())).find(|found| {
        let record = &found.record;
        record.time.is_some() && (record.kernel || record.pid.is_some())
    });
    let own = || {
        let at = DISTINCT.iter().filter_map(|text| line.find(text)).min()?;
        let free = line.get(..at)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        unmarked(line.get(at..)?).filter(|_| free)
    };
    stamped.or_else(own).or_else(|| quoted(line)).or_else(|| nameless(line))
}

/// What a sentence quotes: `nvidia_drm: unknown parameter`, between signs that open and close.
fn quoted(line: &str) -> Option<Line> {
    // A row of a table or of a configuration tells of no machine.
    let row = line.trim_start().starts_with('|') || line.contains(": \"");
    if row || sender::is_supposed(line) {
        return None;
    }
    // Within a quote of Markdown its own sign is escaped; the kernel has another one there.
    let line = line.replace("\\`", "'");
    let between = |sign: char| line.split(sign).skip(1).step_by(2);
    let whole = || line.split('“').skip(1).filter_map(|rest| rest.split('”').next());
    let quotes = between('`').chain(between('"')).chain(whole()).map(str::trim);
    // Which boot and machine it is, a sentence may tell of any other.
    let of_machine = |text: &str| MACHINE.iter().any(|start| text.starts_with(start));
    quotes.filter(|quote| !of_machine(quote)).map(small).find_map(|quote| {
        let quote = quote.as_str();
        let stamped = || line::parse(quote).filter(|found| found.record.time.is_some());
        let of_drm = || quote.starts_with(nvidia::DRM_MARK).then(|| kernels(quote));
        unmarked(quote)
            .or_else(of_drm)
            .or_else(stamped)
            .filter(|found| !of_machine(&found.record.text))
    })
}

/// A quote with the module's name as the kernel writes it: some begin even a quote with a
/// large letter.
fn small(quote: &str) -> String {
    match quote.strip_prefix("Nvidia") {
        Some(rest) if rest.starts_with([':', '_', '-']) => format!("nvidia{rest}"),
        _ => quote.to_owned(),
    }
}

/// Sentences of nvidia.ko of which people keep less than the line: its name is left out,
/// and what stands before them.
const NAMELESS: [&str; 9] = [
    nvidia::INIT_STEP,
    nvidia::ADAPTER_MINOR,
    nvidia::PROBES_FAILED,
    nvidia::PROBE_NOT_CALLED,
    nvidia::NONE_OF_DEVICES,
    nvidia::CLIENTS_VERSION,
    nvidia::NO_POWER_CABLES,
    nvidia::OFF_AND_MUTE,
    nvidia::BAR1_NOWHERE,
];
static OF_NAMELESS: Screen<{ NAMELESS.len() }> = Screen::of(&NAMELESS);

/// The same of nvidia-modeset.ko.
const OF_MODESET: [&str; 4] =
    [nvidia::ENGINE_IDLING, nvidia::ENGINE_STATE, nvidia::ENGINE_PROGRESS, nvidia::ENGINE_BUSY];
static OF_ENGINE: Screen<{ OF_MODESET.len() }> = Screen::of(&OF_MODESET);

/// Such a sentence with the driver's name put back, by which rules know it.
fn nameless(line: &str) -> Option<Line> {
    // "The NVIDIA GPU 0000:01:00.0 (PCI ID: …) installed in this system …".
    let a_gpu = nvidia::A_GPU.strip_prefix(nvidia::NVRM)?;
    let installed = line.find(a_gpu).and_then(|at| line.get(at..));
    if let Some(told) = installed.filter(|told| told.contains(nvidia::LEGACY_INSTALLED)) {
        return unmarked(&format!("{}{told}", nvidia::NVRM));
    }
    if OF_ENGINE.holds(&OF_MODESET, line) && !sender::is_supposed(line) {
        let at = OF_MODESET.iter().filter_map(|text| line.find(text)).min()?;
        return unmarked(&format!("{}{}", nvidia::MODESET, line.get(at..)?));
    }
    if !OF_NAMELESS.holds(&NAMELESS, line) {
        return None;
    }
    // Guides and notes on releases tell of these, too.
    let holds = |text: &str| line.contains(text);
    let told = holds(nvidia::NO_POWER_CABLES) && sender::is_supposed(line)
        || holds(nvidia::BAR1_NOWHERE) && (sender::is_supposed(line) || sender::is_note(line));
    // The rest of a line whose beginning stands above.
    let behind = line.trim_start().trim_start_matches("has ");
    if told || holds(nvidia::OFF_AND_MUTE) && !behind.starts_with(nvidia::OFF_AND_MUTE) {
        return None;
    }
    let at = NAMELESS.iter().filter_map(|text| line.find(text)).min()?;
    // "GPU 0000:01:00.0: " is the beginning of some of them.
    let gpu = line.get(..at)?.rfind("GPU ").filter(|gpu| at - gpu <= "GPU 0000:00:00.0: ".len());
    unmarked(&format!("{}{}", nvidia::NVRM, line.get(gpu.unwrap_or(at)..)?))
}

/// Whether a line begins as only the kernel's do.
pub(super) fn is_kernels(line: &str) -> bool {
    nvidia::NAMES.iter().chain(&KERNEL_STARTS).any(|start| line.starts_with(start))
}

/// A line of the kernel or of a program that has no prefix at all.
fn unmarked(line: &str) -> Option<Line> {
    let record = kernels(line).record;
    // A person's "Linux version 6.8" is no boot: the kernel's own goes on with who built it,
    // and the build's number.
    let no_banner = line.starts_with(kernel::BANNER) && !line.contains(") #");
    let kernels = is_kernels(line) && !no_banner;
    let record = if kernels { Some(record) } else { programs::unmarked(line) };
    record.map(|record| Line { record, after_us: None })
}

/// The line as one of the kernel's.
fn kernels(line: &str) -> Line {
    let record = Record {
        kernel: true,
        identifier: Some(KERNEL.to_owned()),
        text: line::plain(line, Escapes::Breaks),
        ..Record::default()
    };
    Line { record, after_us: None }
}

/// Takes off `>`, `|`, `*`, a backquote or a tilde of Markdown, a diff's `+`, or one of the tags that
/// trackers and forums put before a log.
fn without_quote(line: &str) -> Option<&str> {
    line.strip_prefix(['>', '|', '`', '*', '~', '+']).or_else(|| markup::without_start(line))
}

/// Takes off `12: `, `12:`, `12\t`, `12 ` and `file:12:` of grep, cat and viewers.
pub(super) fn without_number(line: &str) -> Option<&str> {
    let line = match line.split_once(':') {
        Some((name, rest)) if name.contains('.') && !name.contains(' ') => rest,
        _ => line,
    };
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - rest.len();
    (digits > 0 && digits < 9).then(|| rest.strip_prefix([':', '\t', ' ', '.', '|', '-']))?
}
