//! NVP513: the CPU's branch tracking stopped the driver.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{between, holding};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the kernel caught a jump into the driver at a place without an
    /// ENDBR instruction.
    ///
    /// ## Why
    /// With indirect branch tracking (IBT) such a jump is a kernel bug: the
    /// loading process dies, the module stays half loaded. Modules that were built
    /// without support for it are hit on CPUs that have it.
    ///
    /// ## Fix
    /// A driver that was built with IBT support; until then `ibt=off`.
    ///
    /// ## Sources
    /// Linux arch/x86/kernel/cet.c and traps.c ("Missing ENDBR"); ogkm#256, #1255;
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
    let Some(said) = holding(f, &["Missing ENDBR: ", "[nvidia"]).next() else { return };
    let module = between(&said.text, " [", "]").unwrap_or("nvidia");
    out.add(format_args!("{module} jumped to an address without ENDBR: the kernel stopped it (IBT)"))
        .module(module)
        .logged(said.record.us, &said.text);
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
    fn another_driver_without_endbr_is_quiet() {
        quiet(
            &RULE,
            Case::logged("[    5.200000] traps: Missing ENDBR: vmci_init+0x0/0x20 [vmw_vmci]"),
        );
    }
}
