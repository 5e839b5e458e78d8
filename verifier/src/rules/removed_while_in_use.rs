//! NVP517: a GPU was removed while something still used it.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{address, gpu, holding};
use crate::reading::sayings::{REMOVED, said};
use crate::rule::causes::HANGS;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the driver logged that a device with users was to be removed, or its function
    /// that removes one warned.
    ///
    /// ## Why
    /// The driver waits until the last user releases the device. After a failed
    /// initialisation that never happens, and the shutdown hangs.
    ///
    /// ## Fix
    /// Fix the cause reported with it; a machine that hangs in the shutdown
    /// can be switched off.
    ///
    /// ## Sources
    /// kernel-open/nvidia/nv-pci.c (`nv_pci_remove`: "non-zero usage count"); ogkm#1328.
    517 removed_while_in_use {
        title: "the GPU was removed while it was in use",
        severity: Note,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [HANGS, 506, 507, 110],
        fix: "fuser -v /dev/nvidia*    # who uses the GPU",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if let Some(said) = holding(f, nvidia::REMOVED_IN_USE).next() {
        let gpu = gpu(f, &said.text);
        out.add(format_args!("{gpu} was removed while in use: the driver is waiting"))
            .module("nvidia")
            .gpu(address(&said.text))
            .logged(said.record.us, &said.text);
    } else if let Some(record) = said(f, &[REMOVED]) {
        out.add(format_args!("a GPU was removed while a program used it"))
            .module("nvidia")
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_gpu_is_named() {
        fires(
            &RULE,
            Case::logged(
                "[  412.100000] NVRM: Attempting to remove device 0000:01:00.0 with non-zero usage \
                 count!",
            ),
            "NVP517 note: GPU 0000:01:00.0 was removed while in use: the driver \
             is waiting",
        );
    }

    #[test]
    fn the_kernels_warning_alone_tells_it() {
        fires(
            &RULE,
            Case::logged(
                "[    3.110525] WARNING: CPU: 2 PID: 588 at nvidia/nv-pci.c:584 \
                 nv_pci_remove+0x357/0x380 [nvidia]",
            ),
            "NVP517 note: a GPU was removed while a program used it",
        );
    }

    #[test]
    fn a_driver_that_unloads_in_order_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[  412.100000] [drm] [nvidia-drm] [GPU ID 0x00000100] Unloading driver\n\
                 [  412.200000] nvidia-nvlink: Unregistered Nvlink Core, major device number 234",
            ),
        );
    }
}
