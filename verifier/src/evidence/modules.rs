//! The modules in the kernel now: /proc/modules and /sys/module.

use crate::expect::Expectations;
use crate::facts::module::WATCHED;
use crate::facts::{Facts, Module};
use crate::parse::proc_modules;
use crate::seen::Seen;
use crate::text::{Name, Text, same_name};
use crate::tree::{Flow, Tree, TreeExt};

/// Reads /proc/modules, then each kept module's folder in /sys/module.
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

fn of_interest(name: &Name, want: &Expectations) -> bool {
    let is = |other: &str| same_name(name, other);
    WATCHED.iter().any(|w| is(w))
        || want.order.iter().any(|(a, b)| is(a) || is(b))
        || want.initrd_modules.iter().chain(&want.pre_display_modules).any(|m| is(m))
}
