//! An installation and its end, over small roots.

use super::*;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

const PREFIX: &str = "/usr/local";

fn wanted(path: &str, text: &str) -> Wanted {
    Wanted {
        path: path.into(),
        mode: if path.contains("/bin/") { 0o755 } else { 0o644 },
        bytes: text.into(),
        keep: path.starts_with("etc/"),
    }
}

fn files(version: &str) -> Vec<Wanted> {
    vec![wanted("usr/local/bin/tool", version), wanted("etc/tool/tool.conf", "fail=never\n")]
}

/// Every path of a tree with its mode and bytes.
fn tree(root: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut out = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::symlink_metadata(&path).unwrap();
            let bytes = if data.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            if data.is_dir() {
                open.push(path.clone());
            }
            out.insert(path, (data.mode(), bytes));
        }
    }
    out
}

fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    // An empty folder of the system's stays when what was put into it goes.
    fs::create_dir_all(root.path().join("usr/local/bin")).unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    root
}

fn installed(root: &Path, version: &str) -> Result<bool> {
    apply(root, PREFIX, &plan(root, PREFIX, files(version))?)
}

#[test]
fn what_was_put_there_goes_without_a_trace() {
    let root = root();
    let before = tree(root.path());
    assert!(installed(root.path(), "1").unwrap());
    let mode = fs::metadata(root.path().join("usr/local/bin/tool")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    assert!(!installed(root.path(), "1").unwrap(), "a second time changes nothing");
    assert!(installed(root.path(), "2").unwrap(), "another version replaces its own");
    let steps = removal(root.path(), PREFIX).unwrap().expect("an installation");
    assert!(steps.iter().all(|step| step.state == State::Remove), "{steps:?}");
    remove(root.path(), PREFIX, &steps).unwrap();
    assert_eq!(tree(root.path()), before);
    assert!(removal(root.path(), PREFIX).unwrap().is_none());
}

#[test]
fn what_the_owner_changed_stays_and_is_told() {
    let root = root();
    installed(root.path(), "1").unwrap();
    let conf = root.path().join("etc/tool/tool.conf");
    fs::write(&conf, "fail=any\n").unwrap();
    let states = |steps: &[Step]| steps.iter().map(|step| step.state).collect::<Vec<_>>();
    let again = plan(root.path(), PREFIX, files("1")).unwrap();
    assert_eq!(states(&again), [State::Unchanged, State::Kept]);
    let steps = removal(root.path(), PREFIX).unwrap().expect("an installation");
    assert_eq!(states(&steps), [State::Kept, State::Remove]);
    remove(root.path(), PREFIX, &steps).unwrap();
    assert_eq!(fs::read_to_string(conf).unwrap(), "fail=any\n");
    assert!(!root.path().join("usr/local/lib").exists());
}

#[test]
fn a_file_of_somebody_else_is_not_replaced_and_not_taken_back() {
    let root = root();
    let tool = root.path().join("usr/local/bin/tool");
    fs::write(&tool, "mine").unwrap();
    let before = tree(root.path());
    let error = installed(root.path(), "1").unwrap_err().to_string();
    assert!(error.ends_with("move them away:\n  /usr/local/bin/tool"), "{error}");
    assert_eq!(tree(root.path()), before);
    // The same bytes are no reason to take them away later.
    fs::write(&tool, "1").unwrap();
    installed(root.path(), "1").unwrap();
    let steps = removal(root.path(), PREFIX).unwrap().expect("an installation");
    remove(root.path(), PREFIX, &steps).unwrap();
    assert_eq!(fs::read_to_string(tool).unwrap(), "1");
}

#[test]
fn a_failed_write_leaves_every_file_as_it_was() {
    let root = root();
    installed(root.path(), "1").unwrap();
    let before = tree(root.path());
    let mut more = files("2");
    // Its folder cannot be made: a file has the name.
    more.push(wanted("usr/local/bin/tool/below", "x"));
    let mut steps = plan(root.path(), PREFIX, files("2")).unwrap();
    let last = more.pop().expect("it was pushed");
    let (path, after) = (last.path, last.bytes);
    steps.push(Step { path, mode: 0o644, state: State::Create, before: None, after });
    assert!(apply(root.path(), PREFIX, &steps).is_err());
    assert_eq!(tree(root.path()), before);
}

#[test]
fn no_list_leads_out_of_the_root() {
    let root = root();
    let list = root.path().join("usr/local/lib/nvpreflight/manifest");
    fs::create_dir_all(list.parent().expect("a folder")).unwrap();
    for odd in ["nothing", "sum\tetc/x", "\u{0}", "sum\t/../x\n", "folder\t/../x"] {
        fs::write(&list, odd).unwrap();
        let result = removal(root.path(), PREFIX);
        assert!(result.is_err() || result.is_ok_and(|s| s.is_some_and(|s| s.is_empty())), "{odd}");
    }
}
