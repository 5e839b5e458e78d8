//! kmod's binary index files, `modules.*.bin`: a radix tree of keys, each with its
//! values (libkmod-index.c). Looks up and never trusts an offset.

use super::names::NAME_MAX;
use super::pages::Pages;
use nvpreflight::kmod::fnmatch::fnmatch;
use nvpreflight::seen::Errno;
use std::borrow::Cow;

const MAGIC: u32 = 0xb007_f457;
const MAJOR: u32 = 2;
const MASK: u32 = 0x0fff_ffff;
const PREFIX: u32 = 0x8000_0000;
const VALUES: u32 = 0x4000_0000;
const CHILDREN: u32 = 0x2000_0000;
/// Keys are ASCII; a node with a child beyond is refused (`INDEX_CHILDMAX`).
const CHILD_MAX: u8 = 128;

/// An index file.
#[derive(Debug)]
pub struct Trie<'a> {
    bytes: Bytes<'a>,
    root: u32,
}

#[derive(Debug)]
enum Bytes<'a> {
    Whole(Cow<'a, [u8]>),
    /// A lookup touches some dozens of pages of hundreds.
    Paged(Pages),
}

/// A value with its priority, the module's position in modules.order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value<'a> {
    /// Lower ones come first.
    pub priority: u32,
    /// The text.
    pub text: &'a [u8],
}

#[derive(Clone, Copy)]
struct Node<'a> {
    prefix: &'a [u8],
    first: u8,
    children: &'a [u8],
    /// The values' bytes, behind their count.
    values: &'a [u8],
    count: u32,
}

impl<'a> Trie<'a> {
    /// Reads the header; `None` for what kmod refuses: another magic number or major
    /// version, or less than a header.
    #[must_use]
    pub fn new(bytes: Cow<'a, [u8]>) -> Option<Self> {
        let root = root_of(&bytes)?;
        Some(Self { bytes: Bytes::Whole(bytes), root })
    }

    /// The same of a file that is read as far as a lookup goes.
    #[must_use]
    pub fn paged(pages: Pages) -> Option<Self> {
        let root = root_of(pages.at(0)?.0)?;
        Some(Self { bytes: Bytes::Paged(pages), root })
    }

    /// The first value of exactly this key.
    #[must_use]
    pub fn exact(&self, key: &[u8]) -> Option<&[u8]> {
        let mut key = key;
        let mut node = self.node(self.root)?;
        loop {
            key = key.strip_prefix(node.prefix)?;
            let Some((byte, rest)) = key.split_first() else {
                return node.values().next().map(|v| v.text);
            };
            node = self.child(&node, *byte)?;
            key = rest;
        }
    }

    /// The values of all keys that match as patterns, in kmod's order.
    #[must_use]
    pub fn matching(&self, text: &[u8]) -> Vec<&[u8]> {
        let mut found = Vec::new();
        // Offsets of a hostile file may form a loop; the keys of a sound one, each
        // written out, have about three times its size.
        let mut fuel = self.len().saturating_mul(16).saturating_add(NAME_MAX);
        self.descend(text, &mut found, &mut fuel);
        found.into_iter().map(|v| v.text).collect()
    }

