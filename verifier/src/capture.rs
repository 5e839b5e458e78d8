//! A tree kept as text: one entry a line, so that a fixture reads like a
//! directory listing and a bug report replays as a fixture.
//!
//! ```text
//! # a comment
//! proc/cmdline = quiet splash
//! sys/class/drm/card0/device -> ../../../0000:01:00.0
//! sys/module/nvidia/ ino=14310
//! sys/module/nvidia_drm/parameters/modeset ! EACCES
//! dev/nvidia0 @ 195:0
//! sys/firmware/ ?
//! proc/modules <<EOF
//! nvidia 10211328 0 - Live 0x0 (OE)
//! EOF
//! ```
//! `?` marks what was not captured, `! ENOENT` what is known not to be there.
//! It looks up by scanning: no allocation, and
//! fast enough for the few hundred entries of a capture.

use crate::seen::{Errno, Seen};
use crate::tree::{Dropped, Flow, Kind, MAXSYMLINKS, Read, Stat, Tree};
use heapless::String;

mod entries;

use entries::{Body, Entries, Entry};

/// Longest path that a lookup can follow; the kernel's PATH_MAX is 4096, sysfs
/// paths of PCI devices stay below 200.
const PATH: usize = 512;

/// A captured tree over its text.
#[derive(Clone, Copy, Debug)]
pub struct Capture<'a> {
    text: &'a [u8],
}

impl<'a> Capture<'a> {
    /// A capture over `text`. Lines that are no entry are passed over; see
    /// [`Capture::first_odd_line`] to refuse them.
    #[must_use]
    pub const fn new(text: &'a [u8]) -> Self {
        Self { text }
    }

    /// The number (from 1) of the first line that is neither entry nor comment.
    #[must_use]
    pub fn first_odd_line(&self) -> Option<usize> {
        let mut entries = Entries::new(self.text);
        while entries.next().is_some() {}
        entries.odd
    }

    fn entries(&self) -> Entries<'a> {
        Entries::new(self.text)
    }

    fn exactly(&self, path: &str) -> Option<Body<'a>> {
        self.entries().find(|e| e.path == path.as_bytes()).map(|e| e.body)
    }

    /// The entry at `path` after following links, or why there is none.
    fn look(&self, path: &str, follow_last: bool) -> Seen<Body<'a>> {
        let mut path = String::<PATH>::try_from(path.trim_matches('/')).unwrap_or_default();
        for _ in 0..MAXSYMLINKS {
            match self.exactly(&path) {
                Some(Body::Link(target)) if follow_last => {
                    let target = core::str::from_utf8(target).unwrap_or("");
                    path = joined(parent(&path), target);
                    continue;
                }
                Some(Body::Refused(e)) => return Seen::from(e),
                Some(Body::NotCaptured) => return Seen::NotLooked,
                Some(body) => return Seen::Yes(body),
                None => {}
            }
            if let Some(next) = self.through_a_link(&path) {
                path = next;
            } else if self.is_parent(&path) {
                return Seen::Yes(Body::Directory { inode: 0 });
            } else {
                return self.absence(&path);
            }
        }
        Seen::Unreadable(Errno(40))
    }

    /// The path with its first linked parent replaced by the link's target.
    fn through_a_link(&self, path: &str) -> Option<String<PATH>> {
        path.match_indices('/').find_map(|(at, _)| {
            let head = path.get(..at)?;
            let Some(Body::Link(target)) = self.exactly(head) else { return None };
            let mut next = joined(parent(head), core::str::from_utf8(target).ok()?);
            next.push_str(path.get(at..)?).ok()?;
            Some(next)
        })
    }

    fn is_parent(&self, path: &str) -> bool {
        path.is_empty() || self.entries().any(|e| child_of(path, e.path).is_some())
    }

    /// Not there, or below something that was refused or not captured: the
    /// nearest parent that has an entry decides.
    fn absence(&self, path: &str) -> Seen<Body<'a>> {
        for (at, _) in path.rmatch_indices('/') {
            match path.get(..at).and_then(|head| self.exactly(head)) {
                Some(Body::NotCaptured) => return Seen::NotLooked,
                Some(Body::Refused(e)) => return Seen::from(e),
                _ => {}
            }
        }
        Seen::Absent
    }

    fn file(&self, path: &str) -> Seen<&'a [u8]> {
        self.look(path, true).and_then(|body| match body {
            Body::File(bytes) => Seen::Yes(bytes),
            Body::Directory { .. } => Seen::Unreadable(Errno(21)),
            _ => Seen::Unreadable(Errno::EINVAL),
        })
    }
}

impl Tree for Capture<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.file(path).map(|bytes| fill(buf, bytes))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.file(path).map(|bytes| {
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            if !bytes.is_empty() {
                for line in bytes.split(|b| *b == b'\n') {
                    if f(line) == Flow::Enough {
                        break;
                    }
                }
            }
            Dropped::default()
        })
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        let path = path.trim_matches('/');
        // A link to a directory is listed through its target.
        let mut real = String::<PATH>::try_from(path).unwrap_or_default();
        for _ in 0..MAXSYMLINKS {
            match self.exactly(&real) {
                Some(Body::Link(target)) => {
                    real = joined(parent(&real), core::str::from_utf8(target).unwrap_or(""));
                }
                _ => match self.through_a_link(&real) {
                    Some(next) => real = next,
                    None => break,
                },
            }
        }
        self.look(&real, true).and_then(|body| match body {
            Body::Directory { .. } => {
                for (i, entry) in self.entries().enumerate() {
                    let Some(name) = child_of(&real, entry.path) else { continue };
                    if entry.body == Body::Refused(Errno::ENOENT) {
                        continue;
                    }
                    let said = |e: Entry<'_>| {
                        e.body != Body::Refused(Errno::ENOENT)
                            && child_of(&real, e.path) == Some(name)
                    };
                    if !self.entries().take(i).any(said) {
                        f(name);
                    }
                }
                Seen::Yes(())
            }
            _ => Seen::Unreadable(Errno::ENOTDIR),
        })
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.look(path, false).and_then(|body| match body {
            Body::Link(target) => Seen::Yes(fill(buf, target)),
            _ => Seen::Unreadable(Errno::EINVAL),
        })
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.look(path, false).map(|body| {
            let stat = |kind| Stat { kind, inode: 0, mode: 0o644, device: (0, 0) };
            match body {
                Body::Directory { inode } => Stat { inode, mode: 0o755, ..stat(Kind::Directory) },
                Body::Link(_) => stat(Kind::Link),
                Body::Device { major, minor } => {
                    Stat { device: (major, minor), ..stat(Kind::CharDevice) }
                }
                _ => stat(Kind::File),
            }
        })
    }
}

