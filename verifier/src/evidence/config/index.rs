//! The module index of the running kernel: where it lies, and the stack's lines
//! of modules.dep.

use crate::facts::config::Dep;
use crate::facts::{Lost, STACK};
use crate::kmod::places::MODULE_DIRS;
use crate::parse::modules_dep;
use crate::seen::Seen;
use crate::text::{Line, Name, Text, same_bytes};
use crate::tree::{Flow, Tree};
use heapless::Vec;

/// lib/modules/RELEASE, for the running release or else for the only one there.
pub(super) fn folder(tree: &dyn Tree, release: Option<&str>) -> Option<Text<112>> {
    MODULE_DIRS.iter().find_map(|dir| {
        let path = match release {
            Some(release) => Text::of(format_args!("{dir}/{release}")),
            None => {
                let (mut only, mut count) = (Name::new(), 0);
                let _ = tree.list(dir, &mut |name| {
                    only = Name::from_bytes(name);
                    count += 1;
                });
                if count != 1 {
                    return None;
                }
                Text::of(format_args!("{dir}/{only}"))
            }
        };
        tree.stat(&path).is_yes().then_some(path)
    })
}

/// The stack and what it needs or competes with, whose place in the index matters.
const INDEXED: &[&str] = &[
    "drm",
    "drm_kms_helper",
    "drm_ttm_helper",
    "ttm",
    "video",
    "wmi",
    "nouveau",
    "nova_core",
    "nvidiafb",
    "vfio_pci",
];

type Deps = Vec<Dep, { crate::facts::config::DEP_MAX }>;

/// False for nearly all of the thousands of lines, by the beginning of the file's
/// name alone: to take a line apart is most of what reading the index costs.
fn may_count(line: &[u8]) -> bool {
    let file = line.split(|b| *b == b':').next().unwrap_or(line);
    let base = file.rsplit(|b| *b == b'/').next().unwrap_or(file);
    let begins = |with: &str| {
        let start = base.get(..with.len()).unwrap_or(&[]);
        !start.is_empty() && same_bytes(start, with.as_bytes())
    };
    begins("nvidia") || INDEXED.iter().any(|m| begins(m))
}

/// Reads the lines of the stack and its companions.
pub(super) fn read(tree: &dyn Tree, dir: &str, lost: &mut Lost) -> Seen<Deps> {
    let path = Text::<128>::of(format_args!("{dir}/modules.dep"));
    let mut kept = Deps::new();
    let seen = tree.lines(&path, &mut |line| {
        let dep = Some(line).filter(|line| may_count(line)).and_then(modules_dep::line);
        let Some(dep) = dep else { return Flow::More };
        let listed = STACK.iter().chain(INDEXED).any(|m| dep.module == **m);
        if listed || dep.module.starts_with("nvidia_") {
            let file = Line::from_bytes(dep.file);
            let dep = Dep { module: dep.module, file, needs: dep.needs };
            lost.keep(&mut kept, dep, "modules.dep lines");
        }
        Flow::More
    });
    seen.map(|_| kept)
}

#[cfg(test)]
mod tests {
    use super::may_count;

    #[test]
    fn a_line_counts_whatever_the_spelling_and_packing_of_its_file() {
        for line in [
            &b"updates/dkms/nvidia-drm.ko.xz: kernel/drm.ko"[..],
            b"misc/nvidia_uvm.ko:",
            b"nvidia.ko.zst: a.ko",
            b"kernel/drivers/gpu/drm/drm-kms-helper.ko: x.ko",
            b"kernel/drivers/vfio/pci/vfio-pci.ko.gz:",
        ] {
            assert!(may_count(line), "{}", line.escape_ascii());
        }
        for line in [
            &b"kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko"[..],
            b"kernel/x.ko: updates/dkms/nvidia.ko",
            b"kernel/nvidia/nv.ko:",
            b"",
            b":",
        ] {
            assert!(!may_count(line), "{}", line.escape_ascii());
        }
    }
}