    fn descend<'s>(&'s self, text: &[u8], found: &mut Vec<Value<'s>>, fuel: &mut usize) {
        let mut text = text;
        let Some(mut node) = self.node(self.root) else { return };
        loop {
            for (at, byte) in node.prefix.iter().enumerate() {
                if matches!(byte, b'*' | b'?' | b'[') {
                    let rest = text.get(at..).unwrap_or(&[]);
                    let pattern = node.prefix.get(at..).unwrap_or(&[]).to_vec();
                    return self.subtree(&node, pattern, rest, found, fuel);
                }
                if text.get(at) != Some(byte) {
                    return;
                }
            }
            text = text.get(node.prefix.len()..).unwrap_or(&[]);
            for wild in [b'*', b'?', b'['] {
                if let Some(child) = self.child(&node, wild) {
                    let pattern = [&[wild], child.prefix].concat();
                    self.subtree(&child, pattern, text, found, fuel);
                }
            }
            let Some((byte, rest)) = text.split_first() else {
                return add(found, &node);
            };
            match self.child(&node, *byte) {
                Some(child) => node = child,
                None => return,
            }
            text = rest;
        }
    }

    /// Tries every key below a node, whose own key's pattern part is `key`.
    fn subtree<'s>(
        &'s self,
        top: &Node<'s>,
        mut key: Vec<u8>,
        text: &[u8],
        found: &mut Vec<Value<'s>>,
        fuel: &mut usize,
    ) {
        let mut stack = vec![(*top, 0u8, key.len())];
        while let Some((node, next, len)) = stack.last_mut() {
            key.truncate(*len);
            let Some(byte) = node.byte(*next) else {
                // Values of a node come behind its children's, as in kmod's recursion.
                if node.count > 0 && fnmatch(&key, text) {
                    add(found, node);
                }
                stack.pop();
                continue;
            };
            *next += 1;
            let Some(child) = self.child(node, byte) else { continue };
            key.push(byte);
            key.extend_from_slice(child.prefix);
            let Some(left) = fuel.checked_sub(key.len()) else { return };
            *fuel = left;
            if key.len() <= NAME_MAX {
                stack.push((child, 0, key.len()));
            }
        }
    }

    /// Why a lookup could not read what it asked for.
    #[must_use]
    pub fn failed(&self) -> Option<Errno> {
        match &self.bytes {
            Bytes::Whole(_) => None,
            Bytes::Paged(pages) => pages.failed(),
        }
    }

    fn len(&self) -> usize {
        match &self.bytes {
            Bytes::Whole(bytes) => bytes.len(),
            Bytes::Paged(pages) => pages.len(),
        }
    }

    fn node(&self, offset: u32) -> Option<Node<'_>> {
        let at = usize::try_from(offset & MASK).ok().filter(|at| *at > 0)?;
        match &self.bytes {
            Bytes::Whole(bytes) => Node::parse(offset, bytes.get(at..)?),
            Bytes::Paged(pages) => {
                let (near, is_end) = pages.at(at)?;
                let node = Node::parse(offset, near);
                // What goes on behind the pages that were read needs all of them.
                if is_end || node.as_ref().is_some_and(Node::is_whole) {
                    return node;
                }
                Node::parse(offset, pages.whole()?.get(at..)?)
            }
        }
    }

    fn child<'s>(&'s self, node: &Node<'s>, byte: u8) -> Option<Node<'s>> {
        let at = 4 * usize::from(byte.checked_sub(node.first)?);
        let mut offset = node.children.get(at..at + 4)?;
        self.node(u32_of(&mut offset)?)
    }
}

impl<'a> Node<'a> {
    /// The node that begins there; what it has stands in its offset's highest bits.
    fn parse(offset: u32, mut rest: &'a [u8]) -> Option<Self> {
        let mut node = Node { prefix: &[], first: CHILD_MAX, children: &[], values: &[], count: 0 };
        if offset & PREFIX != 0 {
            node.prefix = string_of(&mut rest)?;
        }
        if offset & CHILDREN != 0 {
            let (first, last) = (*rest.first()?, *rest.get(1)?);
            if first > last || last >= CHILD_MAX {
                return None;
            }
            let len = 4 * (usize::from(last - first) + 1);
            (node.children, rest) = rest.get(2..)?.split_at_checked(len)?;
            node.first = first;
        }
        if offset & VALUES != 0 {
            node.count = u32_of(&mut rest)?;
            node.values = rest;
        }
        Some(node)
    }

    /// Whether all of its values were there.
    fn is_whole(&self) -> bool {
        u32::try_from(self.values().count()).is_ok_and(|count| count == self.count)
    }

    /// The byte of the child's place number `at`.
    fn byte(&self, at: u8) -> Option<u8> {
        (usize::from(at) < self.children.len() / 4).then(|| self.first.saturating_add(at))
    }

