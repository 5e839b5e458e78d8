//! Lines that do not do what they say, written as they were meant. What is changed is the
//! root's own line, found by its words: an image may be older than its root.

mod registry;

use super::options::{OURS, load_at_boot, next_config, now_at, ours_says, rewrite, rewritten};
use super::options::{replaced, sets, settings, take_away, turned};
use super::{At, Safety, Steps, words};
use nvpreflight::driver::parameters::{self, Kind};
use nvpreflight::facts::{Directive, Origin, PciFunction, Place, STACK, in_stack};
use nvpreflight::kmod::names;
use nvpreflight::parse::cmdline;
use nvpreflight::reading::options;
use nvpreflight::rule::change::Rewrite;
use nvpreflight::text::same_name;

/// Plans it; false where a person has to say what was meant.
pub fn step(steps: &mut Steps<'_, '_>, what: Rewrite, at: At<'_>) -> bool {
    let origin = match at.origin {
        Place::Line { path, line } => match now_at(steps.facts, path, *line) {
            Some(line) => Place::Line { path: path.clone(), line },
            None => return rebuild(steps),
        },
        // Boot loaders change a word wherever it stands.
        Place::Word(number) if !is_alone(steps, *number) => return false,
        origin => origin.clone(),
    };
    let at = At { origin: &origin, ..at };
    match what {
        Rewrite::LastAlone => last_alone(steps, at),
        Rewrite::Name => name(steps, at),
        Rewrite::Owner => owner(steps, at),
        Rewrite::Value => value(steps, at),
        Rewrite::Spelling => spelling(steps, at),
        Rewrite::Softdep => softdep(steps, at),
        Rewrite::RegistryKeys => registry::keys(steps),
        Rewrite::VfioIds => vfio_ids(steps, at),
    }
}

/// The root says it already: a new image is all it takes.
fn rebuild(steps: &mut Steps<'_, '_>) -> bool {
    steps.plan.rebuild = true;
    true
}

/// Whether no other word of the command line has the same text.
fn is_alone(steps: &Steps<'_, '_>, number: u32) -> bool {
    let Some(line) = steps.facts.config.cmdline.yes() else { return false };
    let own = words::raw(steps.facts, number);
    let same =
        |word: &cmdline::Word<'_>| own.as_ref().is_some_and(|own| word.raw == own.as_bytes());
    cmdline::words(&line.raw).filter(same).count() == 1
}

/// Takes the GPU's id out of every list, also of those that an earlier one would take the
/// place of, and a setting where no id is left.
fn vfio_ids(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    // What is given to a guest is its owner's to say.
    steps.plan.weigh(Safety::Decide);
    let id = |gpu: &PciFunction| format!("{:04x}:{:04x}", gpu.vendor, gpu.device);
    let (gpus, others): (Vec<_>, Vec<_>) = steps
        .facts
        .nvidia_gpus()
        .partition(|gpu| gpu.address().zip(at.gpu).is_none_or(|(a, b)| a.same_device(b)));
    let own: Vec<String> = gpus.into_iter().map(id).collect();
    // A list of ids cannot tell two GPUs of one model apart.
    if let Some(twin) = others.into_iter().find(|gpu| own.contains(&id(gpu))) {
        let address = twin.address().map(|a| a.to_string()).unwrap_or_default();
        steps.plan.instead = Some(format!(
            "two GPUs are {}, so ids= holds both or none: reserve the other one by its address \
             (driverctl set-override {address} vfio-pci), then take the id out of ids=",
            id(twin)
        ));
        return false;
    }
    let is_own = |id: &&str| own.iter().any(|own| id.to_ascii_lowercase().starts_with(own));
    let kept = |word: &str| {
        let (name, list) = word.split_once('=')?;
        let others: Vec<&str> = list.split(',').filter(|id| !is_own(id)).collect();
        let left = (!others.is_empty()).then(|| format!("{name}={}", others.join(",")));
        (others.len() < list.split(',').count()).then(|| left.unwrap_or_default())
    };
    let line = |line: &str| {
        let mut lists = line.split_ascii_whitespace().filter(|word| sets(word, "ids"));
        let new = kept(lists.next()?)?;
        // Of two on one line the last is in force: which one was meant is its owner's to say.
        let one = lists.next().is_none();
        one.then(|| replaced(line, at.module, "ids", Some(new.as_str()).filter(|n| !n.is_empty())))?
    };
    let all = settings(steps.facts, at.module, "ids");
    let lists = all.iter().filter(|(_, word)| {
        word.split_once('=').is_some_and(|(_, list)| list.split(',').any(|id| is_own(&id)))
    });
    let mut places: Vec<Place> = lists.map(|(place, _)| place.clone()).collect();
    places.dedup();
    !places.is_empty() && places.iter().all(|place| rewrite(steps, place, line, kept))
}

