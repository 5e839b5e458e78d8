//! Options and blacklists: which line wins, and how it is made to say something else.
//! Files below /etc are edited where they stand; those of packages are overridden, by a
//! later name or by the same one (man modprobe.d: /etc masks, names sort).

use super::draft::Draft;
use super::{Safety, Steps, words};
use nvpreflight::driver::RIVALS;
use nvpreflight::facts::{ConfLine, Config, Facts, Origin, Place};
use nvpreflight::reading::options::{self, Setting};
use nvpreflight::reading::softdeps::{Side, inverted};
use nvpreflight::text::same_name;

/// The file of ours; it sorts after nvidia's and before zz-*.
pub(super) const OURS: &str = "etc/modprobe.d/nvpreflight.conf";
/// The same behind everything that is usual.
const LAST: &str = "etc/modprobe.d/zz-nvpreflight.conf";

/// Ours for modules that are loaded at boot.
const LOAD: &str = "etc/modules-load.d/nvpreflight.conf";

/// The configuration that the next initrd is made from: an image's root has its own.
pub(super) fn next_config(facts: &Facts) -> &Config {
    let image = facts.image.yes();
    image.and_then(|image| image.root.yes()).map_or(&facts.config, |root| &root.config)
}

/// Where a parameter is set on the machine, in the order in which the kernel sees it, each
/// with the word as it is written: in the files that the next image is made from, and on
/// the command line, of which a root has none of its own.
pub(super) fn settings(facts: &Facts, module: &str, name: &str) -> Vec<(Place, String)> {
    let ours = |s: &Setting<'_>| same_name(s.module, module) && same_name(s.name, name);
    let on_line = |s: &Setting<'_>| s.origin == Origin::Cmdline;
    let files = options::all_in(next_config(facts)).filter(ours).filter(|s| !on_line(s));
    let words = options::all_in(&facts.config).filter(ours).filter(on_line);
    files.chain(words).map(|set| (set.place.clone(), word(&set))).collect()
}

/// A setting as it is written, without quotes.
pub(super) fn word(set: &Setting<'_>) -> String {
    set.said().map_or_else(|| set.name.to_owned(), |value| format!("{}={value}", set.name))
}

/// A value that stands in a line of modprobe.d and on a command line as it is.
pub fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./,:;=".contains(c))
}

/// Makes the parameter have this value.
pub fn set(steps: &mut Steps<'_, '_>, module: &str, name: &str, value: &str) -> bool {
    let word = format!("{name}={value}");
    let mut places: Vec<Place> =
        settings(steps.facts, module, name).into_iter().map(|(place, _)| place).collect();
    let last = places.pop();
    let raw = |place: &Place| match place {
        Place::Word(number) => words::raw(steps.facts, *number),
        _ => None,
    };
    let own = last.as_ref().and_then(raw);
    // What stands before it is of no effect, and would disagree with it; the same word is
    // changed wherever it stands.
    places.retain(|place| {
        Some(place) != last.as_ref()
            && (own.is_none() || raw(place) != own)
            && matches!(place, Place::Word(_)) == matches!(last, Some(Place::Word(_)))
            && place.path().is_none_or(|path| path.starts_with("etc/"))
    });
    places.dedup();
    for place in &places {
        // One that cannot be read has no effect either.
        let _ = take_away(steps, place, module, name);
    }
    set_last(steps, last, module, name, value, &word)
}

/// Makes the setting that counts have this value.
fn set_last(
    steps: &mut Steps<'_, '_>,
    last: Option<Place>,
    module: &str,
    name: &str,
    value: &str,
    word: &str,
) -> bool {
    match last {
        Some(Place::Word(number)) => {
            let Some(old) = words::raw(steps.facts, number) else { return false };
            let key = old.split('=').next().unwrap_or(&old).to_owned();
            words::change(steps, Some(&old), Some(&format!("{key}={value}")))
        }
        Some(Place::Line { path, line }) => {
            steps.plan.rebuild = true;
            if path.starts_with("etc/") {
                return edit(steps, &path, line, |text| replaced(text, module, name, Some(word)));
            }
            let file = path.rsplit('/').next().unwrap_or(&path);
            let behind = |ours: &&str| ours.rsplit('/').next().is_some_and(|ours| *ours > *file);
            match [OURS, LAST].into_iter().find(behind) {
                Some(ours) => ours_says(steps, ours, module, name, word),
                // Nothing of ours sorts behind it: a file of its name below /etc masks it.
                None => edit(steps, &path, line, |text| replaced(text, module, name, Some(word))),
            }
        }
        Some(_) => false,
        None => {
            steps.plan.rebuild = true;
            ours_says(steps, OURS, module, name, word)
        }
    }
}