fn fill(buf: &mut [u8], bytes: &[u8]) -> Read {
    let len = bytes.len().min(buf.len());
    for (to, from) in buf.iter_mut().zip(bytes) {
        *to = *from;
    }
    Read { len, cut: len < bytes.len() }
}

/// The first component of `path` below `dir`.
fn child_of<'a>(dir: &str, path: &'a [u8]) -> Option<&'a [u8]> {
    let below = if dir.is_empty() {
        path
    } else {
        path.strip_prefix(dir.as_bytes())?.strip_prefix(b"/")?
    };
    below.split(|b| *b == b'/').next().filter(|name| !name.is_empty())
}

fn parent(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..at)).unwrap_or("")
}

/// `target` as seen from `dir`, with `.` and `..` resolved inside the root.
fn joined(dir: &str, target: &str) -> String<PATH> {
    let mut out = String::new();
    let base = if target.starts_with('/') { "" } else { dir };
    for part in base.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                let keep = parent(&out).len();
                out.truncate(keep);
            }
            part => {
                let glue = if out.is_empty() { "" } else { "/" };
                // A path that does not fit is cut: the lookup then finds nothing.
                let _ = out.push_str(glue).and_then(|()| out.push_str(part));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::TreeExt;
    use std::string::String as StdString;
    use std::vec::Vec;

    const TEXT: &[u8] = b"# two cards\n\
proc/cmdline = quiet  splash\n\
sys/class/drm/card0 -> ../../devices/pci0000:00/0000:01:00.0/drm/card0\n\
sys/devices/pci0000:00/0000:01:00.0/drm/card0/device -> ../../../0000:01:00.0\n\
sys/devices/pci0000:00/0000:01:00.0/driver -> ../../../bus/pci/drivers/nvidia\n\
sys/module/nvidia/ ino=14310\n\
sys/module/nvidia_drm/parameters/modeset ! EACCES\n\
dev/nvidia0 @ 195:0\n\
sys/firmware/ ?\n\
proc/modules <<EOF\n\
nvidia 1 0 - Live 0x0\n\
\n\
drm 2 0 - Live 0x0\n\
EOF\n";

    fn names(tree: &Capture<'_>, dir: &str) -> Vec<StdString> {
        let mut out = Vec::new();
        let seen = tree.list(dir, &mut |n| out.push(StdString::from_utf8_lossy(n).into_owned()));
        assert!(seen.is_yes(), "{dir}: {seen:?}");
        out
    }

    #[test]
    fn every_kind_of_entry_is_found() {
        let t = Capture::new(TEXT);
        assert_eq!(t.first_odd_line(), None);
        assert_eq!(t.text::<64>("proc/cmdline").yes().unwrap().as_str(), "quiet  splash");
        assert_eq!(t.stat("sys/module/nvidia").yes().unwrap().inode, 14310);
        assert_eq!(t.stat("dev/nvidia0").yes().unwrap().device, (195, 0));
        assert_eq!(
            t.text::<8>("sys/module/nvidia_drm/parameters/modeset").status(),
            Seen::Unreadable(Errno::EACCES)
        );
        assert_eq!(t.exists("proc/nothing"), Seen::Yes(false));
        assert_eq!(t.exists("sys/firmware/efi/vars"), Seen::NotLooked);
        let known = Capture::new(b"proc/driver/nvidia ! ENOENT\nproc/ ?\n");
        assert_eq!(known.exists("proc/driver/nvidia/version"), Seen::Yes(false));
        assert_eq!(known.exists("proc/driver/other"), Seen::NotLooked);
        assert_eq!(names(&Capture::new(b"d/gone ! ENOENT\nd/here = 1\n"), "d"), ["here"]);
        let mut lines = 0;
        assert!(
            t.lines("proc/modules", &mut |_| {
                lines += 1;
                Flow::More
            })
            .is_yes()
        );
        assert_eq!(lines, 3);
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        let t = Capture::new(TEXT);
        let driver = t.link_name::<32>("sys/class/drm/card0/device/driver");
        assert_eq!(driver.yes().unwrap().as_str(), "nvidia");
        assert_eq!(names(&t, "sys/class/drm"), ["card0"]);
        assert_eq!(names(&t, "sys/class/drm/card0"), ["device"]);
        assert_eq!(names(&t, "sys"), ["class", "devices", "module", "firmware"]);
    }

    #[test]
    fn a_loop_ends_and_an_odd_line_is_told() {
        let t = Capture::new(b"a -> b\nb -> a\n");
        assert_eq!(t.text::<8>("a").status(), Seen::Unreadable(Errno(40)));
        assert_eq!(Capture::new(b"a = 1\nwhat is this\n").first_odd_line(), Some(2));
    }
}
