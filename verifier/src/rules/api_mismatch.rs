//! NVP401: the kernel module refused user space of another version.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{Wrapped, between, holding};
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Whether the driver refused a client because of its version. Of an image with
    /// its root: the version of its modules against the root's user space and
    /// modules.
    ///
    /// ## Why
    /// Kernel modules and user space of the driver only work together when their
    /// versions are equal. After an update an old initrd still contains
    /// the old module: the desktop then starts without the GPU, or not at all.
    ///
    /// ## Fix
    /// Rebuild the initrd and reboot, so that both have the same version.
    /// Copy the new image to where the boot loader reads it.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c (two forms of the text, up to 570
    /// and from 575); nvidia-driver-G06#25; sdbootutil#22; bazzite#2668.
    401 api_mismatch {
        title: "user space and kernel module have different versions",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [516],
        fix: "rebuild the initrd with the installed driver's modules, then reboot",
        nixos: "reboot into the new generation: sudo nixos-rebuild boot && reboot",
        change: [Rebuild],
        image: { needs: [IMAGE_TREE, IMAGE_ROOT], check: image::check },
    }
}

/// What stands before the client's version.
const CLIENTS: &str = "has the version ";

fn version<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    between(text, before, " ").map(|version| version.trim_end_matches([',', '.']))
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // A module of the client's version that was loaded later settles it: an installer's log
    // tells of the one that it replaced. Of repeats only the first one has its time.
    let replaced = |said: &Wrapped<'_>| {
        let mut after = f.records().iter().skip_while(|r| !core::ptr::eq(*r, said.record));
        said.record.times == 1
            && version(&said.text, CLIENTS).is_some_and(|version| {
                after.any(|r| r.text.contains(nvidia::LOADING) && r.text.contains(version))
            })
    };
    // Every client is refused anew: the first refusal says it all.
    let mut all = holding(f, &[nvidia::API_MISMATCH]).filter(|said| !replaced(said));
    let Some(said) = all.next() else { return };
    let client = version(&said.text, CLIENTS);
    let module = version(&said.text, "this kernel module has the version ");
    let finding = out.add(format_args!(
        "kernel module {} refused user space {}: both must have the same version",
        module.unwrap_or("of this boot"),
        client.unwrap_or("of another version")
    ));
    if let (Some(client), Some(module)) = (client, module) {
        finding.values(client, module);
    }
    finding.module("nvidia").logged(said.record.us, &said.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const FOUND: &str = "NVP401 error: kernel module 595.58.03 refused user space \
                         595.71.05: both must have the same version";

    #[test]
    fn the_older_text_names_both_versions() {
        fires(
            &RULE,
            Case::logged(
                "[   21.100000] NVRM: API mismatch: the client has the version 595.71.05, but\n\
             [   21.100000] NVRM: this kernel module has the version 595.58.03.  Please\n\
             [   21.100000] NVRM: make sure that this kernel module and all NVIDIA driver\n\
             [   21.100000] NVRM: components have the same version.",
            ),
            FOUND,
        );
    }

    #[test]
    fn the_newer_text_names_the_client_too() {
        fires(
            &RULE,
            Case::logged(
                "[   21.100000] NVRM: API mismatch: the client 'Xorg' (pid 812)\n\
             [   21.100000] NVRM: has the version 595.71.05, but this kernel module has\n\
             [   21.100000] NVRM: the version 595.58.03.  Please make sure that this\n\
             [   21.100000] NVRM: kernel module and all NVIDIA driver components have the\n\
             [   21.100000] NVRM: same version.",
            ),
            FOUND,
        );
    }

    #[test]
    fn a_text_cut_after_its_first_line_gives_no_version_that_it_does_not_have() {
        let cut = "[   21.100000] NVRM: API mismatch: the client has the version 595.71.05, but";
        let found = "NVP401 error: kernel module of this boot refused user space 595.71.05: both \
                     must have the same version";
        fires(&RULE, Case::logged(cut), found);
        let report = Case::logged(cut).report(&[&RULE]);
        assert!(report.findings.iter().all(|f| f.expected.is_empty() && f.found.is_empty()));
    }

    #[test]
    fn a_module_that_was_loaded_again_is_another_one() {
        let refused = "[   21.100000] NVRM: API mismatch: the client has the version 595.71.05, but\n\
                       [   21.100000] NVRM: this kernel module has the version 595.58.03.  Please\n";
        let loaded = "[   90.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  595.71.05\n";
        quiet(&RULE, Case::logged(&std::format!("{refused}{loaded}")));
        let again = refused.replace("   21", "   95").replace("595.58.03", "595.60.01");
        let again = again.replace("595.71.05", "595.76.02");
        fires(
            &RULE,
            Case::logged(&std::format!("{refused}{loaded}{again}")),
            &FOUND.replace("595.58.03", "595.60.01").replace("595.71.05", "595.76.02"),
        );
    }

    #[test]
    fn the_line_that_greets_is_no_mismatch() {
        quiet(
            &RULE,
            Case::logged(
                "[    7.100000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  595.45.04",
            ),
        );
    }
}
