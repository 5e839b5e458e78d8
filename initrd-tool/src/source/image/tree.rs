//! An image as the library's `Tree`: what the collectors of the verifier ask of a
//! running system, asked of the rootfs. A content that was not stored is `NotLooked`.

use super::initrd::Image;
use super::listing;
use super::nodes::{Content, Inode};
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{self, Flow, Read, Stat, Tree};

impl Tree for Image {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.file(path.as_bytes()).map(|bytes| fill(buf, &bytes))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<tree::Dropped> {
        self.file(path.as_bytes()).map(|bytes| {
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            if !bytes.is_empty() {
                for line in bytes.split(|b| *b == b'\n') {
                    if f(line) == Flow::Enough {
                        break;
                    }
                }
            }
            tree::Dropped::default()
        })
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.find(path.as_bytes()).and_then(|id| {
            if !self.nodes.inode(id).is_some_and(Inode::is_dir) {
                return Seen::Unreadable(Errno::ENOTDIR);
            }
            for (_, dentry) in self.nodes.children(id) {
                f(self.nodes.text(dentry.name));
            }
            Seen::Yes(())
        })
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        match self.nodes.resolve(path.as_bytes(), false, &mut 0) {
            Ok(id) => match self.nodes.inode(id).map(|i| i.content) {
                Some(Content::Link(target)) => Seen::Yes(fill(buf, self.nodes.text(target))),
                _ => Seen::Unreadable(Errno::EINVAL),
            },
            Err(e) => Seen::from(e),
        }
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        match self.nodes.resolve(path.as_bytes(), false, &mut 0) {
            Ok(id) => self.nodes.inode(id).map_or(Seen::Absent, |inode| {
                let device = match inode.content {
                    Content::Node { major, minor } => (major, minor),
                    _ => (0, 0),
                };
                Seen::Yes(Stat {
                    kind: listing::kind(inode.mode),
                    inode: u64::from(id),
                    mode: u32::from(inode.mode & !super::header::S_IFMT),
                    device,
                })
            }),
            Err(e) => Seen::from(e),
        }
    }
}

fn fill(buf: &mut [u8], bytes: &[u8]) -> Read {
    let len = bytes.len().min(buf.len());
    for (to, from) in buf.iter_mut().zip(bytes) {
        *to = *from;
    }
    Read { len, cut: len < bytes.len() }
}
