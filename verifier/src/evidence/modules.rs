//! The modules in the kernel now: /proc/modules, /sys/module and what the kernel
//! has built in (modules.builtin). Never takes a name it was not asked about.

use crate::expect::Expectations;
use crate::facts::module::WATCHED;
use crate::facts::{Facts, Lost, Module, ModuleState, Modules};
use crate::kmod::names::module_file;
use crate::kmod::places::MODULE_DIRS;
use crate::parse::proc_modules;
use crate::seen::Seen;
use crate::text::{Name, Text, kernel_name, same_bytes, trim};
use crate::tree::{Flow, Tree, TreeExt};

/// Reads /proc/modules, modules.builtin, then each kept module's folder in
/// /sys/module.
pub fn collect(tree: &dyn Tree, want: &Expectations, facts: &mut Facts) {
    let modules = &mut facts.modules;
    let lost = &mut facts.lost;
    let mut total = 0u32;
    modules.proc = tree
        .lines("proc/modules", &mut |line| {
            match proc_modules::line(line) {
                Some(mut module) => {
                    // The newest stands first: the rank is known once all are counted.
                    module.rank = Seen::Yes(total);
                    if of_interest(&module.name, want) {
                        lost.keep(&mut modules.list, module, "modules");
                    }
                    total = total.saturating_add(1);
                }
                None => lost.count("odd lines of /proc/modules", 1),
            }
            Flow::More
        })
        .status();
    modules.total = total;
    built_in(tree, want, modules, lost);
    modules.sysfs = tree.stat("sys/module").status();
    for module in &mut modules.list {
        if let Seen::Yes(rank) = &mut module.rank {
            *rank = total.saturating_sub(1).saturating_sub(*rank);
        }
        sysfs(tree, module);
    }
}

fn sysfs(tree: &dyn Tree, module: &mut Module) {
    let path = |leaf: &str| Text::<128>::of(format_args!("sys/module/{}{leaf}", module.name));
    module.inode = tree.stat(&path("")).map(|s| s.inode);
    module.version = tree.text(&path("/version"));
    module.srcversion = tree.text(&path("/srcversion"));
}

/// Adds modules of interest that are part of the kernel image: they are in no
/// other list. Without the file nothing is added and nothing is concluded.
fn built_in(tree: &dyn Tree, want: &Expectations, modules: &mut Modules, lost: &mut Lost) {
    let Seen::Yes(release) = tree.text::<96>("proc/sys/kernel/osrelease") else { return };
    for index in MODULE_DIRS {
        let path = Text::<192>::of(format_args!("{index}/{release}/modules.builtin"));
        let looked = tree.lines(&path, &mut |line| {
            let Some((stem, _)) = module_file(trim(line)) else { return Flow::More };
            if !concerns(stem, want) {
                return Flow::More;
            }
            let name = kernel_name(stem);
            if modules.get(&name).is_none() {
                let module = Module::new(name, ModuleState::BuiltIn);
                lost.keep(&mut modules.list, module, "modules");
            }
            Flow::More
        });
        if looked.is_yes() {
            return;
        }
    }
}

/// True for the modules that are kept: the watched ones and those that the
/// expectations name.
pub(super) fn of_interest(name: &Name, want: &Expectations) -> bool {
    concerns(name.as_bytes(), want)
}

fn concerns(name: &[u8], want: &Expectations) -> bool {
    let is = |other: &str| same_bytes(name, other.as_bytes());
    WATCHED.iter().any(|w| is(w))
        || want.order.iter().any(|(a, b)| is(a) || is(b))
        || want.initrd_modules.iter().chain(&want.pre_display_modules).any(|m| is(m))
}

#[cfg(test)]
mod tests {
    use crate::facts::ModuleState;
    use crate::seen::Seen;
    use crate::testing::Case;

    #[test]
    fn the_oldest_line_of_proc_modules_has_rank_zero() {
        let list = "proc/modules <<EOF\nnvidia_drm 1 0 - Live 0x0\next4 1 0 - Live 0x0\n\
                    nvidia 1 1 nvidia_drm, Live 0x0\nEOF\nsys/module/nvidia/ ino=14310\n";
        let f = Case::initrd(list).facts();
        let nvidia = f.modules.get("nvidia").unwrap();
        assert_eq!((nvidia.rank, nvidia.inode), (Seen::Yes(0), Seen::Yes(14_310)));
        assert_eq!(f.modules.get("nvidia-drm").unwrap().rank, Seen::Yes(2));
        assert_eq!((f.modules.total, f.modules.list.len()), (3, 2));
    }

    #[test]
    fn what_is_built_in_is_up_without_being_loaded() {
        let tree = "proc/sys/kernel/osrelease = 6.12.1\n\
                    lib/modules/6.12.1/modules.builtin = kernel/drivers/gpu/drm/drm.ko\n";
        let f = Case::initrd(tree).facts();
        assert_eq!(f.modules.up("drm").unwrap().state, ModuleState::BuiltIn);
    }

    #[test]
    fn modules_named_by_the_expectations_are_kept_too() {
        let case = Case::initrd("proc/modules = msr 1 0 - Live 0x0\n");
        assert!(case.facts().modules.get("msr").is_none());
        let case = case.wanting(|w| w.order.push(("msr".into(), "nvidia".into())).unwrap());
        assert!(case.facts().modules.get("msr").is_some());
    }
}
