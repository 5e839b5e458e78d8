//! One `NVreg_RegistryDwords` with the keys of several.

use super::super::Steps;
use super::super::options::{next_config, rewrite, word};
use nvpreflight::driver::parameters::{REGISTRY_LIST, may_be_registry_key};
use nvpreflight::facts::{Directive, Origin, Place};
use nvpreflight::reading::options;
use nvpreflight::text::same_name;

/// One setting with all the registry keys that files name, each with the value that comes
/// last, at the last line that names one.
pub fn keys(steps: &mut Steps<'_, '_>) -> bool {
    /// A line: where it stands, and what else it sets.
    type Holder = (Place, Vec<String>);
    let (mut keys, mut holders): (Vec<(String, String)>, Vec<Holder>) = (Vec::new(), Vec::new());
    let facts = steps.facts;
    let lines = next_config(facts).of(Directive::Options);
    let ours = lines.filter(|l| same_name(&l.module, "nvidia") && l.rest.contains(REGISTRY_LIST));
    for line in ours {
        // On the command line, cut, or with a comment: not to be put together here.
        if line.origin == Origin::Cmdline || line.rest.is_cut() || line.rest.contains('#') {
            return false;
        }
        let (mut kept, mut open) = (Vec::new(), false);
        for set in options::all_in(next_config(facts)).filter(|set| set.place == &line.place) {
            let stray = open && set.has_value && may_be_registry_key(set.name);
            let pairs = match (same_name(set.name, REGISTRY_LIST), stray) {
                (true, _) => set.value.to_owned(),
                (false, true) => word(&set),
                (false, false) => {
                    open = false;
                    kept.push(word(&set));
                    continue;
                }
            };
            open = pairs.ends_with(';');
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
    let list = format!("{}={}", REGISTRY_LIST, pairs.join(";"));
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
        let is_its = |line: &str| line.contains(REGISTRY_LIST);
        rewrite(steps, &place, |line| is_its(line).then(|| new.clone()), |_| None)
    })
}
