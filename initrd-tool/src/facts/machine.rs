//! The machine that an image will make, as far as it is known before the boot:
//! its files, the command line and release it is given, and the hardware of
//! another tree. What only a running kernel shows is "not looked".

use nvpreflight::seen::Seen;
use nvpreflight::tree::{Dropped, Flow, Kind, Read, Stat, Tree};

/// Files under the answers of a kernel that does not run yet.
pub(super) struct Machine<'a> {
    pub(super) files: &'a (dyn Tree + 'a),
    pub(super) hardware: Option<&'a dyn Tree>,
    pub(super) cmdline: Option<&'a [u8]>,
    pub(super) release: Option<&'a str>,
}

/// Places of a running system; the last one is made by its init.
const LIVE: [&str; 4] = ["proc", "sys", "dev", "run/systemd"];
/// What of them is the same for any kernel on this hardware.
const HARDWARE: [&str; 4] =
    ["sys/bus/pci/devices", "sys/class/drm", "sys/devices", "sys/power/mem_sleep"];

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Who answers for a path.
enum Answers<'a> {
    Given(&'a [u8]),
    Tree(&'a dyn Tree),
    Nobody,
}

impl Machine<'_> {
    fn whose(&self, path: &str) -> Answers<'_> {
        let given = match path {
            "proc/cmdline" => self.cmdline,
            "proc/sys/kernel/osrelease" => self.release.map(str::as_bytes),
            _ => None,
        };
        match (given, self.hardware) {
            (Some(bytes), _) => Answers::Given(bytes),
            (None, Some(tree)) if HARDWARE.iter().any(|h| below(path, h)) => Answers::Tree(tree),
            _ if LIVE.iter().any(|live| below(path, live)) => Answers::Nobody,
            _ => Answers::Tree(self.files),
        }
    }
}

impl Tree for Machine<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        match self.whose(path) {
            Answers::Given(bytes) => {
                let len = bytes.len().min(buf.len());
                for (to, from) in buf.iter_mut().zip(bytes) {
                    *to = *from;
                }
                Seen::Yes(Read { len, cut: len < bytes.len() })
            }
            Answers::Tree(tree) => tree.read(path, buf),
            Answers::Nobody => Seen::NotLooked,
        }
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        match self.whose(path) {
            Answers::Given(bytes) => {
                let _ = f(bytes);
                Seen::Yes(Dropped::default())
            }
            Answers::Tree(tree) => tree.lines(path, f),
            Answers::Nobody => Seen::NotLooked,
        }
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        match self.whose(path) {
            Answers::Tree(tree) => tree.list(path, f),
            Answers::Given(_) | Answers::Nobody => Seen::NotLooked,
        }
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        match self.whose(path) {
            Answers::Tree(tree) => tree.link(path, buf),
            Answers::Given(_) | Answers::Nobody => Seen::NotLooked,
        }
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        match self.whose(path) {
            Answers::Tree(tree) => tree.stat(path),
            Answers::Given(_) => {
                Seen::Yes(Stat { kind: Kind::File, inode: 0, mode: 0o444, device: (0, 0) })
            }
            Answers::Nobody => Seen::NotLooked,
        }
    }
}
