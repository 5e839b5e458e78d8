//! NVP309: a line that should keep a module out did not.

use crate::driver::RIVALS;
use crate::expect::Expectations;
use crate::facts::{Facts, Phase};
use crate::finding::Findings;
use crate::parse::cmdline;
use crate::reading::blocks::{self, Block, How};
use crate::rule::rule;
use crate::text::Name;
use core::fmt;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Blacklist and install lines for a module that is loaded anyway. Of an
    /// image: blacklisted modules that another one of the stack will bring in.
    ///
    /// ## Why
    /// `blacklist` and `modprobe.blacklist=` stop loads by alias only: a module
    /// that another one needs, or that is loaded by name, comes in. An `install`
    /// line is skipped when a softdep of the module is in force. dracut's
    /// `rd.driver.blacklist=` ends with the initrd. A dash on the command line misses:
    /// neither the kernel nor kmod turns it, and a module's name has underscores.
    ///
    /// ## Fix
    /// `module_blacklist=` on the kernel command line keeps a module out in every
    /// case; else remove the line.
    ///
    /// ## Sources
    /// man modprobe.d; kmod issue 446; dracut.cmdline(7); negativo17
    /// nvidia-driver#73; kernel/module/main.c `blacklisted`; measured with kmod
    /// 30.
    309 blacklist_without_effect {
        title: "a blacklist did not stop a module",
        severity: Note,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [CONFIG, MODULES],
        after: [],
        fix: "module_blacklist=NAME    # on the kernel command line, where it must stay out",
        nixos: "boot.kernelParams = [ \"module_blacklist=NAME\" ];",
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for block in blocks::meant_for_stack(f).filter(|b| f.modules.up(b.module).is_some()) {
        let why = match block.how {
            _ if !block.names_it => misspelt(&block),
            // The kernel compared it and refused: what is up came before, or the
            // list was another boot's.
            How::Kernel => continue,
            How::Blacklist => "a blacklist only stops loading by alias",
            How::Install => "a softdep, insmod or the initrd bypassed it",
            How::AliasOff => "the module was loaded earlier, or by file name",
        };
        tell(&block, "did not", format_args!("{why}"), out);
    }
    if f.phase == Phase::PreDisplay {
        dracut(f, out);
    }
}

/// Says of a line that it did not, or will not, keep its module out.
fn tell(block: &Block<'_>, verb: &str, why: fmt::Arguments<'_>, out: &mut Findings<'_>) {
    let (module, place, name) = (block.module, &block.place, &block.name);
    let blank = if block.on_command_line { "" } else { " " };
    out.add(format_args!(
        "{}{blank}{name} of {place} {verb} stop {module} from loading: {why}",
        block.directive()
    ))
    .module(module)
    .at(place);
}

/// Why a name on the command line misses its module.
const fn misspelt(block: &Block<'_>) -> &'static str {
    match block.how {
        How::Kernel => "the kernel compares names byte by byte, and modules have underscores",
        _ => "kmod turns no dash of modprobe.blacklist=, and modules have underscores",
    }
}

fn dracut(f: &Facts, out: &mut Findings<'_>) {
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    for word in cmdline::words(raw) {
        let (b"rd.driver.blacklist", Some(list)) = word.key_value() else { continue };
        for name in list.split(|b| *b == b',').map(Name::from_bytes) {
            if RIVALS.contains(&name.as_str()) && f.modules.up(&name).is_some() {
                let finding = out.add(format_args!(
                    "rd.driver.blacklist={name} did not stop {name} from loading: it only \
                     applies in the initrd"
                ));
                finding.module(&name).word(word.number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_blacklist_stops_no_dependency() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = blacklist nvidia\n\
                 proc/modules = nvidia 1 0 - Live 0x0 (OE)\n",
            ),
            "NVP309 note etc/modprobe.d/a.conf:1: blacklist nvidia of etc/modprobe.d/a.conf:1 did \
             not stop nvidia from loading: a blacklist only stops loading by alias",
        );
    }

    #[test]
    fn dracuts_list_ends_with_the_initrd() {
        let tree = "proc/cmdline = quiet rd.driver.blacklist=nouveau\n\
                    proc/modules = nouveau 1 0 - Live 0x0\n";
        fires(
            &RULE,
            Case::pre_display(tree),
            "NVP309 note kernel command line, word 2: rd.driver.blacklist=nouveau did not \
             stop nouveau from loading: it only applies in the initrd",
        );
    }

    #[test]
    fn a_dash_on_the_command_line_misses_its_module() {
        fires(
            &RULE,
            Case::pre_display(
                "proc/cmdline = quiet module_blacklist=nvidia-drm\n\
                 proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n",
            ),
            "NVP309 note kernel command line, word 2: module_blacklist=nvidia-drm of kernel command \
             line, word 2 did not stop nvidia_drm from loading: the kernel compares names byte by byte, and \
             modules have underscores",
        );
    }

    #[test]
    fn a_blacklist_that_holds_is_quiet() {
        quiet(
            &RULE,
            Case::pre_display(
                "etc/modprobe.d/a.conf = blacklist nouveau\n\
                 proc/cmdline = rd.driver.blacklist=nouveau modprobe.blacklist=nvidia_uvm\n\
                 proc/modules = nvidia 1 0 - Live 0x0 (OE)\n",
            ),
        );
    }
}
