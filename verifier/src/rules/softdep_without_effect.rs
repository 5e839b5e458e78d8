//! NVP108: a softdep line of the stack that does nothing.

use crate::expect::Expectations;
use crate::facts::{ConfLine, Facts, Origin, Phase, in_stack};
use crate::finding::{Findings, Severity};
use crate::reading::softdeps;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Softdep lines that name no target, a list with commas, or a module that an
    /// earlier line already speaks for, and lines whose `pre:` or `post:` a second
    /// blank hides. Of an image it is a note where the image lacks the named modules.
    ///
    /// ## Why
    /// kmod drops all of these without a message. It uses only the first softdep
    /// line that matches a module, in the order of file names, and
    /// modules.softdep, which depmod writes from the modules themselves, takes
    /// part under that name. The open nvidia.ko carries a softdep since 535, so
    /// every line for nvidia in a file that sorts behind "modules.softdep", such
    /// as nixos.conf, is dead. If the named modules are loaded anyway, it
    /// does no harm and is not reported.
    ///
    /// ## Fix
    /// Write one line for the module, in a file that sorts before
    /// modules.softdep, with `pre:` and `post:` as words of their own and blanks
    /// between the names; or request the modules by name.
    ///
    /// ## Sources
    /// libkmod-config.c `kmod_config_new`, `kmod_config_add_softdep`;
    /// libkmod-module.c `kmod_module_get_softdeps`; kmod issue 33;
    /// nixpkgs#334180; openSUSE/nvidia-driver-G06#23; kernel-open
    /// nvidia/libspdm_ecc.c.
    108 softdep_without_effect {
        title: "a softdep line has no effect",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [CONFIG, MODULES],
        after: [],
        fix: "echo 'softdep nvidia post: nvidia-uvm nvidia-drm' | sudo tee -a /etc/modprobe.d/00-nvidia.conf",
        nixos: "boot.kernelModules = [ \"nvidia_uvm\" ];    # instead of the softdep",
        change: [Rewrite(Rewrite::Softdep)],
        image: { needs: [CONFIG], check: check },
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    // The module's own line is not the owner's to mend.
    for line in softdeps::lines(f).filter(|line| line.origin == Origin::File && !is_moot(f, line)) {
        if softdeps::of_stack(line).next().is_none() && !line.rest.contains("nvidia") {
            continue;
        }
        let module = &line.module;
        let finding = if let Some(side) = softdeps::hidden_side(line) {
            out.add(format_args!(
                "the softdep of {module} has no effect: an extra space before `{side}`, or \
                 `{module}` at the start of a continuation line, makes kmod miss it"
            ))
        } else if softdeps::targets(line).next().is_none() {
            out.add(format_args!(
                "the softdep of {module} names no module: write `pre:` or \
                 `post:` as a separate word before the names"
            ))
        } else if let Some((_, list)) = softdeps::targets(line).find(|(_, t)| t.contains(',')) {
            out.add(format_args!(
                "the softdep of {module} names one module `{list}`: separate \
                 names with spaces, not commas"
            ))
        } else if let Some((module, winner)) = softdeps::shadowed_by(f, line) {
            out.add(format_args!(
                "the softdep of {module} is ignored: kmod uses only the first one, in {}",
                winner.place
            ))
        } else {
            continue;
        };
        finding.module(module).at(&line.place).line(&line.rest);
        if !is_missed(f, line) {
            finding.severity(Severity::Note);
        }
    }
}

/// True when everything of the stack that the line names is up without it.
fn is_moot(f: &Facts, line: &ConfLine) -> bool {
    let up = |name| f.modules.up(name).is_some();
    !f.look.is_of_files() && named(line).any(up) && named(line).all(up)
}

/// The modules of the stack behind the softdep's own module.
fn named(line: &ConfLine) -> impl Iterator<Item = &str> {
    line.rest.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|name| in_stack(name))
}