/// One `options` line of our file, changed rather than doubled.
pub(super) fn ours_says(
    steps: &mut Steps<'_, '_>,
    file: &str,
    module: &str,
    name: &str,
    word: &str,
) -> bool {
    if !steps.draft.is_free(file) {
        return false;
    }
    let mut lines = steps.draft.lines(file).unwrap_or_default();
    // A line behind it would be a part of it.
    if lines.last().is_some_and(|line| line.ends_with('\\')) {
        return false;
    }
    let head = format!("options {module} ");
    // One that goes on, or ends in a comment, is left as it is.
    let is_whole = |line: &&mut String| line.starts_with(&head) && !line.contains(['\\', '#']);
    match lines.iter_mut().rev().find(is_whole) {
        Some(line) => {
            *line = replaced(line, module, name, Some(word))
                .unwrap_or_else(|| format!("{line} {word}"));
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
    let places = settings(steps.facts, module, name);
    !places.is_empty() && places.iter().all(|(place, _)| take_away(steps, place, module, name))
}

/// Takes a parameter's settings away from one place.
pub(super) fn take_away(
    steps: &mut Steps<'_, '_>,
    place: &Place,
    module: &str,
    name: &str,
) -> bool {
    // An earlier cure of the same line may have taken it along.
    let changed = place.path().is_some_and(|path| steps.draft.is_changed(path));
    let without = |line: &str| match replaced(line, module, name, None) {
        None if changed && !line.contains(name) => Some(line.to_owned()),
        new => new,
    };
    rewrite(steps, place, without, |_| Some(String::new()))
}

/// Writes a line, or a word of the command line, anew; an empty text takes it away, `None`
/// leaves it to its owner.
pub(super) fn rewrite(
    steps: &mut Steps<'_, '_>,
    place: &Place,
    line: impl Fn(&str) -> Option<String>,
    word: impl Fn(&str) -> Option<String>,
) -> bool {
    match place {
        Place::Word(number) => {
            let Some(old) = words::raw(steps.facts, *number) else { return false };
            let Some(new) = word(&old) else { return false };
            words::change(steps, Some(&old), Some(new.as_str()).filter(|new| !new.is_empty()))
        }
        Place::Line { path, line: number } => {
            steps.plan.rebuild = true;
            edit(steps, path, *number, line)
        }
        _ => false,
    }
}

/// Takes a whole line away.
pub fn drop_line(steps: &mut Steps<'_, '_>, path: &str, line: u32) -> bool {
    // The owner may have wanted it.
    steps.plan.weigh(Safety::Decide);
    steps.plan.rebuild = true;
    match now_at(steps.facts, path, line) {
        Some(now) => edit(steps, path, now, |_| Some(String::new())),
        None => true,
    }
}

/// The number that a line of an image's file has in the file of its root, which may have
/// changed since: `None` where the root says nothing of the kind any more, so that a new
/// image is all it takes.
pub(super) fn now_at(facts: &Facts, path: &str, line: u32) -> Option<u32> {
    let next = next_config(facts);
    let number = |place: &Place| match place {
        Place::Line { path: at, line } if **at == *path => Some(*line),
        _ => None,
    };
    let (Some(image), Some(root)) = (facts.config.lines.yes(), next.lines.yes()) else {
        return Some(line);
    };
    let Some(said) = image.iter().find(|l| number(&l.place) == Some(line)) else {
        return Some(line);
    };
    let same = |l: &&ConfLine| {
        l.directive == said.directive && l.module == said.module && l.rest == said.rest
    };
    let mut numbers: Vec<u32> = root.iter().filter(same).filter_map(|l| number(&l.place)).collect();
    numbers.sort_by_key(|now| now.abs_diff(line));
    numbers.first().copied()
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
pub(super) fn turned(line: &str) -> Option<String> {
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
pub(super) fn edit(
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
        // A package's file whose line stays needs no copy.
        Some(new) if new == text && source != target => return true,
        Some(new) if new == text => {}
        Some(new) if new.is_empty() => {
            lines.remove(at);
            steps.draft.put_without(&target, lines, number);
        }
        Some(new) => {
            lines.splice(at..=at, [new]).for_each(drop);
            steps.draft.put(&target, lines);
        }
    }
    steps.plan.says(&target);
    true
}

/// Whether a word of an `options` line sets the parameter.
pub(super) fn sets(word: &str, name: &str) -> bool {
    same_name(word.split('=').next().unwrap_or(word), name)
}

/// A module's `options` line with one parameter changed or taken away; empty where nothing
/// is left of it, `None` where the parameter is not on it.
pub(super) fn replaced(line: &str, module: &str, name: &str, word: Option<&str>) -> Option<String> {
    rewritten(line, module, |words| {
        let at = words.iter().position(|old| sets(old, name))?;
        words.retain(|old| !sets(old, name));
        if let Some(word) = word {
            words.insert(at.min(words.len()), word.to_owned());
        }
        Some(())
    })
}

/// A module's `options` line with the words behind its name changed; empty where none is
/// left, `None` for another line and one that is its owner's: quotes hold blanks together,
/// and kmod takes a comment for parameters.
pub(super) fn rewritten(
    line: &str,
    module: &str,
    change: impl FnOnce(&mut Vec<String>) -> Option<()>,
) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    let head = [words.next()?, words.next()?];
    let [directive, of] = head;
    if directive != "options" || !same_name(of, module) || line.contains(['"', '#']) {
        return None;
    }
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    change(&mut words)?;
    let all = head.into_iter().chain(words.iter().map(String::as_str));
    Some(if words.is_empty() { String::new() } else { all.collect::<Vec<_>>().join(" ") })
}

/// Names modules in modules-load.d.
pub fn load_at_boot(steps: &mut Steps<'_, '_>, modules: &[&str]) -> bool {
    modules.iter().all(|module| add_line(steps, LOAD, module))
}

/// Adds a line to a file of its own.
pub fn add_line(steps: &mut Steps<'_, '_>, file: &str, line: &str) -> bool {
    let before = steps.draft.lines(file);
    let done = steps.draft.add(file, line);
    steps.plan.in_place |= done && steps.draft.lines(file) == before;
    done
}

/// Keeps a rival of the driver from loading by alias.
pub fn keep_out(steps: &mut Steps<'_, '_>, module: &str) -> bool {
    // Another driver than these is not ours to judge.
    let Some(rival) = RIVALS.into_iter().find(|rival| same_name(rival, module)) else {
        return false;
    };
    // The only driver that works stays.
    if steps.has_no_driver() {
        return false;
    }
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
