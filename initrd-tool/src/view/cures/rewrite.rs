//! Lines that do not do what they say, written as they were meant.

use super::options::{OURS, load_at_boot, next_config, ours_says, replaced, rewrite, settings};
use super::options::{take_away, word};
use super::{At, Safety, Steps};
use nvpreflight::driver::parameters::{self, Kind, OF_EVERY_MODULE};
use nvpreflight::facts::{Directive, Origin, Place, STACK, in_stack};
use nvpreflight::kmod::names;
use nvpreflight::reading::options;
use nvpreflight::rule::change::Rewrite;
use nvpreflight::text::same_name;

/// Plans it; false where a person has to say what was meant.
pub fn step(steps: &mut Steps<'_, '_>, what: Rewrite, at: At<'_>) -> bool {
    match what {
        Rewrite::LastAlone => last_alone(steps, at),
        Rewrite::Name => name(steps, at),
        Rewrite::Owner => owner(steps, at),
        Rewrite::Value => value(steps, at),
        Rewrite::Spelling => spelling(steps, at),
        Rewrite::Softdep => softdep(steps, at),
        Rewrite::RegistryKeys => registry_keys(steps),
    }
}

/// Of the settings in files, or of those on the command line, the last is in force: what
/// stands before it goes, and no module loads in another way.
fn last_alone(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    let on_line = |place: &Place| matches!(place, Place::Word(_));
    let mut all = settings(steps.facts, at.module, at.parameter);
    all.retain(|(place, _)| on_line(place) == on_line(at.origin));
    let Some((last, kept)) = all.pop() else { return false };
    all.dedup();
    all.iter().all(|(place, _)| match *place == last {
        true => rewrite(steps, place, |l| replaced(l, at.parameter, Some(&kept)), |_| None),
        false => take_away(steps, place, at.parameter),
    })
}

/// A misspelt name becomes its neighbour, unless that is set already; another goes.
fn name(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    // `modeset = 1` and a comment are no names.
    if !at.parameter.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let near = parameters::nearest(at.module, at.parameter);
    let Some(near) = near.filter(|near| settings(steps.facts, at.module, near).is_empty()) else {
        return take_away(steps, at.origin, at.parameter);
    };
    // What had no effect gets one.
    steps.plan.weigh(Safety::Decide);
    let Some(old) = written(steps, at) else { return false };
    let tail = old.split_once('=').map(|(_, value)| format!("={value}")).unwrap_or_default();
    let new = format!("{near}{tail}");
    rewrite(
        steps,
        at.origin,
        |line| replaced(line, at.parameter, Some(&new)),
        |word| Some(format!("{}.{new}", word.split_once('.')?.0)),
    )
}

/// A setting goes to the module that has the parameter, unless it is set there already.
fn owner(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    if !settings(steps.facts, at.expected, at.parameter).is_empty() {
        return take_away(steps, at.origin, at.parameter);
    }
    steps.plan.weigh(Safety::Decide);
    let Some(set) = written(steps, at) else { return false };
    let alone = |line: &str| line.split_ascii_whitespace().count() == 3;
    let line = format!("options {} {set}", at.expected);
    let turned = |old: &str| match alone(old) {
        true => replaced(old, at.parameter, None).map(|_| line.clone()),
        false => None,
    };
    rewrite(steps, at.origin, turned, |_| Some(format!("{}.{set}", at.expected)))
        || take_away(steps, at.origin, at.parameter)
            && ours_says(steps, OURS, at.expected, at.parameter, &set)
}

/// The word of the finding's own setting.
fn written(steps: &Steps<'_, '_>, at: At<'_>) -> Option<String> {
    let all = settings(steps.facts, at.module, at.parameter);
    all.into_iter().find(|(place, _)| place == at.origin).map(|(_, word)| word)
}

