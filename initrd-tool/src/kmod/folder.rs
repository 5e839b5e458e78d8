//! Which module folder a kernel release has in a root.

use super::names::printable;
use crate::base::error::{Error, Result};
use crate::source::files::Files;
use crate::source::releases::{self, Release};

/// The folder of a release, as a path below the root, and the other releases that have an
/// index where this one was chosen for being the newest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    /// The path.
    pub path: Vec<u8>,
    /// Its release, and the others, the oldest first; where there was a choice.
    pub chosen: Option<(String, Vec<String>)>,
}

/// The folder of the release, or of the newest one, as `check` takes it.
///
/// # Errors
/// Usage: no such release, or none at all.
pub fn find(files: &dyn Files, release: Option<&str>) -> Result<Folder> {
    if let Some((path, _)) = release.and_then(|release| releases::folder_of(files, release)) {
        return Ok(Folder { path: path.into_bytes(), chosen: None });
    }
    let all = releases::of(files);
    let names = |of: &[Release]| of.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
    match (release, releases::newest(&all)) {
        (_, None) => Err(Error::new("no modules: lib/modules is empty")),
        (Some(release), _) => Err(Error::usage(format!(
            "no modules for kernel {}; available: {}",
            printable(release.as_bytes()),
            printable(names(&all).join(", ").as_bytes())
        ))),
        (None, Some(newest)) => {
            let rivals = all.iter().filter(|r| r.indexed == newest.indexed && *r != newest);
            let others: Vec<String> = rivals.map(|r| r.name.clone()).collect();
            let chosen = (!others.is_empty()).then(|| (newest.name.clone(), others));
            Ok(Folder { path: newest.folder.clone().into_bytes(), chosen })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::Memory;

    #[test]
    fn the_newest_is_taken_and_the_others_that_could_be_are_named() {
        let files = Memory::default()
            .file("lib/modules/6.9.12/modules.dep", "")
            .file("lib/modules/6.12.1/modules.dep", "")
            .file("lib/modules/6.13.2/kernel/left.ko", "");
        let found = find(&files, None).unwrap();
        assert_eq!(found.path, b"lib/modules/6.12.1");
        assert_eq!(found.chosen, Some(("6.12.1".into(), vec!["6.9.12".into()])));
        let told = find(&files, Some("6.9.12")).unwrap();
        assert_eq!((told.path.as_slice(), told.chosen), (&b"lib/modules/6.9.12"[..], None));
        assert!(find(&files, Some("6.6.6")).is_err() && find(&Memory::default(), None).is_err());
    }
}
