//! What each fuzz target does with its bytes: every parser that reads what others
//! wrote, and the judgement over it. A panic, a hang or memory beyond the bounds is
//! the finding; where there is something to hold against, it is held. Reads no file
//! of the machine, and writes only what a target needs below the folder of temporary
//! files.

use nvpreflight::capture::Capture;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;
use nvpreflight::kmod::fnmatch::fnmatch;
use nvpreflight::parse::{
    cmdline as words, kmsg as records, modprobe_d as conf, modules_dep, modules_load, mounts,
    nv_params, pci_address, pci_resource, proc_devices, proc_modules, report_v1, trace,
    uevent as events,
};
use nvpreflight::{engine, sink};
use nvpreflight_tool::base::clean;
use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::facts::look::Look;
use nvpreflight_tool::facts::modfile;
use nvpreflight_tool::facts::{Beside, collect};
use nvpreflight_tool::kmod::Kmod;
use nvpreflight_tool::kmod::resolve::{Resolver, Way};
use nvpreflight_tool::kmod::trie::Trie;
use nvpreflight_tool::render::findings::Format;
use nvpreflight_tool::render::page;
use nvpreflight_tool::source::bundle::{Learner, Names, Saved};
use nvpreflight_tool::source::image::{Image, Keep, Source};
use nvpreflight_tool::source::logs::{self, Choice};
use std::io::Write;

/// Bounds that a target reaches within its second.
const SMALL: Limits =
    Limits { unpacked: 8 << 20, kept: 8 << 20, decoder: 64 << 20, ..Limits::DEFAULT };

/// modprobe.d: lines joined as kmod joins them, each taken apart.
pub fn modprobe_d(bytes: &[u8]) {
    let mut join: conf::Joiner = conf::Joiner::default();
    let one = |text: &[u8]| {
        if let Some(parsed) = conf::line(text) {
            let _ = conf::hidden_side(parsed.rest);
            let _ = conf::softdep_targets(parsed.rest).count();
            let _ = fnmatch(parsed.module, b"nvidia_drm");
        }
        let _ = (modules_load::line(text), modules_load::asks(text), modules_dep::line(text));
    };
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Some(logical) = join.push(line) {
            one(logical.text);
        }
    }
    if let Some(logical) = join.finish() {
        one(logical.text);
    }
    let (pattern, text) = bytes.split_at(bytes.len() / 2);
    let _ = fnmatch(pattern, text);
}

/// The kernel command line, as the kernel and as kmod take it.
pub fn cmdline(bytes: &[u8]) {
    for word in words::words(bytes).chain(words::kernel_words(bytes)) {
        let _ = (word.key_value(), word.module_parameter());
    }
    for parameter in words::module_parameters(bytes) {
        let _ = (parameter.text(), parameter.blacklisted().map(Iterator::count));
    }
}

/// Kernel records in their forms, trace lines, lines of /proc.
pub fn kmsg(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        for record in [records::device(line), records::printed(line)].into_iter().flatten() {
            record.lines(&mut |_| {});
            let _ = record.first_line();
        }
        let _ = (records::microseconds(line), trace::line(line), mounts::line(line));
        let _ = (proc_devices::line(line), proc_modules::line(line), nv_params::line(line));
    }
    let _ = (pci_resource::bars(bytes), report_v1::read(bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = pci_address::PciAddress::parse(text);
    }
}

/// Messages of the kernel's uevent socket.
pub fn uevent(bytes: &[u8]) {
    if let Some(event) = events::message(bytes) {
        let _ = event.module_up();
    }
}

/// The owner's file.
pub fn expectations(bytes: &[u8]) {
    let _ = evidence::expectations::parse(bytes, &mut Expectations::new());
}

/// A whole root as a capture, judged in every phase, and every sink.
pub fn capture(bytes: &[u8]) {
    let tree = Capture::new(bytes);
    for phase in [Phase::Initrd, Phase::PreDisplay] {
        let want = Expectations::new();
        let mut facts = Box::new(Facts::new(phase));
        evidence::collect(&tree, &want, &mut facts);
        let mut report = Box::new(Report::new(phase));
        engine::run(&facts, &want, &mut report);
        let mut json = String::new();
        sink::json_v1::write(&report, &facts, &mut json).expect("a String takes all");
        serde_json::from_str::<serde_json::Value>(&json).expect("the report is JSON");
        let mut text = String::new();
        let style = sink::text::Style::default();
        sink::text::write(&report, style, &mut text).expect("a String takes all");
        sink::ktap::write(&report, &mut text).expect("a String takes all");
        harmless(&text);
    }
}

/// An initrd image: segments, every decompressor, cpio, the tree it leaves; and the bytes
/// as a boot configuration, whose size and checksum no mutation would find.
pub fn image(bytes: &[u8]) {
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let sum = bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    let config = [bytes, &size.to_le_bytes(), &sum.to_le_bytes(), b"#BOOTCONFIG\n"].concat();
    if let Ok(image) = Image::read(Source::memory(&config), Keep::Stack, &SMALL, &mut |_| {}) {
        let config = image.bootconfig().expect("the trailer is whole");
        assert!(config.words.as_ref().map_or(0, Vec::len) <= 512 * bytes.len(), "no blow-up");
    }
    let keep = Keep::Custom(|_, _| true);
    let Ok(image) = Image::read(Source::memory(bytes), keep, &SMALL, &mut |_| {}) else { return };
    let mut entries = 0u64;
    image.entries(&mut |_| Ok(entries += 1)).expect("a visit");
    let segments = image.segments().iter().map(|segment| u64::from(segment.entries));
    assert!(entries <= segments.sum::<u64>() + 64, "more entries than the segments have");
}

