//! What programs say of loading a module: modprobe, insmod, systemd-modules-load, udev.
//! Their lines name the module and the reason; nothing here judges them.

use crate::driver::said::{kernel, kmod, nvidia, systemd};
use crate::facts::{Facts, LogRecord, in_stack};
use crate::kmod::names::module_file;
use crate::text::{Name, find, kernel_name};

/// How a program's attempt ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End<'a> {
    /// There is no such module for this kernel, in the directory where it is known.
    NotFound(Option<&'a str>),
    /// The kernel refused it, with the words of strerror(3): "No such device".
    Refused(&'a str),
    /// The program failed and did not say why.
    Failed,
}

/// An attempt to load a module of the stack.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// The module in kernel spelling. Debian's `nvidia-current` and its kin count as
    /// the module that they stand for.
    pub module: Name,
    /// How it ended.
    pub end: End<'a>,
    /// The line.
    pub record: &'a LogRecord,
}

/// Attempts that failed, in the order of the log.
pub fn failed(f: &Facts) -> impl Iterator<Item = Attempt<'_>> {
    f.records().iter().filter_map(|record| {
        let (name, end) = parse(&record.text)?;
        let module = stack_name(name)?;
        Some(Attempt { module, end, record })
    })
}

/// True when the module came up after this moment, or is up now: the attempt before
/// was one of several.
#[must_use]
pub fn came_up(f: &Facts, attempt: &Attempt<'_>) -> bool {
    let us = attempt.record.us;
    let spoke = |needles: &[&str]| f.logged(needles).is_some_and(|r| r.us >= us || us == 0);
    f.modules.up(&attempt.module).is_some()
        || match attempt.module.as_str() {
            "nvidia" => spoke(&[nvidia::LOADING]),
            "nvidia_drm" => spoke(&[nvidia::CARD]),
            _ => false,
        }
}

/// The module and the end that a line tells; the wordings are those of kmod's
/// tools/modprobe.c, insmod.c and modinfo.c, of systemd's
/// src/modules-load/modules-load.c and src/shared/module-util.c, and of
/// src/udev/udev-event.c.
fn parse(text: &str) -> Option<(&str, End<'_>)> {
    let after = |start: &str| {
        find(text.as_bytes(), start.as_bytes()).and_then(|at| text.get(at + start.len()..))
    };
    // modprobe: could not insert 'nvidia': WHY; insmod: could not insert module PATH: WHY;
    // systemd-modules-load: Failed to insert module 'nvidia': WHY.
    for start in [
        kmod::NOT_INSERTED_FILE,
        kmod::NOT_INSERTED,
        systemd::NOT_INSERTED,
        systemd::NOT_INSERTED_OLD,
    ] {
        if let Some(rest) = after(start) {
            let (name, why) = rest.split_once(": ")?;
            return Some((base(name), End::Refused(reason(why))));
        }
    }
    if let Some(rest) = after(kmod::ERROR_INSERTING) {
        // A summary leaves the file out: "Error inserting nvidia ...: No such device".
        let (name, rest) = rest.split_once(' ')?;
        let (_, why) = rest.split_once("): ").or_else(|| rest.split_once("...: "))?;
        return Some((base(name), End::Refused(reason(why))));
    }
    // Reports leave the word "Module" out, and the equals sign.
    let no_file = || after(kmod::NO_FILE).map(|rest| rest.trim_start_matches(['=', ' ']));
    if let Some(rest) = after("Module alias ")
        .or_else(|| after("Module "))
        .or_else(no_file)
        .or_else(|| after(kmod::FATAL))
    {
        if let Some((name, folder)) = not_found(rest) {
            return Some((base(name), End::NotFound(folder)));
        }
        // modprobe's own words, and a person's after them.
        let said = || rest.split_once(" not found. ").filter(|(name, _)| !name.contains(' '));
        if let Some((name, _)) = said().filter(|_| text.contains(kmod::FATAL_MODULE)) {
            return Some((base(name), End::NotFound(None)));
        }
    }
    if let Some(rest) = after(systemd::NOT_FOUND) {
        let name = rest.split([' ', ':']).next()?;
        return Some((base(name), End::NotFound(None)));
    }
    // The kernel: failed to validate module [nvidia] BTF: -22
    if let Some((name, _)) = after(kernel::BTF_REFUSED).and_then(|rest| rest.split_once("] BTF: "))
    {
        return Some((name, End::Refused("its type data (BTF) is not this kernel's")));
    }
    if let Some((name, _)) = after(kmod::MODINFO).and_then(|rest| rest.split_once('\'')) {
        return Some((name, End::NotFound(None)));
    }
    // A program's own words on its call: 'modprobe nvidia NVreg_…=1' returned …
    if let Some((command, _)) = after(kmod::CALLED_MODPROBE).and_then(|rest| rest.split_once('\''))
    {
        let name = command.split(' ').find(|word| !word.starts_with('-'))?;
        return text.contains(kmod::RETURNED).then_some((base(name), End::Failed));
    }
    if let Some((file, _)) = after(kmod::CALLED_INSMOD).and_then(|rest| rest.split_once('`')) {
        return text.contains(kmod::EXIT_STATUS).then_some((base(file), End::Failed));
    }
    if after(kmod::NO_UVM).is_some() {
        return Some(("nvidia_uvm", End::Failed));
    }
    // The installer, of the module or of one of its newer names.
    let installed = after(kmod::INSTALLER_LOAD).or_else(|| {
        let [first, last] = kmod::INSTALLER_LOAD_NEW else { return None };
        after(first).filter(|rest| rest.contains(last))
    });
    if let Some((name, _)) = installed.and_then(|rest| rest.split_once('\'')) {
        return Some((base(name), End::Failed));
    }
    // udev: nvidia: Process '/usr/bin/modprobe nvidia' failed with exit code 1.
    if !text.contains(systemd::UDEV_PROCESS) {
        return None;
    }
    let (command, _) = after("modprobe ")?.split_once(systemd::UDEV_FAILED)?;
    Some((base(command.rsplit(' ').next()?), End::Failed))
}

