//! Firmware files that the kernel would find, by the names under which drivers
//! ask (drivers/base/firmware_loader/main.c `fw_path`, `fw_get_filesystem_firmware`).

use super::paths::names;
use crate::source::files::Files;
use nvpreflight::facts::image::{FirmwareFile, Packing};
use nvpreflight::seen::Seen;
use nvpreflight::text::Line;

/// The drivers' folders that are looked at: the stack's firmware and nouveau's
/// lie in the first, monitor data in the second.
const FOLDERS: [&str; 2] = ["nvidia", "edid"];
/// Files kept; linux-firmware has some six hundred below nvidia.
const FILE_MAX: usize = 8192;
/// Folders below lib/firmware that are followed: nvidia/ga102/gsp.
const DEPTH: u32 = 4;

/// Looks below the kernel's search path. `Absent` when there is no firmware
/// folder at all.
pub(super) fn collect(files: &dyn Files, release: Option<&str>) -> Seen<Vec<FirmwareFile>> {
    let release = release.unwrap_or("");
    let search = [
        format!("lib/firmware/updates/{release}"),
        "lib/firmware/updates".to_owned(),
        format!("lib/firmware/{release}"),
        "lib/firmware".to_owned(),
    ];
    let mut found = Vec::new();
    for base in search {
        for folder in FOLDERS {
            below(files, &base, folder, DEPTH, &mut found);
        }
    }
    let any = files.as_tree().stat("lib/firmware").is_yes() || !found.is_empty();
    if any { Seen::Yes(found) } else { Seen::Absent }
}

fn below(files: &dyn Files, base: &str, folder: &str, depth: u32, found: &mut Vec<FirmwareFile>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for name in names(files, &format!("{base}/{folder}")) {
        if found.len() >= FILE_MAX {
            return;
        }
        let name = format!("{folder}/{name}");
        let path = format!("{base}/{name}");
        let mut any = false;
        let is_folder = files.list(&path, &mut |_| any = true).is_yes();
        if is_folder {
            below(files, base, &name, depth, found);
            continue;
        }
        // A link that leads nowhere is no file.
        let size = match files.size(path.as_bytes()) {
            Seen::Yes(size) => Some(size),
            Seen::Absent => continue,
            Seen::NotLooked | Seen::Unreadable(_) => None,
        };
        let (asked, packing) = packed(&name);
        if found.iter().all(|f| f.name != *asked) {
            found.push(FirmwareFile { name: Line::from(asked), size, packing });
        }
    }
}

/// The name a driver asks for, and how the kernel unpacks the file: it goes by
/// the suffix alone (CONFIG_FW_LOADER_COMPRESS_XZ, _ZSTD).
fn packed(name: &str) -> (&str, Packing) {
    if let Some(asked) = name.strip_suffix(".xz") {
        (asked, Packing::Xz)
    } else if let Some(asked) = name.strip_suffix(".zst") {
        (asked, Packing::Zstd)
    } else {
        (name, Packing::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::Limits;
    use crate::source::dir::DirFiles;
    use std::fs;

    #[test]
    fn a_directorys_files_have_their_size_and_an_empty_one_is_empty() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("lib/firmware/nvidia/595.45.04");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("gsp_ga10x.bin"), "firmware").expect("a file");
        fs::write(folder.join("gsp_tu10x.bin"), "").expect("a file");
        std::os::unix::fs::symlink("gsp_ga10x.bin", folder.join("gsp.bin")).expect("a link");
        std::os::unix::fs::symlink("nowhere", folder.join("lost.bin")).expect("a link");
        let files = DirFiles::open(root.path(), &Limits::DEFAULT).expect("a root");
        let found = collect(&files, None);
        let mut sizes: Vec<_> =
            found.yes().expect("firmware").iter().map(|f| (f.name.as_str(), f.size)).collect();
        sizes.sort_unstable();
        assert_eq!(
            sizes,
            [
                ("nvidia/595.45.04/gsp.bin", Some(8)),
                ("nvidia/595.45.04/gsp_ga10x.bin", Some(8)),
                ("nvidia/595.45.04/gsp_tu10x.bin", Some(0)),
            ]
        );
    }
}