/// The facts of an image, judged.
pub fn image_facts(bytes: &[u8]) {
    let Ok(mut image) = Image::read(Source::memory(bytes), Keep::Stack, &SMALL, &mut |_| {}) else {
        return;
    };
    let want = Expectations::new();
    let Ok(facts) = collect(&mut image, Beside::nothing(&want)) else { return };
    let mut report = Box::new(Report::new(facts.phase));
    engine::run(&facts, &want, &mut report);
}

/// A module file: its packing, sections, fields, symbols, signature.
pub fn module(bytes: &[u8]) {
    let _ = modfile::signature(bytes);
    let Ok(plain) = modfile::unpack(bytes, 4 << 20) else { return };
    let Ok(module) = modfile::Module::parse(&plain) else { return };
    let _ = (module.modinfo(), module.exports(), module.undefined());
    let _ = module.fields().count();
}

/// A binary module index.
pub fn index(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (key, rest) = rest.split_at(rest.len().min(usize::from(*count)));
    // Most inputs would end at the header.
    for bytes in [rest.to_vec(), [&[0xb0, 7, 0xf4, 0x57, 0, 2, 0, 1], rest].concat()] {
        if let Some(trie) = Trie::new(bytes.into()) {
            let _ = (trie.exact(key), trie.matching(key));
        }
    }
}

/// A PE file: a unified kernel image or a kernel.
pub fn uki(bytes: &[u8]) {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    let whole = [b"MZ", bytes].concat();
    for bytes in [bytes, &whole] {
        if file.as_file_mut().set_len(0).is_err() || file.write_all(bytes).is_err() {
            return;
        }
        let _ = Image::open(file.path(), Keep::Stack, &SMALL, &mut |_| {});
        let _ = nvpreflight_tool::source::image::kernel_release(file.path());
    }
}

/// Logs in every form: dmesg, the journal's export and JSON, bug reports, pastes.
pub fn log(bytes: &[u8]) {
    let choice = Choice::default();
    if let Ok(evidence) = logs::bytes("a log", bytes, &choice, &SMALL) {
        let mut facts = Box::new(Facts::new(Phase::PreDisplay));
        evidence::collect(&evidence, &Expectations::new(), &mut facts);
    }
}

/// Saved facts, replayed and judged.
pub fn facts(bytes: &[u8]) {
    let Ok(saved) = Saved::from_bytes(bytes) else { return };
    harmless(&Look::replay(saved.clone()).judge_shown());
    let _ = saved.redacted(&Names::default());
}

/// Redaction keeps lines and lengths, is done after one pass, and lets nothing through
/// that was named.
pub fn redaction(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut learner = Learner::new(&Names::new(["brunhild"]));
    learner.text(&text);
    let redactor = learner.done();
    let once = redactor.text(&text);
    assert_eq!(once.chars().count(), text.chars().count());
    assert_eq!(once.matches('\n').count(), text.matches('\n').count());
}

/// Everything over a log, as a page in every format.
pub fn report(bytes: &[u8]) {
    let Ok(saved) = Saved::from_bytes(bytes) else { return };
    let look = Look::replay(saved);
    let report = look.judge();
    let page = look.judged(&report, |judged| page::Page::of(judged, look.records(), 80, false));
    for format in
        [page::Format::Text, page::Format::Markdown, page::Format::Svg, page::Format::Html]
    {
        harmless(&page.render(format, 80));
    }
    serde_json::from_str::<serde_json::Value>(&page.render(page::Format::Json, 80)).expect("JSON");
}

/// kmod's resolution over a root that an archive makes.
pub fn resolver(bytes: &[u8]) {
    let keep = Keep::Custom(|_, _| true);
    let Ok(image) = Image::read(Source::memory(bytes), keep, &SMALL, &mut |_| {}) else { return };
    let kmod =
        Kmod::new(&image, b"lib/modules/6.12.74", b"nvidia_drm.modeset=1 modprobe.blacklist=a");
    let mut resolver = Resolver::new(&kmod);
    for name in [&b"nvidia-drm"[..], b"a", b"pci:v000010DEd00002206sv*", b"nvidia"] {
        let _ = resolver.ask(name, Way::Blacklist);
        let _ = resolver.ask(name, Way::Modprobe);
    }
}

/// Judges as `check` prints.
trait JudgeShown {
    /// The judgement as text.
    fn judge_shown(&self) -> String;
}

impl JudgeShown for Look {
    fn judge_shown(&self) -> String {
        self.show(&self.judge(), Format::Text, 80, false)
    }
}

/// Nothing that is printed may drive a terminal or change how a line reads.
fn harmless(text: &str) {
    for line in text.lines() {
        assert_eq!(clean::line(line.as_bytes()), line, "it drives the terminal");
    }
}