/// Of the settings in files, or of those on the command line, the last is in force: what
/// stands before it goes, and no module loads in another way.
fn last_alone(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    // The one that is lost may be the one that was meant.
    steps.plan.weigh(Safety::Decide);
    let on_line = |place: &Place| matches!(place, Place::Word(_));
    let all = settings(steps.facts, at.module, at.parameter);
    let mut places: Vec<Place> = all.into_iter().map(|(place, _)| place).collect();
    places.retain(|place| on_line(place) == on_line(at.origin));
    if places.len() < 2 {
        return !on_line(at.origin) && rebuild(steps);
    }
    if places.iter().any(|p| matches!(p, Place::Word(number) if !is_alone(steps, *number))) {
        return false;
    }
    places.dedup();
    let Some(last) = places.pop() else { return false };
    let is_owners = |place: &Place| place.path().is_none_or(|path| path.starts_with("etc/"));
    // A package's line that wins over the owner's: the owner's is not the one that goes.
    if !is_owners(&last) && places.iter().any(is_owners) {
        return false;
    }
    let only_last = |line: &str| {
        rewritten(line, at.module, |words| {
            let kept = words.iter().rposition(|word| sets(word, at.parameter))?;
            let mut number = 0..;
            words.retain(|word| number.next() == Some(kept) || !sets(word, at.parameter));
            Some(())
        })
    };
    places.iter().all(|place| take_away(steps, place, at.module, at.parameter))
        && (on_line(&last) || rewrite(steps, &last, only_last, |_| None))
}

/// A misspelt name becomes its neighbour, unless that is set already; another goes.
fn name(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    // `modeset = 1` and a comment are no names.
    if !at.parameter.starts_with(|c: char| c.is_ascii_alphabetic()) {
        if at.parameter != "#" {
            // What had no effect gets one.
            steps.plan.weigh(Safety::Decide);
        }
        return rewrite(steps, at.origin, tidy, |_| None);
    }
    let Some(set) = written(steps, at) else { return false };
    let value = set.split_once('=').map(|(_, value)| value.to_owned());
    let near = parameters::nearest(at.module, at.parameter)
        .filter(|near| fits(at.module, near, value.as_deref()) && is_free(steps, at.module, near));
    let Some(near) = near else { return take_away(steps, at.origin, at.module, at.parameter) };
    // What had no effect gets one.
    steps.plan.weigh(Safety::Decide);
    let new = value.map_or_else(|| near.to_owned(), |value| format!("{near}={value}"));
    rewrite(
        steps,
        at.origin,
        |line| replaced(line, at.module, at.parameter, Some(&new)),
        |word| Some(format!("{}.{new}", word.split_once('.')?.0)),
    )
}

/// A line without the comment behind its values, and each value right behind its name.
fn tidy(line: &str) -> Option<String> {
    if line.contains(['"', '\'', '\\']) {
        return None;
    }
    let mut out: Vec<String> = Vec::new();
    for word in line.split_whitespace().take_while(|word| !word.starts_with('#')) {
        let open = |last: &&mut String| {
            word.starts_with('=') || last.ends_with('=') && !word.contains('=')
        };
        match out.last_mut().filter(open) {
            Some(last) => last.push_str(word),
            None => out.push(word.to_owned()),
        }
    }
    let (new, whole) = (out.join(" "), out.len() > 2);
    (whole && new != line).then_some(new)
}

/// A setting goes to the module that has the parameter, unless it is set there already.
fn owner(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    let Some(set) = written(steps, at) else { return false };
    let value = set.split_once('=').map(|(_, value)| value);
    // A name that no module of the stack has does nothing on its owner either.
    if parameters::kind(at.expected, at.parameter).is_none() {
        return take_away(steps, at.origin, at.module, at.parameter);
    }
    if !fits(at.expected, at.parameter, value) || !is_free(steps, at.expected, at.parameter) {
        return take_away(steps, at.origin, at.module, at.parameter);
    }
    steps.plan.weigh(Safety::Decide);
    let alone = |line: &str| {
        let mut only = false;
        rewritten(line, at.module, |words| {
            only = words.iter().all(|word| sets(word, at.parameter));
            Some(())
        })?;
        only.then(|| format!("options {} {set}", at.expected))
    };
    rewrite(steps, at.origin, alone, |_| Some(format!("{}.{set}", at.expected)))
        || take_away(steps, at.origin, at.module, at.parameter)
            && ours_says(steps, OURS, at.expected, at.parameter, &set)
}

