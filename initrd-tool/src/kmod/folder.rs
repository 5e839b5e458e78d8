//! Which module folder a kernel release has in a root.

use super::names::printable;
use crate::base::error::{Error, Result};
use crate::source::files::Files;
use nvpreflight::kmod::places::MODULE_DIRS;
use nvpreflight::seen::Seen;
use std::collections::BTreeSet;
use std::str;

/// The folder of the release, or of the only release that has an index.
///
/// # Errors
/// Usage: no such release, none at all, or several and none was chosen.
pub fn find(files: &dyn Files, release: Option<&str>) -> Result<Vec<u8>> {
    let mut found: Vec<(Vec<u8>, bool)> = Vec::new();
    for folder in MODULE_DIRS {
        let mut names = Vec::new();
        let _ = files.list(folder, &mut |name| names.push(name.to_vec()));
        names.sort_unstable();
        for name in names {
            let path = [folder.as_bytes(), b"/", &name].concat();
            if release == str::from_utf8(&name).ok() && release.is_some() {
                return Ok(path);
            }
            let Ok(text) = str::from_utf8(&path) else { continue };
            let has = |file: &str| !matches!(files.stat(&format!("{text}/{file}")), Seen::Absent);
            found.push((path.clone(), has("modules.dep.bin") || has("modules.dep")));
        }
        // A merged /usr shows the same folders twice.
        if !found.is_empty() && release.is_none() {
            break;
        }
    }
    let indexed: Vec<_> = found.iter().filter(|(_, indexed)| *indexed).collect();
    let all: Vec<_> = if indexed.is_empty() { found.iter().collect() } else { indexed };
    let names = || {
        let base = |path: &[u8]| printable(path.rsplit(|b| *b == b'/').next().unwrap_or(path));
        all.iter()
            .map(|(path, _)| base(path))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (release, &all[..]) {
        (None, [(only, _)]) => Ok(only.clone()),
        (_, []) => Err(Error::new("no modules: lib/modules is empty")),
        (None, _) => Err(Error::usage(format!(
            "modules for several kernels; choose one with --kernel: {}",
            names()
        ))),
        (Some(release), _) => Err(Error::usage(format!(
            "no modules for kernel {}; available: {}",
            printable(release.as_bytes()),
            names()
        ))),
    }
}
