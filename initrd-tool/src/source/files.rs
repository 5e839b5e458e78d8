//! What the tool asks of anything that holds files: an image, a directory, saved
//! facts. Adds whole files and a walk to the library's `Tree`.

use crate::base::error::Result;
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Kind, Tree};
use std::borrow::Cow;
use std::fs::File;

/// One entry of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Walked<'a> {
    /// Path below the root, without a leading slash; any bytes but NUL.
    pub path: &'a [u8],
    /// What it is; links are not followed.
    pub kind: Kind,
    /// Bytes of a file's content, of a link's target, else 0.
    pub size: u64,
    /// Permission bits, without the file type.
    pub mode: u32,
    /// A link's target, else empty.
    pub target: &'a [u8],
    /// Index of the image's segment it came from; 0 where there are none.
    pub segment: u32,
}

/// A tree as `&dyn Tree`: Rust before 1.86 does not turn `&dyn Files` into it.
pub trait AsTree {
    /// The same tree, without what [`Files`] adds.
    fn as_tree(&self) -> &dyn Tree;
}

impl<T: Tree> AsTree for T {
    fn as_tree(&self) -> &dyn Tree {
        self
    }
}

/// A tree whose files can be walked and loaded whole.
pub trait Files: Tree + AsTree {
    /// Hands out every entry in the order of paths, compared as bytes.
    ///
    /// # Errors
    /// What kept a directory from being listed.
    fn walk(&self, visit: &mut dyn FnMut(&Walked<'_>)) -> Result<()>;

    /// A whole file, links followed inside the root. `NotLooked` when its content
    /// was not stored: ask with [`Files::prepare`] first.
    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>>;

    /// A file that can be read at any place without its whole content, and its size in
    /// bytes; `None` where only [`Files::load`] has it, or says why not.
    fn open(&self, path: &[u8]) -> Option<(File, u64)> {
        let _ = path;
        None
    }

    /// The size of a file's content in bytes, links followed inside the root.
    fn size(&self, path: &[u8]) -> Seen<u64>;

    /// Makes the content of these files loadable; of an image that may take
    /// another pass over it.
    ///
    /// # Errors
    /// An image that cannot be read again, or a limit.
    fn prepare(&mut self, paths: &[Vec<u8>]) -> Result<()>;
}
