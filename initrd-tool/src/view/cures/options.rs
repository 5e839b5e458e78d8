//! Options and blacklists: which line wins, and how it is made to say something else.
//! Files below /etc are edited where they stand; those of packages are overridden, by a
//! later name or by the same one (man modprobe.d: /etc masks, names sort).

use super::draft::Draft;
use super::{Safety, Steps, words};
use nvpreflight::driver::RIVALS;
use nvpreflight::facts::{Facts, Origin, Place};
use nvpreflight::reading::options::{self, Setting};
use nvpreflight::reading::softdeps::{Side, inverted};
use nvpreflight::text::same_name;

/// The file of ours; it sorts after nvidia's and before zz-*.
const OURS: &str = "etc/modprobe.d/nvpreflight.conf";
/// The same behind everything that is usual.
const LAST: &str = "etc/modprobe.d/zz-nvpreflight.conf";

/// Ours for modules that are loaded at boot.
const LOAD: &str = "etc/modules-load.d/nvpreflight.conf";

/// Where a parameter is set on the machine, in the order in which the kernel sees it: of
/// an image in its root's configuration, which the next image is made from, and on the
/// command line, of which the root has none of its own.
fn places(steps: &Steps<'_, '_>, module: &str, name: &str) -> Vec<Place> {
    let image = steps.facts.image.yes();
    let root = image.and_then(|image| image.root.yes());
    let config = root.map_or(&steps.facts.config, |root| &root.config);
    let ours = |s: &Setting<'_>| same_name(s.module, module) && same_name(s.name, name);
    let on_line = |s: &Setting<'_>| s.origin == Origin::Cmdline;
    let files = options::all_in(config).filter(ours).filter(|s| !on_line(s));
    let words = options::all_in(&steps.facts.config).filter(ours).filter(on_line);
    files.chain(words).map(|set| set.place.clone()).collect()
}

/// A value that stands in a line of modprobe.d and on a command line as it is.
pub fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./,:;=".contains(c))
}

/// Makes the parameter have this value.
pub fn set(steps: &mut Steps<'_, '_>, module: &str, name: &str, value: &str) -> bool {
    let word = format!("{name}={value}");
    match places(steps, module, name).pop() {
        Some(Place::Word(number)) => {
            let Some(old) = words::raw(steps.facts, number) else { return false };
            let key = old.split('=').next().unwrap_or(&old).to_owned();
            words::change(steps, Some(&old), Some(&format!("{key}={value}")))
        }
        Some(Place::Line { path, line }) => {
            steps.plan.rebuild = true;
            if path.starts_with("etc/") {
                return edit(steps, &path, line, |text| replaced(text, name, Some(&word)));
            }
            let file = path.rsplit('/').next().unwrap_or(&path);
            let behind = |ours: &&str| ours.rsplit('/').next().is_some_and(|ours| *ours > *file);
            match [OURS, LAST].into_iter().find(behind) {
                Some(ours) => ours_says(steps, ours, module, name, &word),
                // Nothing of ours sorts behind it: a file of its name below /etc masks it.
                None => edit(steps, &path, line, |text| replaced(text, name, Some(&word))),
            }
        }
        Some(_) => false,
        None => {
            steps.plan.rebuild = true;
            ours_says(steps, OURS, module, name, &word)
        }
    }
}

/// One `options` line of our file, changed rather than doubled.
fn ours_says(steps: &mut Steps<'_, '_>, file: &str, module: &str, name: &str, word: &str) -> bool {
    if !steps.draft.is_free(file) {
        return false;
    }
    let mut lines = steps.draft.lines(file).unwrap_or_default();
    let head = format!("options {module} ");
    match lines.iter_mut().rev().find(|line| line.starts_with(&head)) {
        Some(line) => {
            *line = replaced(line, name, Some(word)).unwrap_or_else(|| format!("{line} {word}"));
        }
        None => lines.push(format!("{head}{word}")),
    }
    steps.plan.in_place |= steps.draft.lines(file).as_ref() == Some(&lines);
    steps.draft.put(file, lines);
    steps.plan.says(file);
    true
}

/// Takes the parameter away wherever it is set; false where nothing sets it.
pub fn unset(steps: &mut Steps<'_, '_>, module: &str, name: &str) -> bool {
    let places = places(steps, module, name);
    steps.plan.rebuild |= places.iter().any(|place| matches!(place, Place::Line { .. }));
    let without = |place: &Place| match place {
        Place::Word(number) => match words::raw(steps.facts, *number) {
            Some(old) => words::change(steps, Some(&old), None),
            None => false,
        },
        Place::Line { path, line } => edit(steps, path, *line, |text| replaced(text, name, None)),
        _ => false,
    };
    !places.is_empty() && places.iter().all(without)
}

/// Takes a whole line away.
pub fn drop_line(steps: &mut Steps<'_, '_>, path: &str, line: u32) -> bool {
    // The owner may have wanted it.
    steps.plan.weigh(Safety::Decide);
    steps.plan.rebuild = true;
    edit(steps, path, line, |_| Some(String::new()))
}

/// Puts the modules of a softdep line that stand on the wrong side on the other one: kmod
/// loads them in that order anyway, and then the line says so.
pub fn turn(steps: &mut Steps<'_, '_>, path: &str, line: u32) -> bool {
    steps.plan.rebuild = true;
    edit(steps, path, line, turned)
}

