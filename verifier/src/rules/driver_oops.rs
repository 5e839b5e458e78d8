//! NVP528: the kernel met a fault inside the driver's code.

use crate::driver::said::{holds, kernel};
use crate::driver::symbols;
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord, STACK};
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::{
    LOCKUP, OOPS, OOPS_ADDRESS, POINTER, Saying, TRACE_END, USERCOPY, said,
};
use crate::rule::causes::{GPU_DEAD, NO_FIT};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log: whether the kernel printed an oops ("BUG:", "general protection fault")
    /// whose next line with an address stands in a module of the stack; where that line is
    /// left out, whether the trace begins in one, or the end of the report names one.
    ///
    /// ## Why
    /// The thread that met it is killed with the locks that it held: programs that use the
    /// driver wait for ever, modules cannot be unloaded, and a shutdown may hang. Two causes
    /// are common: a driver older than the kernel, whose interfaces changed, and a GPU that
    /// failed to start before.
    ///
    /// ## Fix
    /// A driver release that names this kernel, or the kernel that ran before. Report the
    /// trace to the driver's authors with both versions.
    ///
    /// ## Sources
    /// Linux arch/x86/mm/fault.c (`show_fault_oops`), arch/x86/kernel/dumpstack.c
    /// (`show_ip`), arch/arm64/mm/fault.c (`die_kernel_fault`); ogkm#265, #276, #1141.
    528 driver_oops {
        title: "the driver crashed in the kernel",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [LOG],
        after: [GPU_DEAD, NO_FIT, 506, 216, 513, 524],
        fix: "boot the kernel that ran before, or install a driver release that supports this kernel; \
              then reboot: the driver stays broken in this one",
        nixos: "boot.kernelPackages = pkgs.linuxPackages;    # or another hardware.nvidia.package",
    }
}

fn is(sayings: &[Saying], text: &str) -> bool {
    sayings.iter().any(|saying| saying.is(text))
}

/// The module of the stack that a line with an address names behind its function.
fn module_of(text: &str) -> Option<&'static str> {
    let behind = text.rsplit_once("+0x")?.1;
    let function = symbols::named_in(text);
    // A line that is cut behind the function: its name may tell.
    let Some(behind) = behind.split_once(' ').map(|(_, rest)| rest.trim()) else {
        return function;
    };
    // "[nvidia 150ac0fa…]": kernels with build ids print them behind the name. A tracker
    // takes a bare pair of brackets for a link and leaves it out.
    let name = behind.trim_start_matches('[').split([' ', ']']).next()?;
    let known = || STACK.into_iter().find(|module| name == *module);
    known().or_else(|| behind.starts_with(kernel::IN_NVIDIA).then_some("nvidia")).or(function)
}

/// The heading of the fault that an address belongs to: the nearest before it that is no
/// other fault's, since a log may have lost that one's own address.
fn fault_before(
    records: &[LogRecord],
    at: usize,
    is_fault: impl Fn(&str) -> bool,
) -> Option<&LogRecord> {
    let before = records.get(..=at)?;
    let since = before.iter().take(at).rposition(|record| is(POINTER, &record.text));
    let own = before.get(since.map_or(0, |last| last + 1)..)?;
    let mut heads = own.iter().rev().filter(|record| is_fault(&record.text));
    let last = heads.next()?;
    // "Oops: 0000 [#1]" goes on the line that tells what happened.
    let numbered = |record: &LogRecord| {
        holds(&record.text, kernel::OOPS) || record.text.contains(kernel::DIED)
    };
    heads.next().filter(|told| numbered(last) && !numbered(told)).or(Some(last))
}

/// Microseconds within which the kernel shows it once more: 9 ms lie between the two in a
/// report of NVIDIA/nvtrust#51.
const NEAR_US: u64 = 500_000;
/// Lines behind a heading in which its own trace begins.
const NEAR: usize = 3;

/// A fault whose report lost its own address, as quotes of it do: the trace behind the
/// heading begins in the driver.
fn entered(records: &[LogRecord]) -> Option<(&LogRecord, &LogRecord)> {
    records.iter().enumerate().find_map(|(at, fault)| {
        let behind = records.iter().skip(at + 1).take(NEAR);
        let mut own = behind.take_while(|r| !is(POINTER, &r.text) && !is(OOPS, &r.text));
        let entry =
            own.find(|r| !r.text.trim_start().starts_with('?') && r.text.contains("+0x"))?;
        // "func+0x2d/0x50 [nvidia_modeset …]" and nothing else.
        let alone = entry.text.trim_start().split("+0x").next()?.chars().all(is_name);
        let inside = alone && module_of(&entry.text).is_some();
        (is(OOPS, &fault.text) && inside).then_some((fault, entry))
    })
}

/// The end of a fault's report of which the beginning is lost: behind its end the kernel shows
/// once more where the processor stood, which it does for a fault alone
/// (arch/x86/kernel/dumpstack.c, `oops_end`; 4.19 to 6.12).
fn ended(records: &[LogRecord]) -> Option<(&LogRecord, &LogRecord)> {
    records.iter().zip(records.get(1..)?).find(|(end, place)| {
        let inside = is(POINTER, &place.text) && module_of(&place.text).is_some();
        inside && TRACE_END.is(&end.text) && place.us.saturating_sub(end.us) <= NEAR_US
    })
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let records = f.records();
    // A processor that does not come back shows its registers too, and is NVP217's.
    let stuck = said(f, LOCKUP).is_some();
    let is_fault = |text: &str| is(OOPS, text) && !(stuck && OOPS_ADDRESS.is(text));
    // The first address behind a fault is that of the code that met it.
    let met = records.iter().enumerate().find_map(|(at, place)| {
        let inside = is(POINTER, &place.text) && module_of(&place.text).is_some();
        let fault = if inside { fault_before(records, at, is_fault) } else { None };
        fault.map(|fault| (fault, place))
    });
    let found = met.or_else(|| entered(records)).or_else(|| ended(records));
    let Some((record, place)) = found else {
        let Some(record) = said(f, &[USERCOPY]) else { return };
        out.add(format_args!(
            "the kernel stopped a copy of the driver's memory to a program, which hangs until a reboot"
        ))
        .module("nvidia")
        .logged(record.us, &record.text);
        return;
    };
    let module = module_of(&place.text).unwrap_or("nvidia");
    let function = place.text.split("+0x").next().and_then(|text| text.rsplit([':', ' ']).next());
    let function = function.unwrap_or("an unnamed function");
    let what = "what uses the driver hangs until a reboot";
    let finding = if is(POINTER, &place.text) {
        out.add(format_args!(
            "the kernel met a fault in {function}, a function of {module}: {what}"
        ))
    } else {
        let finding = out.add(format_args!(
            "the kernel met a fault in what {function} of {module} called: {what}"
        ));
        finding.confidence(Confidence::Likely)
    };
    finding.module(module).logged(record.us, &record.text);
}

#[cfg(test)]
mod tests;
