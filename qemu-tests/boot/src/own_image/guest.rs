//! Makes what is booted of the user's files: a copy of the initrd with the verifier
//! injected where it is missing and the carrier behind it, and the command line.
//! The user's files are only read.

use super::Request;
use super::kernel::{self, Kernel};
use super::unbooted::{self, Unbooted};
use anyhow::{Context, Result, ensure};
use nvpreflight::seen::Seen;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::build::programs::{CARRIER, VERIFIER};
use nvpreflight_harness::image;
use nvpreflight_tool::base::clean;
use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::change::inject::hooks::{Init, RDINIT};
use nvpreflight_tool::change::inject::packing::Packing;
use nvpreflight_tool::change::inject::{Job, seal, verifier};
use nvpreflight_tool::change::newc::{self, Entry, Node};
use nvpreflight_tool::source::files::Files;
use nvpreflight_tool::source::image::{Image, Keep};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Words behind the user's, whose last setting counts. `rdinit` starts the carrier;
/// `loglevel=7` lets the verifier's own lines reach the console; `panic=-1` with
/// QEMU's `-no-reboot` ends the machine at a panic. Those of the architecture come before.
const OURS: &str = "loglevel=7 panic=-1 rdinit=/nvpreflight/carrier";
/// Bytes of a kernel command line that x86 and arm64 keep (COMMAND_LINE_SIZE,
/// arch/x86/include/asm/setup.h, arch/arm64/include/uapi/asm/setup.h), its final NUL
/// included.
const CMDLINE_MAX: usize = 2048;
/// Memory of a guest whose image says nothing else.
const MEMORY_MIB: u64 = 1024;

/// A guest that can be booted.
#[derive(Clone, Debug)]
pub struct Guest {
    /// What the kernel runs on.
    pub arch: Arch,
    /// The kernel for QEMU.
    pub kernel: PathBuf,
    /// Its release, where the file tells.
    pub release: Option<String>,
    /// The initrd made here.
    pub initrd: PathBuf,
    /// The whole command line.
    pub cmdline: String,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// How the verifier was put in; None where the image has it.
    pub injected: Option<String>,
    /// What a person should know of the image.
    pub notes: Vec<String>,
    /// What the check without a boot says of the image as it was given.
    pub unbooted: Unbooted,
}

/// What came of making it.
pub enum Made {
    /// It can be booted.
    Guest(Box<Guest>),
    /// The kernel could do nothing with this image, and why: nothing was booted.
    Broken(String),
}

/// Makes it in `folder`.
///
/// # Errors
/// Files that cannot be read or written; an image that the verifier cannot be put
/// into.
pub fn make(request: &Request, folder: &Path, token: &str) -> Result<Made> {
    let kernel = kernel::open(&request.kernel, request.initrds.is_empty(), folder)?;
    let initrd = folder.join("initrd");
    match &kernel.own {
        Some(own) => fs::rename(&own.initrd, &initrd)?,
        None => {
            ensure!(!request.initrds.is_empty(), "name the initrd with --initrd FILE");
            let parts: Vec<&Path> = request.initrds.iter().map(PathBuf::as_path).collect();
            image::join(&parts, &initrd)?;
        }
    }
    let before = read(&initrd)?;
    if let Some(stop) = before.stop() {
        return Ok(Made::Broken(format!(
            "the kernel would stop reading the initrd at byte {}: {}",
            stop.at, stop.why
        )));
    }
    let theirs = user_words(request, &kernel);
    let rdinit = value(&theirs, "rdinit=");
    if rdinit.is_none() && matches!(before.find(b"init"), Seen::Absent) {
        let why = "the initrd has no /init, so the kernel would not start anything in it";
        return Ok(Made::Broken(why.to_owned()));
    }
    let release = kernel.release.as_deref();
    let unbooted = unbooted::check(&initrd, release, &theirs, request.owner.as_deref())?;
    let mut notes = remarks(&before, &kernel)?;
    let needed = needed_memory(&before)?;
    let injected = match (inside(&before)?, &request.verifier) {
        (Some(path), None) => {
            notes.push(format!("the verifier of the image speaks: {path}"));
            ensure!(
                request.owner.is_none(),
                "--expect-json has no effect: the image has a verifier of its own ({path}), with \
                 its own expectations; --verifier FILE puts another one in"
            );
            None
        }
        _ => Some(inject(request, kernel.arch, &initrd)?),
    };
    drop(before);
    let after = read(&initrd)?;
    let init = match rdinit {
        Some(path) => path,
        None if injected.is_some() && matches!(Init::of(&after)?, Init::Other { .. }) => {
            format!("/{RDINIT}")
        }
        None => "/init".to_owned(),
    };
    append_carrier(&after, kernel.arch, &initrd, &format!("token {token}\ninit {init}\n"))?;
    Ok(Made::Guest(Box::new(Guest {
        arch: kernel.arch,
        cmdline: join_words(&theirs, kernel.arch)?,
        kernel: kernel.image,
        release: kernel.release,
        initrd,
        memory_mib: match request.memory_mib {
            Some(memory) => memory,
            None => u32::try_from(needed.max(MEMORY_MIB)).unwrap_or(u32::MAX),
        },
        injected,
        notes,
        unbooted,
    })))
}