/// The kernel's reason alone: strerror(3) has no full stop and no quote, a person's sentence
/// around it has.
fn reason(why: &str) -> &str {
    why.split(['.', '`', '\'', '"']).next().unwrap_or(why).trim_end()
}

/// `NAME not found in directory DIR`, `NAME not found.`, and of old kmod's library
/// `'NAME'` alone.
fn not_found(rest: &str) -> Option<(&str, Option<&str>)> {
    if let Some((name, folder)) = rest.split_once(kmod::NOT_IN_FOLDER) {
        return Some((name, Some(folder.trim_end())));
    }
    let name = rest.strip_suffix(" not found.").or_else(|| rest.strip_suffix(" not found"));
    let quoted = || rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    name.or_else(quoted).map(|name| (name, None))
}

/// A module's name without quotes, folder and suffix.
fn base(name: &str) -> &str {
    let name = name.trim_matches(['\'', '"', '`']);
    let stem = module_file(name.as_bytes()).and_then(|(stem, _)| core::str::from_utf8(stem).ok());
    stem.unwrap_or_else(|| name.rsplit('/').next().unwrap_or(name))
}

/// The module of the stack that a name stands for: Debian and Ubuntu have
/// `nvidia-current-drm` and `nvidia-550-drm` for `nvidia-drm`.
fn stack_name(name: &str) -> Option<Name> {
    let name = kernel_name(name.as_bytes());
    if in_stack(&name) || name == *"nvidia_peermem" {
        return Some(name);
    }
    let rest = name.strip_prefix("nvidia_")?;
    let mut parts = rest.split('_').skip_while(|part| {
        matches!(*part, "current" | "legacy" | "tesla" | "open")
            || part.ends_with("xx")
            || part.bytes().all(|b| b.is_ascii_digit())
    });
    let plain = match (parts.next(), parts.next()) {
        (None, _) => Name::from("nvidia"),
        (Some(part), None) => {
            let mut plain = Name::from("nvidia_");
            plain.push_bytes(part.as_bytes());
            plain
        }
        _ => return None,
    };
    in_stack(&plain).then_some(plain)
}

#[cfg(test)]
mod tests;
