//! "Did my options reach the modules?"

use crate::doctor::answer::{Says, Tone};
use crate::doctor::case::{self, Case};
use nvpreflight::facts::STACK;
use nvpreflight::reading::options;
use nvpreflight::seen::{Errno, Seen};

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    if !f.config.lines.is_yes() && !f.config.lines.is_absent() {
        return Says::unknown(case::unseen("modprobe.d", &f.config.lines));
    }
    // The last setting of each name is the one that can arrive.
    let mut wanted: Vec<options::Setting<'_>> = Vec::new();
    for module in STACK {
        for set in options::of(f, module) {
            let same = |other: &options::Setting<'_>| {
                nvpreflight::text::same_name(other.module, set.module)
                    && nvpreflight::text::same_name(other.name, set.name)
            };
            wanted.retain(|other| !same(other));
            wanted.push(set);
        }
    }
    if wanted.is_empty() {
        return match f.config.files {
            Seen::Yes(()) | Seen::Absent => Says::plain("no option is set: defaults apply"),
            ref other => Says::unknown(case::unseen("modprobe.d", other)),
        };
    }
    let n = wanted.len();
    if c.before_boot() {
        let bad = c.found(&[303, 304, 302, 301, 316]);
        let says = match bad {
            Some(finding) => Says::careful(format!("{n} set; {}", finding.message)),
            None => Says::good(format!("{n} set; they apply at the next load")),
        };
        return says.all(wanted.iter().map(shown)).maybe(bad.map(Case::shown));
    }
    let (mut reached, mut root_only, mut unseen, mut failed) = (0, 0, 0, Vec::new());
    // Whether a value in force shows that one did not arrive.
    let mut overruled = false;
    for set in &wanted {
        match f.modules.param(set.module, set.name) {
            Seen::Yes(value) if options::gives(set.has_value.then_some(set.value), value) => {
                reached += 1;
            }
            Seen::Yes(value) => {
                overruled = true;
                failed.push(format!(
                    "{}.{}={} did not: {value} is in force",
                    set.module, set.name, set.value
                ));
            }
            Seen::Unreadable(Errno::EACCES | Errno::EPERM) => root_only += 1,
            _ if c.is_up(set.module) == Some(false) => {
                failed.push(format!("{}.{}: the module is not loaded", set.module, set.name));
            }
            _ => unseen += 1,
        }
    }
    let bad = c.found(&[303, 304, 316, 302, 301, 112]);
    let certain = bad.is_some() || overruled;
    let mut says = match (failed.as_slice(), root_only) {
        ([], 0) if unseen == n && bad.is_none() => {
            Says::unknown(format!("{n} set; this input does not show the values in force"))
        }
        ([], 0) if unseen > 0 => Says::new(
            if bad.is_some() { Tone::Bad } else { Tone::Plain },
            format!("{reached} of {n} in force; value unknown for {unseen}"),
        ),
        ([], 0) => Says::good(format!("{reached} of {n} reached the modules")),
        ([], k) => Says::new(
            if reached > 0 { Tone::Plain } else { Tone::Unknown },
            format!("{reached} of {n} in force; {k} can only be read by root"),
        ),
        (why, _) => Says::new(
            if certain { Tone::Bad } else { Tone::Careful },
            format!("{reached} of {n} in force; {}", why.join("; ")),
        ),
    };
    if let Some(finding) = bad {
        says = says.maybe(Some(Case::shown(finding)));
    }
    says.all(wanted.iter().map(shown))
}

fn shown(set: &options::Setting<'_>) -> crate::doctor::Evidence {
    crate::doctor::Evidence {
        place: set.place.to_string(),
        text: set.line.as_options().to_string(),
    }
}