/// True when a module of the stack that the line names is not up. nvidia_uvm has
/// no business in an initrd.
fn is_missed(f: &Facts, line: &ConfLine) -> bool {
    #[cfg(feature = "image")]
    if f.look.is_of_files() {
        // Only what the image brings could have come in by the line.
        return named(line).any(|name| crate::reading::next_boot::brings(f, name).is_some());
    }
    let early = |name: &str| f.phase == Phase::Initrd && name.ends_with("uvm");
    named(line).any(|name| !early(name) && f.modules.up(name).is_none())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const UVM: &str = "etc/modprobe.d/nixos.conf = softdep nvidia post: nvidia-uvm\n";
    const OPEN: &str =
        "lib/modules/6.12/modules.softdep = softdep nvidia pre: ecdh_generic,ecdsa_generic\n";

    #[test]
    fn the_open_modules_own_line_hides_nixos_conf() {
        fires(
            &RULE,
            Case::pre_display(UVM).and(OPEN),
            "NVP108 warning etc/modprobe.d/nixos.conf:1: the softdep of nvidia is ignored: \
             kmod uses only the first one, in lib/modules/6.12/modules.softdep:1",
        );
    }

    #[test]
    fn a_module_that_is_up_all_the_same_makes_the_line_harmless() {
        let up = "proc/modules = nvidia_uvm 1 0 - Live 0x0 (OE)\n";
        quiet(&RULE, Case::pre_display(UVM).and(OPEN).and(up));
        // In the initrd it is a note: nvidia_uvm may still come.
        let report = Case::initrd(UVM).and(OPEN).report(&[&RULE]);
        assert_eq!(report.findings[0].severity, crate::finding::Severity::Note);
    }

    #[test]
    fn a_missing_colon_and_a_comma_are_told() {
        fires(
            &RULE,
            Case::pre_display(
                "etc/modprobe.d/a.conf = softdep nvidia post nvidia-uvm nvidia-drm\n\
                 etc/modprobe.d/b.conf = softdep drm post: nvidia,nvidia-drm\n",
            ),
            "NVP108 warning etc/modprobe.d/a.conf:1: the softdep of nvidia names no module: \
             write `pre:` or `post:` as a separate word before the names\n\
             NVP108 warning etc/modprobe.d/b.conf:1: the softdep of drm names one \
             module `nvidia,nvidia-drm`: separate names with spaces, not commas",
        );
    }

    #[test]
    fn a_second_blank_hides_the_keyword() {
        fires(
            &RULE,
            Case::pre_display("etc/modprobe.d/a.conf = softdep nvidia  post: nvidia-uvm\n"),
            "NVP108 warning etc/modprobe.d/a.conf:1: the softdep of nvidia has no effect: an extra \
             space before `post:`, or `nvidia` at the start of a continuation line, makes kmod miss it",
        );
    }

    #[test]
    fn a_line_before_modules_softdep_is_quiet_and_so_is_its_copy() {
        quiet(
            &RULE,
            Case::pre_display("etc/modprobe.d/00-nvidia.conf = softdep nvidia post: nvidia-uvm\n")
                .and(UVM)
                .and(OPEN),
        );
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_that_lacks_the_named_module_makes_it_a_note() {
        let line = "etc/modprobe.d/a.conf = softdep nvidia post nvidia-uvm\n";
        let said = "etc/modprobe.d/a.conf:1: the softdep of nvidia names no module: \
                    write `pre:` or `post:` as a separate word before the names";
        fires(&RULE, Case::image_with_stack(line), &std::format!("NVP108 warning {said}"));
        fires(&RULE, Case::image(line), &std::format!("NVP108 note {said}"));
        quiet(&RULE, Case::image_with_stack(UVM));
    }

    #[test]
    fn a_line_that_names_nothing_of_the_stack_is_not_made_harmless_by_it() {
        fires(
            &RULE,
            Case::pre_display("etc/modprobe.d/a.conf = softdep nvidia pre vfio-pci\n"),
            "NVP108 note etc/modprobe.d/a.conf:1: the softdep of nvidia names no module: \
             write `pre:` or `post:` as a separate word before the names",
        );
    }
}
