//! "What changed since it worked?": the comparison with the last good boot where
//! one is remembered; else whether the parts that must agree do.

use crate::doctor::answer::{Evidence, Says};
use crate::doctor::case::Case;

pub(super) fn answer(c: &Case<'_>) -> Says {
    if let Some(says) = &c.changes {
        return says.clone();
    }
    if let Some(finding) = c.found(&[516, 401, 706, 410, 413]) {
        return Says::careful(format!("versions do not match: {}", finding.message))
            .maybe(Some(Case::shown(finding)));
    }
    let mut parts: Vec<(String, String)> = Vec::new();
    if let Some(version) = c.facts.driver_version() {
        let what = if c.before_boot() { "in the image" } else { "running" };
        parts.push((what.to_owned(), version.to_owned()));
    }
    if let Some(version) = c.facts.stage2.userspace_version.yes() {
        parts.push(("user space".to_owned(), version.to_string()));
    }
    for initrd in &c.initrds {
        if let Some(version) = initrd.facts.driver_version() {
            parts.push((initrd.name.to_owned(), version.to_owned()));
        }
    }
    let shown = parts
        .iter()
        .map(|(place, version)| Evidence { place: place.clone(), text: version.clone() })
        .collect::<Vec<_>>();
    let why = "no good boot is recorded here to compare with";
    match parts.as_slice() {
        [(_, first), rest @ ..] if !rest.is_empty() && rest.iter().all(|(_, v)| v == first) => {
            let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
            Says::unknown(format!("{why}; {} agree on {first}", names.join(" and ")))
        }
        _ => Says::unknown(why),
    }
    .all(shown)
}
