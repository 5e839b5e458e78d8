//! Paths below a root: links resolved inside it, and the names in a folder.

use nvpreflight::tree::{MAXSYMLINKS, Tree};

/// The path without any link in it, as a walk names the file; `None` when it
/// leads nowhere or in circles. Links never lead out of the root.
pub(super) fn canonical(tree: &(impl Tree + ?Sized), path: &str) -> Option<String> {
    let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut done: Vec<String> = Vec::new();
    let mut hops = 0;
    while let Some(part) = rest.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                done.pop();
                continue;
            }
            _ => done.push(part),
        }
        let mut buf = [0u8; 1024];
        let target = tree.link(&done.join("/"), &mut buf);
        let Some(got) = target.yes().filter(|got| !got.cut) else { continue };
        let target = std::str::from_utf8(buf.get(..got.len)?).ok()?;
        hops += 1;
        if hops > MAXSYMLINKS {
            return None;
        }
        done.pop();
        if target.starts_with('/') {
            done.clear();
        }
        rest.extend(target.split('/').rev().map(str::to_owned));
    }
    let path = done.join("/");
    tree.stat(&path).is_yes().then_some(path)
}

/// Names in a folder, sorted; none when it is not there. Names that are not UTF-8
/// are no release, module or firmware name and left out.
pub(super) fn names(tree: &(impl Tree + ?Sized), folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    let _ = tree.list(folder, &mut |name| {
        names.extend(std::str::from_utf8(name).ok().map(str::to_owned));
    });
    names.sort();
    names
}
