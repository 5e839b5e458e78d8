//! NVP513: the CPU's branch tracking stopped the driver.

use crate::driver::said::kernel;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::parse::cmdline;
use crate::reading::message::{between, holding};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the kernel caught a jump into the driver at a place without an
    /// ENDBR instruction.
    ///
    /// ## Why
    /// With indirect branch tracking (IBT) such a jump is a kernel bug: the
    /// loading process dies, the module stays half loaded. With `ibt=warn` the kernel
    /// warns and goes on. Modules that were built without support for it are
    /// hit on CPUs that have it.
    ///
    /// ## Fix
    /// A driver that was built with IBT support; until then `ibt=off`.
    ///
    /// ## Sources
    /// Linux arch/x86/kernel/cet.c and traps.c ("Missing ENDBR", `ibt_fatal`);
    /// ogkm#256, #1255;
    /// linux-tkg#533.
    513 missing_endbr {
        title: "the kernel stopped the driver (IBT)",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "ibt=off    # on the kernel command line, until the driver is built with IBT support",
        nixos: "boot.kernelParams = [ \"ibt=off\" ];    # until the driver is built with IBT support",
        change: [AddWord("ibt=off")],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(said) = holding(f, &[kernel::ENDBR, kernel::IN_NVIDIA]).next() else { return };
    let module = between(&said.text, " [", "]").unwrap_or("nvidia");
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    // The last word of the name counts (`__setup`), and only these two are known.
    let modes = cmdline::kernel_words(raw).filter_map(|word| match word.key_value() {
        (b"ibt", Some(mode @ (b"warn" | b"off"))) => Some(mode),
        _ => None,
    });
    let warns = modes.last() == Some(b"warn");
    let end = if warns {
        "the kernel warned and went on (ibt=warn)"
    } else {
        "the kernel stopped it (IBT)"
    };
    let finding = out.add(format_args!("{module} jumped to an address without ENDBR: {end}"));
    finding.module(module).logged(said.record.us, &said.text);
    if warns {
        finding.severity(Severity::Note).fix(
            "leave ibt=warn until the driver is built with IBT support: without it the module \
             does not load",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_module_that_was_stopped_is_named() {
        fires(
            &RULE,
            Case::logged(
                "[    5.200000] traps: Missing ENDBR: _nv011118rm+0x0/0x20 [nvidia]\n\
             [    5.200000] kernel BUG at arch/x86/kernel/traps.c:252!",
            ),
            "NVP513 error: nvidia jumped to an address without ENDBR: the kernel stopped it (IBT)",
        );
    }

    #[test]
    fn a_kernel_that_only_warns_stops_nothing() {
        fires(
            &RULE,
            Case::logged(
                "[    5.200000] traps: Missing ENDBR: _nv011118rm+0x0/0x20 [nvidia]\n\
                 [    5.200000] WARNING: CPU: 3 PID: 412 at arch/x86/kernel/cet.c:104",
            )
            .and("proc/cmdline = quiet ibt=warn\n"),
            "NVP513 note: nvidia jumped to an address without ENDBR: the kernel warned and went on \
             (ibt=warn)",
        );
    }

    #[test]
    fn another_driver_without_endbr_is_quiet() {
        quiet(
            &RULE,
            Case::logged("[    5.200000] traps: Missing ENDBR: vmci_init+0x0/0x20 [vmw_vmci]"),
        );
    }
}