fn read(path: &Path) -> Result<Image> {
    Ok(Image::open(path, Keep::Stack, &Limits::DEFAULT, &mut |_| {})?)
}

/// The user's words, or those of the unified image, and what is appended.
fn user_words(request: &Request, kernel: &Kernel) -> String {
    let own = kernel.own.as_ref().map(|own| own.cmdline.as_str()).unwrap_or_default();
    let mut words = vec![request.cmdline.as_deref().unwrap_or(own)];
    words.extend(request.append.iter().map(String::as_str));
    words.join(" ").trim().to_owned()
}

/// Their words with ours behind them; what follows `--` is the init's.
fn join_words(theirs: &str, arch: Arch) -> Result<String> {
    let ours = format!("{} {OURS}", arch.words());
    let line = match theirs.split_once(" -- ") {
        Some((kernel, init)) => format!("{kernel} {ours} -- {init}"),
        None => format!("{theirs} {ours}"),
    };
    let line = line.trim().to_owned();
    ensure!(
        line.len() < CMDLINE_MAX,
        "the command line has {} bytes with the words that the boot needs; the kernel keeps {}",
        line.len(),
        CMDLINE_MAX - 1
    );
    ensure!(!line.contains(char::is_control), "the command line has a control character in it");
    Ok(line)
}

/// The last value of `name` among the kernel's words.
fn value(words: &str, name: &str) -> Option<String> {
    let kernel = words.split(" -- ").next().unwrap_or(words);
    kernel
        .split_whitespace()
        .filter_map(|word| word.strip_prefix(name))
        .next_back()
        .map(str::to_owned)
}

/// The path of a verifier that is in the image.
fn inside(image: &Image) -> Result<Option<String>> {
    let mut found = None;
    image.walk(&mut |entry| {
        let name = entry.path.rsplit(|byte| *byte == b'/').next();
        if name == Some(b"nvpreflight-verifier") && entry.size > 0 && found.is_none() {
            found = Some(clean::line(entry.path));
        }
    })?;
    Ok(found)
}

/// Puts the verifier into the copy; how it is started.
fn inject(request: &Request, arch: Arch, initrd: &Path) -> Result<String> {
    let verifier = match &request.verifier {
        Some(path) => path.clone(),
        None => VERIFIER.find_for(arch)?,
    };
    let payload = verifier::payload(Some(&verifier), request.owner.as_deref())?;
    let job = Job { image: initrd, to: initrd, in_place: true };
    let open = &mut |path: &Path, keep| Image::open(path, keep, &Limits::DEFAULT, &mut |_| {});
    let done = job.inject(&payload, Packing::None, open).context("no verifier can be put in")?;
    Ok(done.segment.map(|segment| segment.start).unwrap_or_default())
}

