//! NVP302: one parameter is set to two values.

use crate::driver::parameters::OF_EVERY_MODULE;
use crate::expect::Expectations;
use crate::facts::{Facts, Origin, STACK};
use crate::finding::Findings;
use crate::reading::options::{self, Setting};
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// Parameters of the stack that modprobe.d, or the command line, sets to
    /// different values.
    ///
    /// ## Why
    /// kmod passes every setting on, in the order of file names and lines, then
    /// the command line's words; the kernel keeps the last, without a message. Equal
    /// values, dash against underscore, a command line that overrides modprobe.d, and a
    /// line below /etc that comes behind a package's and so overrides it as it is meant to
    /// are no conflict.
    ///
    /// ## Fix
    /// Keep one of the lines.
    ///
    /// ## Sources
    /// libkmod-module.c `kmod_module_get_options`; kernel/params.c `parse_args`;
    /// measured with kmod 30 and 34; nix-cachyos-kernel#13.
    302 options_conflict {
        title: "a parameter is set twice, to different values",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [CONFIG],
        after: [],
        fix: "grep -r nvidia /etc/modprobe.d /usr/lib/modprobe.d    # keep one line of the two",
        nixos: "grep nvidia /etc/modprobe.d/nixos.conf    # set it once, in hardware.nvidia",
        change: [Rewrite(Rewrite::LastAlone)],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        for last in options::of(f, module) {
            // The registry's list has a rule of its own (NVP307), and of dyndbg all count.
            if same_name(last.name, "NVreg_RegistryDwords") || OF_EVERY_MODULE.contains(&last.name)
            {
                continue;
            }
            let same_kind = |s: &Setting<'_>| {
                same_name(s.name, last.name) && (s.origin == Origin::Cmdline) == on_line(&last)
            };
            let newest = options::of(f, module).filter(same_kind).last();
            if newest.is_none_or(|n| !is_same(&n, &last)) {
                continue;
            }
            let others = || options::of(f, module).filter(same_kind);
            let other = others()
                .filter(|s| !overridden(s, &last))
                .find(|s| options::agree(s, &last) == Some(false));
            let unknown =
                |s: &Setting<'_>| !is_same(s, &last) && options::agree(s, &last).is_none();
            if let Some(other) = other {
                let finding = out.add(format_args!(
                    "{module}.{} is set to {} by {} and to {} by {}; the last one wins",
                    last.name,
                    shown(&other),
                    other.place,
                    shown(&last),
                    last.place
                ));
                finding.module(module).parameter(last.name).at(other.place);
                if let Some(value) = options::in_force(f, module, last.name) {
                    finding.values(shown(&last), value);
                }
            } else if let Some(other) = others().find(unknown) {
                if other.cut || last.cut {
                    out.could_not(options::CUT);
                } else {
                    out.not_looked("whether two values of a parameter of unknown type differ");
                }
            }
        }
    }
}

/// Whether the one is a package's line and the other, behind it, the owner's
/// (modprobe.d(5): /etc is the administrator's, /usr/lib and /lib the packages').
fn overridden(one: &Setting<'_>, last: &Setting<'_>) -> bool {
    let is_owners = |s: &Setting<'_>| s.place.path().is_none_or(|path| path.starts_with("etc/"));
    !is_owners(one) && is_owners(last)
}

fn on_line(setting: &Setting<'_>) -> bool {
    setting.origin == Origin::Cmdline
}

/// A bare name means true to a boolean parameter.
fn shown<'a>(setting: &'a Setting<'_>) -> &'a str {
    if setting.has_value { setting.value } else { "Y" }
}

fn is_same(a: &Setting<'_>, b: &Setting<'_>) -> bool {
    a.place == b.place && a.name == b.name && a.value == b.value
}

#[cfg(test)]
mod tests;
