//! Tests of `DirFiles` on small directories made for each.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;

fn root(fill: impl FnOnce(&Path)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    dir
}

fn open(dir: &tempfile::TempDir) -> DirFiles {
    DirFiles::open(dir.path(), &Limits::DEFAULT).unwrap()
}

fn walked(files: &DirFiles) -> Vec<String> {
    let mut out = Vec::new();
    files
        .walk(&mut |w| {
            let target = String::from_utf8_lossy(w.target);
            out.push(format!("{} {:?} {} {target}", w.path.escape_ascii(), w.kind, w.size));
        })
        .unwrap();
    out
}

#[test]
fn a_walk_goes_by_whole_paths_and_follows_no_link() {
    let dir = root(|p| {
        fs::create_dir_all(p.join("a/b")).unwrap();
        fs::write(p.join("a/b/file"), "123").unwrap();
        fs::write(p.join("a-b"), "").unwrap();
        fs::write(p.join(OsStr::from_bytes(b"a\xff\n")), "x").unwrap();
        symlink("a", p.join("link")).unwrap();
        symlink("/", p.join("up")).unwrap();
    });
    assert_eq!(
        walked(&open(&dir)),
        [
            "a Directory 0 ",
            "a-b File 0 ",
            "a/b Directory 0 ",
            "a/b/file File 3 ",
            "a\\xff\\n File 1 ",
            "link Link 1 a",
            "up Link 1 /",
        ]
    );
}

#[test]
fn links_lead_nowhere_but_inside_the_root() {
    let dir = root(|p| {
        fs::create_dir_all(p.join("etc")).unwrap();
        fs::write(p.join("etc/hostname"), "inside").unwrap();
        symlink("/etc/hostname", p.join("absolute")).unwrap();
        symlink("../../../../../etc/hostname", p.join("relative")).unwrap();
        symlink("/proc/self/environ", p.join("outside")).unwrap();
        symlink("loop", p.join("loop")).unwrap();
    });
    let files = open(&dir);
    for name in [&b"absolute"[..], b"relative", b"etc/../../etc/hostname", b"/etc/hostname"] {
        assert_eq!(files.load(name).yes().map(|b| b.to_vec()), Some(b"inside".to_vec()));
    }
    assert_eq!(files.load(b"outside"), Seen::Absent);
    assert_eq!(files.load(b"loop"), Seen::Unreadable(Errno(Os::ELOOP as i32)));
    assert!(matches!(files.load(b"etc"), Seen::Unreadable(_)));
}

#[test]
fn a_fifo_is_neither_opened_nor_waited_for() {
    let dir = root(|p| nix::unistd::mkfifo(&p.join("fifo"), Mode::S_IRWXU).unwrap());
    let files = open(&dir);
    assert_eq!(files.load(b"fifo"), Seen::Unreadable(Errno::EINVAL));
    assert_eq!(walked(&files), ["fifo Other 0 "]);
}

#[test]
fn limits_end_a_walk_and_a_load_with_a_reason() {
    let dir = root(|p| {
        fs::write(p.join("a"), "1234").unwrap();
        fs::write(p.join("b"), "").unwrap();
    });
    let few = Limits { entries: 1, file: 3, ..Limits::DEFAULT };
    let files = DirFiles::open(dir.path(), &few).unwrap();
    assert_eq!(files.load(b"a"), Seen::Unreadable(Errno(Os::EFBIG as i32)));
    let error = files.walk(&mut |_| {}).unwrap_err().to_string();
    assert!(error.ends_with("holds more than 1 entries or 268435456 bytes of names"), "{error}");
}

#[test]
fn the_running_system_is_walked_without_its_proc() {
    let files = DirFiles::open(Path::new("/"), &Limits { entries: 0, ..Limits::DEFAULT }).unwrap();
    assert_eq!(files.is_window(b"proc"), Ok(true));
    assert_eq!(files.is_window(b"etc"), Ok(false));
}

#[test]
fn what_is_no_directory_is_no_root() {
    let dir = root(|p| fs::write(p.join("file"), "").unwrap());
    assert!(DirFiles::open(&dir.path().join("file"), &Limits::DEFAULT).is_err());
    assert!(DirFiles::open(&dir.path().join("none"), &Limits::DEFAULT).is_err());
}
