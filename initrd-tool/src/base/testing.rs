//! Roots for tests that look at real files.

use std::fs;
use tempfile::TempDir;

/// A folder with these files: path below it, and text.
pub(crate) fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    root
}

/// The same with empty files.
pub(crate) fn empty_files(paths: &[&str]) -> TempDir {
    root(&paths.iter().map(|path| (*path, "")).collect::<Vec<_>>())
}
