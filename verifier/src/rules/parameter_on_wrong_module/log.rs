//! NVP304 of lines that somebody sent: a parameter that another module of the stack has.

use crate::driver::parameters;
use crate::expect::Expectations;
use crate::facts::{Facts, Look, STACK};
use crate::finding::{Confidence, Findings};
use crate::reading::options;
use crate::text::same_name;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    if f.look != Look::Log {
        return;
    }
    for module in STACK {
        for set in options::of(f, module) {
            let owner = parameters::owner(set.name).filter(|owner| !same_name(owner, module));
            let Some(owner) = owner else { continue };
            out.add(format_args!(
                "`{}` is set for {module}, which ignores it: it belongs to {owner}",
                set.name
            ))
            .module(module)
            .parameter(set.name)
            .confidence(Confidence::Likely)
            .at(set.place)
            .values(owner, module)
            .line(&set.line.as_options());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn the_module_that_has_it_is_named() {
        let conf = |line| Case::journal("[    3.100000] x").and(line);
        fires(
            &RULE,
            conf("etc/modprobe.d/a.conf = options nvidia modeset=1\n"),
            "NVP304 warning etc/modprobe.d/a.conf:1: `modeset` is set for nvidia, which ignores \
             it: it belongs to nvidia_drm",
        );
        silent(&RULE, conf("etc/modprobe.d/a.conf = options nvidia_drm modeset=1\n"));
    }
}