/// The word of the finding's own setting; of several at one place the one that counts.
fn written(steps: &Steps<'_, '_>, at: At<'_>) -> Option<String> {
    let all = settings(steps.facts, at.module, at.parameter);
    all.into_iter().rfind(|(place, _)| place == at.origin).map(|(_, word)| word)
}

/// Whether nothing sets the parameter, and no cure made before does.
fn is_free(steps: &Steps<'_, '_>, module: &str, name: &str) -> bool {
    let says = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        words.next() == Some("options")
            && words.next().is_some_and(|of| same_name(of, module))
            && words.any(|word| sets(word, name))
    };
    settings(steps.facts, module, name).is_empty() && !steps.draft.changed().any(says)
}

/// Whether the module takes the value: one that had no effect must not keep it out.
fn fits(module: &str, name: &str, value: Option<&str>) -> bool {
    match (parameters::kind(module, name), value) {
        (Some(Kind::Boolean), Some(value)) => options::takes_boolean(value, None) == Some(true),
        (Some(Kind::Integer), Some(value)) => options::is_integer(value),
        (Some(Kind::Integer | Kind::Text), None) => false,
        _ => true,
    }
}

/// How people write yes and no.
const ON: [&str; 5] = ["true", "yes", "on", "enable", "enabled"];
const OFF: [&str; 6] = ["false", "no", "off", "disable", "disabled", "none"];

/// A value that says yes or no in another way is written as one that is taken; of another
/// nobody knows what was meant, and the driver's default is better than no driver.
fn value(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    let Some(kind) = parameters::kind(at.module, at.parameter) else { return false };
    let number = at.found.parse::<u64>().ok().filter(|_| kind == Kind::Boolean);
    let says = |list: &[&str]| list.iter().any(|word| word.eq_ignore_ascii_case(at.found));
    let on = match number {
        Some(number) => Some(number != 0),
        None if says(&ON) => Some(true),
        None => says(&OFF).then_some(false),
    };
    let is_bad = |word: &String| {
        let split = word.split_once('=');
        split.is_some_and(|(name, value)| same_name(name, at.parameter) && value == at.found)
    };
    // Behind it the owner said something else, which counts.
    let last = settings(steps.facts, at.module, at.parameter).pop();
    let counts = last.is_some_and(|(place, word)| place == *at.origin && is_bad(&word));
    let new = on.filter(|_| counts).map(u8::from);
    let line = |line: &str| {
        rewritten(line, at.module, |words| {
            let place = words.iter().position(is_bad)?;
            words.retain(|word| !is_bad(word));
            if let Some(new) = new {
                words.insert(place, format!("{}={new}", at.parameter));
            }
            Some(())
        })
    };
    let word = |word: &str| {
        let (key, _) = word.split_once('=').filter(|(_, value)| *value == at.found)?;
        Some(new.map_or_else(String::new, |new| format!("{key}={new}")))
    };
    rewrite(steps, at.origin, line, word)
}

/// `option`, `Options` and `options NVIDIA-DRM` are spelled as kmod reads them; a line
/// without a parameter goes.
fn spelling(steps: &mut Steps<'_, '_>, at: At<'_>) -> bool {
    steps.plan.weigh(Safety::Decide);
    let Place::Line { path, line } = at.origin else { return false };
    let lines = steps.draft.lines(path).unwrap_or_default();
    let number = usize::try_from(*line).ok().and_then(|line| steps.draft.now_at(path, line));
    let Some(mut new) = number.and_then(|at| lines.get(at)).and_then(|l| spelled(l, at.module))
    else {
        return false;
    };
    // `Options NVIDIA-DRM` has both faults.
    if let Some(both) = spelled(&new, at.module) {
        new = both;
    }
    // What it would set must not be set otherwise, nor keep the module from loading.
    let mut words = new.split_ascii_whitespace();
    if let (Some("options"), Some(module)) = (words.next(), words.next()) {
        let taken = |word: &str| {
            let (name, value) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
            fits(module, name, value) && is_free(steps, module, name)
        };
        if !words.all(taken) {
            return false;
        }
    }
    rewrite(steps, at.origin, |_| Some(new.clone()), |_| None)
}

/// Directives that a slip is taken for. A `blacklist` or an `install` that begins to count
/// would keep the driver out: that is for its owner to say.
const MEANT: [&str; 2] = ["options", "softdep"];