/// A value that says yes or no in another way is written as one that is taken; of another
/// nobody knows what was meant, and the driver's default is better than no driver.
fn value(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    let Some(kind) = parameters::kind(at.module, at.parameter) else { return false };
    let number = at.found.parse::<u64>().ok().filter(|_| kind == Kind::Boolean);
    let letters = at.found.chars().all(|c| c.is_ascii_alphabetic());
    let on = number.map(|n| n != 0).or_else(|| options::boolean(at.found).filter(|_| letters));
    let last = settings(steps.facts, at.module, at.parameter).pop();
    let new = on.filter(|_| last.is_some_and(|(place, _)| place == *at.origin));
    let Some(on) = new else { return take_away(steps, at.origin, at.parameter) };
    let set = format!("{}={}", at.parameter, u8::from(on));
    rewrite(
        steps,
        at.origin,
        |line| replaced(line, at.parameter, Some(&set)),
        |word| Some(format!("{}={}", word.split_once('=')?.0, u8::from(on))),
    )
}

/// `option`, `Options` and `options NVIDIA-DRM` are spelled as kmod reads them; a line
/// without a parameter goes.
fn spelling(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    steps.plan.weigh(Safety::Decide);
    rewrite(steps, at.origin, |line| spelled(line, at.module), |_| None)
}

/// Directives that a slip is taken for. A `blacklist` or an `install` that begins to count
/// would keep the driver out: that is for its owner to say.
const MEANT: [&str; 2] = ["options", "softdep"];

fn spelled(line: &str, module: &str) -> Option<String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [directive, rest @ ..] = words.as_slice() else { return None };
    match (Directive::named(directive.as_bytes()), rest) {
        (Directive::Unknown, [_, _, ..]) => {
            let slip = directive.trim_end_matches(':').to_ascii_lowercase();
            let near = |meant: &&str| strsim::osa_distance(&slip, meant) <= 2;
            Some(format!("{} {}", MEANT.into_iter().find(near)?, rest.join(" ")))
        }
        (Directive::Options, [_]) => Some(String::new()),
        (Directive::Options, [pattern, settings @ ..]) if !module.is_empty() => {
            // A pattern may stand for several: that one whose parameters these are.
            let owner =
                |set: &&str| parameters::owner(set.split_once('=').map_or(*set, |(name, _)| name));
            let owners: Vec<_> = settings.iter().map(owner).collect();
            let module = match names::matches(pattern, module) {
                true => owners.first().copied().flatten()?,
                false => module,
            };
            let all = owners.iter().all(|o| o.is_none_or(|o| same_name(o, module)));
            all.then(|| format!("options {module} {}", settings.join(" ")))
        }
        _ => None,
    }
}

/// A softdep gets its words apart; of one that another line shadows, the modules are asked
/// for by name, and it goes.
fn softdep(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    steps.plan.weigh(Safety::Decide);
    if rewrite(steps, at.origin, sides_apart, |_| None) {
        return true;
    }
    let lines = next_config(steps.facts).of(Directive::Softdep);
    let Some(line) = lines.filter(|l| l.origin == Origin::File).find(|l| l.place == *at.origin)
    else {
        return false;
    };
    let names = || line.rest.split_ascii_whitespace().filter(|w| !matches!(*w, "pre:" | "post:"));
    let ours: Vec<&str> =
        STACK.into_iter().filter(|module| names().any(|name| same_name(name, module))).collect();
    if !names().all(in_stack) || !in_stack(&line.module) {
        return false;
    }
    load_at_boot(steps, &ours) && rewrite(steps, at.origin, |_| Some(String::new()), |_| None)
}

/// A softdep line with one blank between words, names without commas, and the colons that
/// its sides lack; `None` where it has all that.
fn sides_apart(line: &str) -> Option<String> {
    let spaced = line.replace(',', " ");
    let mut words: Vec<String> = spaced.split_ascii_whitespace().map(str::to_owned).collect();
    for word in words.iter_mut().skip(2) {
        match word.as_str() {
            "pre" | "post" => word.push(':'),
            _ => {}
        }
    }
    let new = words.join(" ");
    (words.len() > 3 && words.get(2).is_some_and(|w| w.ends_with(':')) && new != line.trim())
        .then_some(new)
}