/// A `softdep` line with every inverted module on the other side; `None` for one that
/// inverts nothing, or speaks of a pattern: what is wrong for one module is right for
/// another. A side that is empty then goes too.
fn turned(line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    let [directive, module] = [words.next()?, words.next()?];
    if module.contains(['*', '?', '[']) {
        return None;
    }
    let (mut pre, mut post): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let (mut side, mut moved) = (None, false);
    for word in words {
        let to = match (word, side) {
            ("pre:", _) => {
                side = Some(Side::Pre);
                continue;
            }
            ("post:", _) => {
                side = Some(Side::Post);
                continue;
            }
            // What stands before the first side names nothing (kmod's libkmod-config.c).
            (_, None) => continue,
            (_, Some(side)) => {
                let wrong = inverted(module, side, word);
                moved |= wrong;
                if (side == Side::Pre) == wrong { &mut post } else { &mut pre }
            }
        };
        if !to.iter().any(|known| same_name(known, word)) {
            to.push(word);
        }
    }
    let labelled = |label, words: Vec<&str>| match words.as_slice() {
        [] => String::new(),
        words => format!(" {label} {}", words.join(" ")),
    };
    let (pre, post) = (labelled("pre:", pre), labelled("post:", post));
    moved.then(|| format!("{directive} {module}{pre}{post}"))
}

/// Changes one line of a file: in place below /etc, else by a file of the same name
/// there. An empty new text takes the line away; one that is gone already is done.
fn edit(
    steps: &mut Steps<'_, '_>,
    path: &str,
    line: u32,
    new: impl Fn(&str) -> Option<String>,
) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    let target = match path.starts_with("etc/") {
        true => path.to_owned(),
        false if matches!(folder, "modprobe.d" | "modules-load.d") => {
            format!("etc/{folder}/{file}")
        }
        false => return false,
    };
    // What an earlier cure put in the file's place is what is changed now.
    steps.plan.says(&target);
    let source = if steps.draft.is_changed(&target) { target.as_str() } else { path };
    let Some(mut lines) = steps.draft.lines(source) else { return false };
    let Ok(number) = usize::try_from(line) else { return false };
    let Some(at) = steps.draft.now_at(source, number) else { return number > 0 };
    let Some(text) = lines.get(at).cloned() else { return false };
    // A line that goes on at the next one is left to its owner (kmod joins them).
    let joined = |at: usize| lines.get(at).is_some_and(|l| l.ends_with('\\'));
    if joined(at) || at.checked_sub(1).is_some_and(joined) || !steps.draft.is_free(&target) {
        return false;
    }
    match new(&text) {
        None => return false,
        Some(new) if new.is_empty() => {
            lines.remove(at);
            steps.draft.put_without(&target, lines, number);
        }
        Some(new) => {
            lines.splice(at..=at, [new]).for_each(drop);
            steps.draft.put(&target, lines);
        }
    }
    true
}

/// An `options` line with one parameter changed or taken away; empty where nothing is
/// left of it, `None` where the parameter is not on it.
fn replaced(line: &str, name: &str, word: Option<&str>) -> Option<String> {
    let mut found = false;
    let mut words: Vec<&str> = Vec::new();
    for old in line.split_ascii_whitespace() {
        let key = old.split('=').next().unwrap_or(old);
        if words.len() >= 2 && same_name(key, name) {
            if !found {
                words.extend(word);
            }
            found = true;
        } else {
            words.push(old);
        }
    }
    // A quoted value with blanks is left to its owner.
    if !found || line.contains('"') {
        return None;
    }
    Some(if words.len() > 2 { words.join(" ") } else { String::new() })
}

/// Names modules in modules-load.d.
pub fn load_at_boot(steps: &mut Steps<'_, '_>, modules: &[&str]) -> bool {
    let before = steps.draft.lines(LOAD);
    let done = modules.iter().all(|module| steps.draft.add(LOAD, module));
    steps.plan.in_place |= done && before.is_some() && steps.draft.lines(LOAD) == before;
    done
}

/// Keeps a rival of the driver from loading by alias.
pub fn keep_out(steps: &mut Steps<'_, '_>, module: &str) -> bool {
    // Another driver than these is not ours to judge.
    let Some(rival) = RIVALS.into_iter().find(|rival| same_name(rival, module)) else {
        return false;
    };
    steps.plan.rebuild = true;
    steps.plan.says(OURS);
    steps.draft.add(OURS, &format!("blacklist {rival}"))
}

/// Reads the files that a change of options would touch: ours, and those with lines of
/// interest.
pub fn note(draft: &Draft<'_>, facts: &Facts) {
    for path in [OURS, LAST, LOAD] {
        let _ = draft.is_free(path);
    }
    let lines = facts.config.lines.yes().map_or(&[][..], |lines| lines.as_slice());
    let requests = facts.config.requests.yes().map_or(&[][..], |list| list.as_slice());
    let places = lines.iter().map(|l| &l.place).chain(requests.iter().map(|r| &r.place));
    for path in places.filter_map(Place::path) {
        let _ = draft.lines(path);
    }
}

#[cfg(test)]
mod tests {
    use super::turned;

    #[test]
    fn every_inverted_module_of_a_softdep_changes_sides_once() {
        for (line, now) in [
            ("softdep nvidia pre: nvidia-drm", "softdep nvidia post: nvidia-drm"),
            (
                "softdep nvidia pre: nvidia-modeset i2c_nvidia_gpu nvidia_uvm post: a",
                "softdep nvidia pre: i2c_nvidia_gpu post: nvidia-modeset nvidia_uvm a",
            ),
            ("softdep nvidia pre: nvidia-drm post: nvidia_drm", "softdep nvidia post: nvidia-drm"),
            ("softdep nvidia_drm pre: i915 post: nvidia", "softdep nvidia_drm pre: i915 nvidia"),
        ] {
            assert_eq!(turned(line).as_deref(), Some(now), "{line}");
        }
        for line in ["softdep nvidia post: nvidia-drm", "softdep nv* pre: nvidia-drm", "softdep"] {
            assert_eq!(turned(line), None, "{line}");
        }
    }
}
