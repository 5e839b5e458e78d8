//! NVP307: only a part of the registry keys reached the driver.

use crate::driver::parameters::{REGISTRY_LIST as NAME, may_be_registry_key};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// The keys of every `NVreg_RegistryDwords` setting against the string that
    /// the driver shows.
    ///
    /// ## Why
    /// All keys stand in one parameter, separated by semicolons. A second setting
    /// of it replaces the first, and a blank outside quotes ends the value: what
    /// follows is an unknown parameter. The driver takes what it gets.
    ///
    /// ## Fix
    /// Write one setting with all keys, in quotes.
    ///
    /// ## Sources
    /// nvidia/nv-reg.h (`NVreg_RegistryDwords`); kernel/params.c `parse_args`;
    /// nvidia-tweaks#9.
    307 registry_dwords_partial {
        title: "only part of NVreg_RegistryDwords took effect",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [CONFIG, NV_PARAMS],
        after: [],
        fix: "options nvidia NVreg_RegistryDwords=\"Key1=0x1;Key2=0x2\"    # one line, in quotes",
        nixos: "boot.extraModprobeConfig = \"options nvidia NVreg_RegistryDwords=Key1=0x1;Key2=0x2\";    # from 26.05 on: hardware.nvidia.moduleParams.nvidia.NVreg_RegistryDwords = \"Key1=0x1;Key2=0x2\";",
        change: [Rewrite(Rewrite::RegistryKeys)],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(value) = options::in_force(f, "nvidia", NAME) else { return };
    let mut open = None;
    for set in options::of(f, "nvidia") {
        if set.cut {
            out.could_not(options::CUT);
            continue;
        }
        // A bare `Key=value` behind a setting that ends in a semicolon lost its place to a
        // blank.
        let stray = open == Some(set.place) && set.has_value && may_be_registry_key(set.name);
        open = Some(set.place)
            .filter(|_| (stray || same_name(set.name, NAME)) && set.value.ends_with(';'));
        let missing = if same_name(set.name, NAME) {
            keys(set.value).find(|key| !keys(value).any(|k| k.eq_ignore_ascii_case(key)))
        } else if stray {
            Some(set.name)
        } else {
            None
        };
        if let Some(key) = missing {
            out.add(format_args!(
                "the registry key {key} of {} did not reach nvidia; in force: \"{value}\"",
                set.place
            ))
            .module("nvidia")
            .parameter(NAME)
            .at(set.place)
            .values(&set.line.rest, value);
        }
    }
}

/// The names in `Key1=1;Key2=2`.
fn keys(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(';')
        .filter_map(|pair| pair.split('=').next())
        .map(str::trim)
        .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_blank_outside_quotes_loses_the_rest() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia NVreg_RegistryDwords=A=0x1; B=0x2\n\
                 proc/driver/nvidia/params = RegistryDwords: \"A=0x1;\"\n",
            ),
            "NVP307 warning etc/modprobe.d/a.conf:1: the registry key B of etc/modprobe.d/a.conf:1 \
             did not reach nvidia; in force: \"A=0x1;\"",
        );
    }

    #[test]
    fn what_is_no_key_of_the_list_is_quiet() {
        for line in [
            "modeset=1 NVreg_RegistryDwords=A=1",
            "NVreg_RegistryDwords=A=1 # see x=2",
            "NVreg_RegistryDwords=A=1; fbdev=1",
        ] {
            quiet(
                &RULE,
                Case::initrd(&std::format!(
                    "etc/modprobe.d/a.conf = options nvidia {line}\n\
                     proc/driver/nvidia/params = RegistryDwords: \"A=1\"\n"
                )),
            );
        }
    }

    #[test]
    fn a_second_setting_replaces_the_first() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia NVreg_RegistryDwords=A=1\n\
                 etc/modprobe.d/b.conf = options nvidia NVreg_RegistryDwords=B=1\n\
                 proc/driver/nvidia/params = RegistryDwords: \"B=1\"\n",
            ),
            "NVP307 warning etc/modprobe.d/a.conf:1: the registry key A of etc/modprobe.d/a.conf:1 \
             did not reach nvidia; in force: \"B=1\"",
        );
    }

    #[test]
    fn a_whole_list_is_quiet() {
        quiet(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia NVreg_RegistryDwords=\"A=1; B=2\" \
                 NVreg_EnableMSI=1\n\
                 proc/driver/nvidia/params = RegistryDwords: \"A=1; B=2\"\n",
            ),
        );
    }

    #[test]
    fn a_bare_word_and_a_line_without_the_list_are_quiet() {
        quiet(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf <<EOF\noptions nvidia NVreg_RegistryDwords=A=1 dyndbg\n\
                 options nvidia dyndbg=+p\n\
                 options nvidia NVreg_RegistryDwords=A=1 dyndbg=+p async_probe=1\nEOF\n\
                 proc/driver/nvidia/params = RegistryDwords: \"A=1\"\n",
            ),
        );
    }
}
