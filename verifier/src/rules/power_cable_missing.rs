//! NVP522: a GPU lacks a power cable.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{address, gpu, holding};
#[cfg(feature = "logs")]
use crate::reading::sayings::{X_NO_POWER, said};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the driver found the GPU's power connectors without power.
    ///
    /// ## Why
    /// The card answers on the bus from the slot's power alone, so that it is
    /// listed and named, and cannot be initialised.
    ///
    /// ## Fix
    /// Switch off, connect every power cable of the card.
    ///
    /// ## Sources
    /// The driver's text as it stands in two public notes, with RmInitAdapter
    /// step 0x24:0x1c after it; that of Xorg's driver in posts of 2009 to 2013.
    522 power_cable_missing {
        title: "a power cable of the GPU is not connected",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "power off and connect every power cable of the card",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for said in holding(f, nvidia::POWER_CABLES) {
        let gpu = gpu(f, &said.text);
        out.add(format_args!("{gpu} has an unconnected power connector"))
            .module("nvidia")
            .gpu(address(&said.text))
            .logged(said.record.us, &said.text);
    }
    #[cfg(feature = "logs")]
    if let Some(record) =
        said(f, &[X_NO_POWER]).filter(|_| f.logged(nvidia::POWER_CABLES).is_none())
    {
        out.add(format_args!("a GPU has an unconnected power connector"))
            .module("nvidia")
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_card_without_power_is_named() {
        fires(
            &RULE,
            Case::logged(
                "[    6.200000] NVRM: GPU 0000:01:00.0: GPU does not have the necessary power cables connected.",
            ),
            "NVP522 error: GPU 0000:01:00.0 has an unconnected power connector",
        );
    }

    #[test]
    fn xorgs_driver_tells_it_too() {
        let text = "<27>[   57.565000] Xorg[7]: (EE) NVIDIA(GPU-0): The NVIDIA GPU at PCI:1:0:0 does \
                    not have the necessary external power cables attached; X cannot use this GPU";
        fires(&RULE, Case::journal(text), "NVP522 error: a GPU has an unconnected power connector");
    }

    #[test]
    fn another_failed_start_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[    6.200000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x24:0x1c:1603)",
            ),
        );
    }
}
