//! Parameter values in force: sysfs for what anybody set or wants, and the
//! driver's own list for `NVreg_*`, which sysfs never shows.

use crate::expect::Expectations;
use crate::facts::{Facts, Lost, Modules, Param, ParamSource, in_stack};
use crate::parse::nv_params;
use crate::reading::options;
use crate::seen::Seen;
use crate::text::{Line, Name, Text, kernel_name, same_name};
use crate::tree::{Flow, Tree, TreeExt};
use heapless::Vec;

/// Parameters that are always looked at (kernel-open/nvidia-drm, permission 0400).
const ALWAYS: [(&str, &str); 2] = [("nvidia_drm", "modeset"), ("nvidia_drm", "fbdev")];

/// Parameters to ask sysfs for: those of the stack that configuration sets or
/// the owner wants. The driver has some 120 in all.
const ASK_MAX: usize = 48;

/// Reads the values in force.
pub fn collect(tree: &dyn Tree, want: &Expectations, facts: &mut Facts) {
    facts.modules.nv_params = driver_list(tree, &mut facts.modules, &mut facts.lost);
    for (module, name) in asked(want, facts) {
        let path = Text::<160>::of(format_args!("sys/module/{module}/parameters/{name}"));
        let value = tree.text(&path);
        facts.lost.count(ENDS, cut(&value));
        let param = Param { module, name, value, source: ParamSource::Sysfs };
        facts.lost.keep(&mut facts.modules.params, param, "parameters");
    }
}

fn driver_list(tree: &dyn Tree, modules: &mut Modules, lost: &mut Lost) -> Seen<()> {
    let seen = tree.lines("proc/driver/nvidia/params", &mut |line| {
        match nv_params::line(line) {
            Some((name, value)) => {
                let value: Seen<Line> = Seen::Yes(value);
                lost.count(ENDS, cut(&value));
                let module = Name::from("nvidia");
                let param = Param { module, name, value, source: ParamSource::NvProc };
                lost.keep(&mut modules.params, param, "parameters");
            }
            None => lost.count("odd lines of /proc/driver/nvidia/params", 1),
        }
        Flow::More
    });
    seen.map(|_| ())
}

/// The kind of values that are longer than what is kept of them.
const ENDS: &str = "ends of overlong parameter values";

fn cut(value: &Seen<Line>) -> u64 {
    u64::from(value.yes().is_some_and(Line::is_cut))
}

type Asked = Vec<(Name, Name), ASK_MAX>;

fn asked(want: &Expectations, facts: &mut Facts) -> Asked {
    let mut asked = Asked::new();
    let mut lost = 0;
    let mut ask = |module: &str, name: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        // Names of files that could be no parameter are not opened. `NVreg_*`
        // have no file: they are registered with permission 0.
        if !in_stack(module) || name.is_empty() || !name.bytes().all(plain) || is_nvreg(name) {
            return;
        }
        let pair = (kernel_name(module.as_bytes()), kernel_name(name.as_bytes()));
        if !asked.contains(&pair) {
            lost += u64::from(asked.push(pair).is_err());
        }
    };
    for (module, name) in ALWAYS {
        ask(module, name);
    }
    for option in &want.options {
        ask(&option.module, &option.name);
    }
    for set in options::all(facts) {
        ask(set.module, set.name);
    }
    facts.lost.count("parameters", lost);
    asked
}

fn is_nvreg(name: &str) -> bool {
    name.get(..6).is_some_and(|prefix| same_name(prefix, "NVreg_"))
}

#[cfg(test)]
mod tests {
    use crate::seen::{Errno, Seen};
    use crate::testing::Case;
    use std::format;

    #[test]
    fn what_configuration_sets_and_what_the_owner_wants_is_read() {
        let facts = Case::initrd(
            "etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n\
             etc/modprobe.d/b.conf = options nvidia_uvm uvm_disable_hmm=1 ../x=1\n\
             sys/module/nvidia_drm/parameters/modeset = Y\n\
             sys/module/nvidia_drm/parameters/fbdev ! EACCES\n\
             sys/module/nvidia_uvm/parameters/uvm_disable_hmm = Y\n",
        )
        .facts();
        assert_eq!(facts.modules.param("nvidia-drm", "modeset"), Seen::Yes("Y"));
        assert_eq!(facts.modules.param("nvidia_drm", "fbdev"), Seen::Unreadable(Errno::EACCES));
        assert_eq!(facts.modules.param("nvidia_uvm", "uvm_disable_hmm"), Seen::Yes("Y"));
        assert_eq!(facts.modules.params.len(), 3);
    }

    #[test]
    fn a_value_is_kept_as_long_as_a_line_and_a_longer_one_is_counted() {
        let seen = |keys: usize| {
            let list = "Key=0x00000001;".repeat(keys);
            let tree = format!("proc/driver/nvidia/params = RegistryDwords: \"{list}\"\n");
            let facts = Case::initrd(&tree).facts();
            let value = facts.modules.param("nvidia", "NVreg_RegistryDwords");
            (value == Seen::Yes(&*list), facts.lost.has(super::ENDS))
        };
        assert_eq!(seen(16), (true, false));
        assert_eq!(seen(17), (false, true));
    }

    #[test]
    fn the_drivers_list_carries_the_parameters_full_names() {
        let facts = Case::initrd(
            "proc/driver/nvidia/params <<EOF\nEnableGpuFirmware: 18\n\
             RegistryDwords: \"a=1;b=2\"\nRmProfilingAdminOnly: 1\nEOF\n",
        )
        .facts();
        assert!(facts.modules.nv_params.is_yes());
        assert_eq!(facts.modules.param("nvidia", "NVreg_RegistryDwords"), Seen::Yes("a=1;b=2"));
        let renamed = facts.modules.param("nvidia", "NVreg_RestrictProfilingToAdminUsers");
        assert_eq!(renamed, Seen::Yes("1"));
    }
}