fn spelled(line: &str, module: &str) -> Option<String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [directive, rest @ ..] = words.as_slice() else { return None };
    if line.contains(['"', '#', '\\']) {
        return None;
    }
    match (Directive::named(directive.as_bytes()), rest) {
        (Directive::Unknown, [_, _, ..]) => {
            let slip = directive.trim_end_matches(':').to_ascii_lowercase();
            // Another first letter is a line that somebody put out of force.
            let near = |meant: &&str| {
                slip.get(..1) == meant.get(..1) && strsim::osa_distance(&slip, meant) <= 2
            };
            Some(format!("{} {}", MEANT.into_iter().find(near)?, rest.join(" ")))
        }
        (Directive::Options, [_]) => Some(String::new()),
        (Directive::Options, [pattern, settings @ ..]) if !module.is_empty() => {
            // Only the name that kmod does not take for the module is mended.
            let meant = pattern.replace('-', "_").eq_ignore_ascii_case(module);
            if same_name(pattern, module) || !meant && !names::matches(pattern, module) {
                return None;
            }
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
    let lines = || next_config(steps.facts).of(Directive::Softdep);
    let Some(line) = lines().filter(|l| l.origin == Origin::File).find(|l| l.place == *at.origin)
    else {
        return false;
    };
    let first = lines().find(|l| names::matches(&l.module, &line.module));
    let rest = line.rest.replace(',', " ");
    let is_side = |word: &&str| matches!(word.trim_end_matches(':'), "pre" | "post");
    let targets = || rest.split_ascii_whitespace().filter(|word| !is_side(word));
    if first.is_some_and(|first| first.place == line.place) {
        let apart = |text: &str| {
            let own = text.split_ascii_whitespace().nth(1)?;
            let new = sides_apart(text).filter(|_| same_name(own, &line.module))?;
            Some(turned(&new).unwrap_or(new))
        };
        return rewrite(steps, at.origin, apart, |_| None);
    }
    let ours: Vec<&str> =
        STACK.into_iter().filter(|module| targets().any(|name| same_name(name, module))).collect();
    if !targets().all(in_stack) || !in_stack(&line.module) {
        return false;
    }
    load_at_boot(steps, &ours) && rewrite(steps, at.origin, |_| Some(String::new()), |_| None)
}

/// A softdep line with one blank between words, names without commas, and the colons that
/// its sides lack; `None` where it has all that, or a colon of its own.
fn sides_apart(line: &str) -> Option<String> {
    let spaced = line.replace(',', " ");
    let mut words: Vec<String> = spaced.split_ascii_whitespace().map(str::to_owned).collect();
    for word in words.iter_mut().skip(2) {
        match word.as_str() {
            "pre" | "post" => word.push(':'),
            ":" => return None,
            _ => {}
        }
    }
    let new = words.join(" ");
    (words.len() > 3 && words.get(2).is_some_and(|w| w.ends_with(':')) && new != line.trim())
        .then_some(new)
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
            ("//options nvidia_drm modeset=0", ""),
            (";options nvidia_drm modeset=0", ""),
            ("nooptions nvidia_drm modeset=0", ""),
            ("options i915 modeset=0", "nvidia_drm"),
            ("option nvidia NVreg_TemporaryFilePath=\"/var/my  tmp\"", ""),
            ("blacklist", ""),
            ("set nvidia_drm modeset=1", ""),
            ("options nvidia* modeset=1 NVreg_EnableMSI=1", "nvidia"),
            ("options nvidia* something=1", "nvidia"),
        ] {
            assert_eq!(spelled(line, module), None, "{line}");
        }
    }

    #[test]
    fn a_comment_goes_and_values_stand_behind_their_names() {
        for (line, now) in [
            ("options nvidia-drm modeset=1 # needed", Some("options nvidia-drm modeset=1")),
            (
                "options nvidia_drm modeset = 1 fbdev =1",
                Some("options nvidia_drm modeset=1 fbdev=1"),
            ),
            ("options nvidia_drm modeset= 1 # y", Some("options nvidia_drm modeset=1")),
            ("options nvidia NVreg_RegistryDwords= NVreg_EnableMSI=1", None),
            ("options nvidia_drm # modeset=1", None),
            ("options nvidia NVreg_TemporaryFilePath=\"/var/a  b\" # x", None),
        ] {
            assert_eq!(super::tidy(line).as_deref(), now, "{line}");
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
        for line in [
            "softdep nvidia post: nvidia-uvm",
            "softdep nvidia",
            "softdep nvidia a b",
            "softdep nvidia post : nvidia-uvm",
        ] {
            assert_eq!(sides_apart(line), None, "{line}");
        }
    }
}