/// One setting with all the registry keys that files name, each with the value that comes
/// last, at the last line that names one.
fn registry_keys(steps: &mut Steps<'_, '_>) -> bool {
    const NAME: &str = "NVreg_RegistryDwords";
    /// A line: where it stands, and what else it sets.
    type Holder = (Place, Vec<String>);
    let (mut keys, mut holders): (Vec<(String, String)>, Vec<Holder>) = (Vec::new(), Vec::new());
    let facts = steps.facts;
    let lines = next_config(facts).of(Directive::Options);
    let ours = lines.filter(|l| same_name(&l.module, "nvidia") && l.rest.contains(NAME));
    for line in ours {
        // On the command line, or cut: not to be put together here.
        if line.origin == Origin::Cmdline || line.rest.is_cut() {
            return false;
        }
        let mut kept = Vec::new();
        let all = options::all_in(next_config(facts)).filter(|set| set.place == &line.place);
        for set in all {
            let stray = set.has_value
                && !set.name.starts_with("NV")
                && !same_name(set.name, "rm_firmware_active")
                && !OF_EVERY_MODULE.contains(&set.name);
            let pairs = match (same_name(set.name, NAME), stray) {
                (true, _) => set.value.to_owned(),
                (false, true) => word(&set),
                (false, false) => {
                    kept.push(word(&set));
                    continue;
                }
            };
            for pair in pairs.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
                let Some((key, value)) = pair.split_once('=') else { return false };
                let (key, value) = (key.trim(), value.trim());
                keys.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
                keys.push((key.to_owned(), value.to_owned()));
            }
        }
        holders.push((line.place.clone(), kept));
    }
    let pairs: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let list = format!("{NAME}={}", pairs.join(";"));
    let plain = |word: &String| !word.contains(|c: char| c.is_ascii_whitespace() || c == '"');
    if keys.is_empty() || !plain(&list) || !holders.iter().flat_map(|(_, k)| k).all(plain) {
        return false;
    }
    let last = holders.len().saturating_sub(1);
    holders.into_iter().enumerate().all(|(number, (place, mut kept))| {
        if number == last {
            kept.push(list.clone());
        }
        let new = match kept.is_empty() {
            true => String::new(),
            false => format!("options nvidia {}", kept.join(" ")),
        };
        rewrite(steps, &place, |_| Some(new.clone()), |_| None)
    })
}

#[cfg(test)]
mod tests {
    use super::{sides_apart, spelled};

    #[test]
    fn a_slip_in_a_directive_or_a_name_is_written_as_kmod_reads_it() {
        for (line, module, now) in [
            ("option nvidia-drm modeset=1", "", "options nvidia-drm modeset=1"),
            ("Options: nvidia_drm modeset=1", "", "options nvidia_drm modeset=1"),
            ("softdeps nvidia post: nvidia-uvm", "", "softdep nvidia post: nvidia-uvm"),
            ("options nvidia-drm", "", ""),
            ("options NVIDIA-DRM modeset=1", "nvidia_drm", "options nvidia_drm modeset=1"),
            ("options nvidia* modeset=1", "nvidia", "options nvidia_drm modeset=1"),
        ] {
            assert_eq!(spelled(line, module).as_deref(), Some(now), "{line}");
        }
        for (line, module) in [
            ("blacklists nvidia", ""),
            ("blacklist", ""),
            ("set nvidia_drm modeset=1", ""),
            ("options nvidia* modeset=1 NVreg_EnableMSI=1", "nvidia"),
            ("options nvidia* something=1", "nvidia"),
        ] {
            assert_eq!(spelled(line, module), None, "{line}");
        }
    }

    #[test]
    fn a_softdep_gets_its_words_apart() {
        for (line, now) in [
            ("softdep nvidia post nvidia-uvm", "softdep nvidia post: nvidia-uvm"),
            ("softdep nvidia  post: nvidia-uvm", "softdep nvidia post: nvidia-uvm"),
            ("softdep drm post: nvidia,nvidia-drm", "softdep drm post: nvidia nvidia-drm"),
        ] {
            assert_eq!(sides_apart(line).as_deref(), Some(now), "{line}");
        }
        for line in ["softdep nvidia post: nvidia-uvm", "softdep nvidia", "softdep nvidia a b"] {
            assert_eq!(sides_apart(line), None, "{line}");
        }
    }
}