/// Appends the carrier with what it is told and the device nodes that it needs
/// before anything is mounted, in a segment of its own.
fn append_carrier(image: &Image, arch: Arch, initrd: &Path, config: &str) -> Result<()> {
    let program = fs::read(CARRIER.find_for(arch)?).context("cannot read the carrier")?;
    let entry = |name: &str, node| Entry { path: name.as_bytes().to_vec(), node };
    let mut entries = vec![
        entry("nvpreflight", Node::Directory),
        entry("nvpreflight/carrier", Node::File(0o755, program)),
        entry("nvpreflight/config", Node::File(0o644, config.as_bytes().to_vec())),
        entry("nvpreflight/kmsg", Node::CharDevice(0o600, 1, 11)),
        entry("nvpreflight/port", Node::CharDevice(0o600, 1, 4)),
        entry("nvpreflight/serial", Node::CharDevice(0o600, 4, arch.serial_minor())),
    ];
    // std ends a program whose standard descriptors are closed and that finds no
    // /dev/null (library/std/src/sys/pal/unix/mod.rs).
    if matches!(image.find(b"dev"), Seen::Absent) {
        entries.push(entry("dev", Node::Directory));
    }
    if matches!(image.find(b"dev/null"), Seen::Absent) {
        entries.push(entry("dev/null", Node::CharDevice(0o666, 1, 3)));
    }
    let length = fs::metadata(initrd)?.len();
    let padding = usize::try_from(seal::offset_behind(length) - length)?;
    let mut bytes = vec![0; padding];
    newc::write(&entries, &mut bytes)?;
    OpenOptions::new().append(true).open(initrd)?.write_all(&bytes)?;
    let after = read(initrd)?;
    ensure!(
        after.stop().is_none() && matches!(after.find(b"nvpreflight/carrier"), Seen::Yes(_)),
        "the kernel would not take the carrier behind this image"
    );
    Ok(())
}

/// What may explain the verdict later.
fn remarks(image: &Image, kernel: &Kernel) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    if let Some(first) = image.dropped().first() {
        notes.push(format!(
            "the kernel drops {} entries of the initrd, the first `{}`: {}",
            image.dropped_total(),
            clean::line(&first.path),
            first.why
        ));
    }
    let trees = module_trees(image)?;
    if let Some(release) = &kernel.release {
        if !trees.is_empty() && !trees.contains(release) {
            let found: Vec<&str> = trees.iter().map(String::as_str).collect();
            notes.push(format!(
                "the kernel is {}, the initrd has modules of {} only",
                clean::line(release.as_bytes()),
                found.join(", ")
            ));
        }
    }
    Ok(notes)
}

/// Releases that the image has modules of.
fn module_trees(image: &Image) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    image.walk(&mut |entry| {
        let path = entry.path.strip_prefix(b"usr/").unwrap_or(entry.path);
        if let Some(rest) = path.strip_prefix(b"lib/modules/") {
            if let Some(end) = rest.iter().position(|byte| *byte == b'/') {
                found.insert(clean::line(rest.get(..end).unwrap_or_default()));
            }
        }
    })?;
    Ok(found)
}

/// The image as packed and as unpacked, which the kernel holds at the same time, and
/// what a distribution's kernel and init take, in steps of 128 MiB.
fn needed_memory(image: &Image) -> Result<u64> {
    let mut unpacked = 0u64;
    image.walk(&mut |entry| unpacked = unpacked.saturating_add(entry.size))?;
    let wanted = unpacked.saturating_add(image.size()) / (1 << 20) + 512;
    Ok(wanted.min(1 << 20).next_multiple_of(128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_words_stand_before_those_of_the_init() {
        let ours = "console=ttyS0 no_timer_check loglevel=7 panic=-1 rdinit=/nvpreflight/carrier";
        let line = join_words("root=/dev/vda quiet -- single", Arch::X86_64).unwrap();
        assert_eq!(line, format!("root=/dev/vda quiet {ours} -- single"));
        assert_eq!(join_words("", Arch::X86_64).unwrap(), ours);
        let arm = "console=ttyAMA0 loglevel=7 panic=-1 rdinit=/nvpreflight/carrier";
        assert_eq!(join_words("", Arch::Aarch64).unwrap(), arm);
    }

    #[test]
    fn a_command_line_that_the_kernel_would_cut_is_refused() {
        let room = CMDLINE_MAX - join_words("", Arch::X86_64).unwrap().len() - 2;
        assert!(join_words(&"x".repeat(room), Arch::X86_64).is_ok());
        assert!(join_words(&"x".repeat(room + 1), Arch::X86_64).is_err());
        assert!(join_words("a\nb", Arch::X86_64).is_err());
    }

    #[test]
    fn the_last_rdinit_of_the_kernel_counts() {
        let words = "rdinit=/a quiet rdinit=/b -- rdinit=/c";
        assert_eq!(value(words, "rdinit=").as_deref(), Some("/b"));
        assert_eq!(value("quiet", "rdinit="), None);
    }
}
