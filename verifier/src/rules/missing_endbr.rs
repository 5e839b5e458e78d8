//! NVP513: the CPU's branch tracking stopped the driver.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::parse::cmdline;
use crate::reading::message::{between, holding};
use crate::rule::rule;
use crate::text::Name;

rule! {
    /// ## What it checks
    /// Whether the kernel caught a jump into the driver at a place without an
    /// ENDBR instruction, or a call of a function of another type.
    ///
    /// ## Why
    /// With indirect branch tracking (IBT) such a jump is a kernel bug: the
    /// loading process dies, the module stays half loaded. With `ibt=warn` the kernel
    /// warns and goes on. Modules that were built without support for it are
    /// hit on CPUs that have it. A kernel that clang built with its check of function types
    /// (CFI) stops at modules that were built without it.
    ///
    /// ## Fix
    /// A driver that was built with IBT support; until then `ibt=off`.
    ///
    /// ## Sources
    /// Linux arch/x86/kernel/cet.c and traps.c ("Missing ENDBR", `ibt_fatal`); kernel/cfi.c;
    /// ogkm#256, #1255;
    /// linux-tkg#533.
    513 missing_endbr {
        title: "the kernel stopped the driver (IBT or CFI)",
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
    let Some(said) = holding(f, &[kernel::ENDBR, kernel::IN_NVIDIA]).next() else {
        return types(f, out);
    };
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

/// The same by clang's check of a function's type: nvidia_modeset calls nvidia by pointers.
fn types(f: &Facts, out: &mut Findings<'_>) {
    let Some(said) = holding(f, &[kernel::CFI, kernel::IN_NVIDIA]).next() else { return };
    // The caller may be another's code, which a pointer of the driver's led there.
    let module = between(&said.text, kernel::IN_NVIDIA, "]")
        .map_or_else(|| Name::from("nvidia"), |rest| Name::of(format_args!("nvidia{rest}")));
    // A kernel that stops there says it once, and reports on it.
    let after = || f.records().iter().skip_while(|r| !core::ptr::eq(*r, said.record)).skip(1);
    let stopped = after().any(|r| r.text.starts_with("Oops") || r.text.contains(kernel::BUG_AT));
    let card = || after().any(|r| r.text.contains(nvidia::CARD));
    let goes_on = !stopped && (said.record.times > 1 || card());
    let end = if goes_on { "warned and went on" } else { "stopped it" };
    let finding =
        out.add(format_args!("{module} called a function of another type (CFI): the kernel {end}"));
    finding.module(&module).logged(said.record.us, &said.text).fix(
        "build the driver's modules with the kernel's own compiler and flags (LLVM=1); until then \
         cfi=off on the kernel command line",
    );
    if goes_on {
        finding.severity(Severity::Warning);
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
    fn a_function_of_another_type_is_told() {
        let at = |time: u32| {
            std::format!(
                "[   {time}.209912] CFI failure at nvkms_call_rm+0x5a/0xb0 [nvidia_modeset] (target: \
                 rm_kernel_rmapi_op+0x0/0x220 [nvidia]; expected type: 0xba54dd86)\n"
            )
        };
        let told = "nvidia_modeset called a function of another type (CFI): the kernel";
        fires(&RULE, Case::logged(&at(50)), &std::format!("NVP513 error: {told} stopped it"));
        let twice = [at(50), at(51)].concat();
        fires(
            &RULE,
            Case::logged(&twice),
            &std::format!("NVP513 warning: {told} warned and went on"),
        );
        let oops = "[   51.300000] Oops: invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n";
        let dies = [&*at(50), &*at(51), oops].concat();
        fires(&RULE, Case::logged(&dies), &std::format!("NVP513 error: {told} stopped it"));
        let other = at(50).replace("[nvidia", "[i915");
        quiet(&RULE, Case::logged(&other));
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
