//! The files of two images side by side, contents included, by paths that do not
//! change with every build.

use super::behind;
use crate::base::error::Result;
use crate::base::print::{Shown, Size, permissions};
use crate::base::ui::Ui;
use crate::source::image_or_dir::Opened;
use nvpreflight::tree::Kind;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Every path with what there is to compare of it.
///
/// # Errors
/// What could not be read.
pub fn of(opened: &Opened, ui: Ui) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    opened.files().walk(&mut |entry| {
        let mode = |kind| permissions(kind, entry.mode);
        let text = match entry.kind {
            Kind::File => format!("{} {}", mode('-'), Size(entry.size)),
            Kind::Directory => mode('d'),
            Kind::Link => format!("-> {}", stable(entry.target)),
            Kind::CharDevice => mode('c'),
            Kind::Other => mode('?'),
        };
        files.insert(stable(entry.path), text);
    })?;
    let mut current: Option<(String, Sha256)> = None;
    let mut digests = Vec::new();
    let mut done = |of: Option<(String, Sha256)>| {
        if let Some((path, hash)) = of {
            let hex: String = hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect();
            digests.push((path, hex));
        }
    };
    let mut last = Vec::new();
    opened.stream(
        &mut |_| true,
        &mut |path, chunk| {
            if current.is_none() || last != path {
                done(current.take());
                last = path.to_vec();
                current = Some((stable(path), Sha256::new()));
            }
            if let Some((_, hash)) = &mut current {
                hash.update(chunk);
            }
            Ok(())
        },
        ui,
    )?;
    done(current);
    for (path, digest) in digests {
        if let Some(text) = files.get_mut(&path) {
            text.push_str(&format!(" sha256 {digest}…"));
        }
    }
    Ok(files)
}

/// The path without the kernel release and the hashes of the Nix store, printable.
fn stable(path: &[u8]) -> String {
    let mut text = Shown(path).to_string();
    let release = behind(path, b"lib/modules/").and_then(|tree| {
        let end = tree.iter().position(|b| *b == b'/')?;
        tree.get(..end)
    });
    if let Some(release) = release {
        let release = format!("lib/modules/{}/", Shown(release));
        text = text.replacen(&release, "lib/modules/RELEASE/", 1);
    }
    let store = "nix/store/";
    if let Some(at) = text.find(store).map(|at| at + store.len()) {
        if text.get(at + 32..=at + 32) == Some("-") {
            text.replace_range(at..at + 32, "HASH");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn a_rebuild_alone_changes_no_path() {
        assert_eq!(
            stable(b"usr/lib/modules/6.1/kernel/a.ko"),
            "usr/lib/modules/RELEASE/kernel/a.ko"
        );
        assert_eq!(
            stable(b"nix/store/0123456789abcdfghijklmnpqrsvwxyz-bash-5.2/bin/sh"),
            "nix/store/HASH-bash-5.2/bin/sh"
        );
        assert_eq!(stable(b"etc/fstab"), "etc/fstab");
    }
}