    fn values(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let mut rest = self.values;
        (0..self.count).map_while(move |_| {
            Some(Value { priority: u32_of(&mut rest)?, text: string_of(&mut rest)? })
        })
    }
}

/// Inserts before the first value that has no lower priority (`add_value`).
fn add<'a>(found: &mut Vec<Value<'a>>, node: &Node<'a>) {
    for value in node.values() {
        let at = found.partition_point(|v| v.priority < value.priority);
        found.insert(at, value);
    }
}

/// The root's offset, behind a magic number and a version that kmod takes.
fn root_of(bytes: &[u8]) -> Option<u32> {
    let mut rest = bytes;
    let (magic, version, root) = (u32_of(&mut rest)?, u32_of(&mut rest)?, u32_of(&mut rest)?);
    (magic == MAGIC && version >> 16 == MAJOR).then_some(root)
}

fn u32_of(bytes: &mut &[u8]) -> Option<u32> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_be_bytes(*head))
}

fn string_of<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = bytes.iter().position(|b| *b == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    *bytes = rest.get(1..)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One node: prefix "ab", value "x" of priority 7.
    fn small() -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [MAGIC, 0x0002_0001, 12 | PREFIX | VALUES] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(b"ab\0\0\0\0\x01\0\0\0\x07x\0");
        bytes
    }

    #[test]
    fn a_key_is_found_whole_only() {
        let trie = Trie::new(small().into()).unwrap();
        assert_eq!(trie.exact(b"ab"), Some(&b"x"[..]));
        assert_eq!(trie.exact(b"a"), None);
        assert_eq!(trie.exact(b"abc"), None);
        assert_eq!(trie.matching(b"ab"), [b"x"]);
    }

    #[test]
    fn what_kmod_refuses_is_no_index() {
        assert!(Trie::new((&b""[..]).into()).is_none());
        let mut old = small();
        old[5] = 1;
        assert!(Trie::new(old.into()).is_none());
    }

    #[test]
    fn a_loop_of_offsets_ends() {
        let mut bytes = Vec::new();
        for word in [MAGIC, 0x0002_0001, 12 | CHILDREN] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(b"**");
        bytes.extend((12u32 | CHILDREN).to_be_bytes());
        let trie = Trie::new(bytes.into()).unwrap();
        assert!(trie.matching(b"anything").is_empty());
        assert_eq!(trie.exact(&[b'*'; 100]), None);
    }

    fn paged(bytes: &[u8]) -> Option<Trie<'static>> {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        Trie::paged(Pages::new(file, bytes.len() as u64)?)
    }

    #[test]
    fn a_node_behind_the_pages_that_were_read_is_found_all_the_same() {
        let mut bytes = small();
        // The value, and so the node, ends several pages behind its beginning.
        let long = vec![b'y'; 5 * Pages::SIZE];
        bytes.truncate(bytes.len() - 2);
        bytes.extend(&long);
        bytes.push(0);
        let (trie, pages) = (Trie::new((&bytes[..]).into()).unwrap(), paged(&bytes).unwrap());
        assert_eq!(pages.exact(b"ab"), Some(&long[..]));
        assert_eq!(pages.matching(b"ab"), trie.matching(b"ab"));
        assert!(paged(b"").is_none());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_searched_without_panic(
            body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            root in proptest::prelude::any::<u32>(),
        ) {
            let mut bytes = small()[..8].to_vec();
            bytes.extend((root & 0xf000_00ff).to_be_bytes());
            bytes.extend(body);
            let (trie, pages) = (Trie::new((&bytes[..]).into()).unwrap(), paged(&bytes).unwrap());
            proptest::prop_assert_eq!(trie.exact(b"nvidia"), pages.exact(b"nvidia"));
            let alias = b"pci:v000010DE";
            proptest::prop_assert_eq!(trie.matching(alias), pages.matching(alias));
        }
    }
}
