//! NVP404 in a terminal's lines: insmod loads nothing else, so a symbol was missing.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{NEEDS_SYMBOL, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let missing = attempts::failed(f)
        .find(|attempt| matches!(attempt.end, End::Refused("Unknown symbol in module")));
    let Some(attempt) = missing.filter(|attempt| !attempts::came_up(f, attempt)) else {
        return listed(f, out);
    };
    out.add(format_args!(
        "{} was not loaded: a symbol that it needs is missing; the kernel log names it",
        attempt.module
    ))
    .module(&attempt.module)
    .confidence(Confidence::Likely)
    .fix("load it with modprobe, which loads what it needs first; insmod does not")
    .logged(attempt.record.us, &attempt.record.text);
}

/// depmod's words, which it prints where a module is installed or an image is made.
fn listed(f: &Facts, out: &mut Findings<'_>) {
    let Some(record) = said(f, &[NEEDS_SYMBOL]) else { return };
    let [.., symbol] = NEEDS_SYMBOL.parts else { return };
    let name = record.text.split_once(symbol).map_or("", |(_, name)| name.trim_end());
    out.add(format_args!("depmod found no module that has {name}, which the driver needs"))
        .confidence(Confidence::Likely)
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn what_insmod_says_is_told() {
        let said = "<30>[    5.100000] insmod: ERROR: could not insert module ./nvidia.ko: Unknown \
                    symbol in module\n";
        fires(
            &RULE,
            Case::journal(said),
            "NVP404 error: nvidia was not loaded: a symbol that it needs is missing; the kernel \
             log names it",
        );
        silent(&RULE, Case::journal(&said.replace("nvidia.ko", "vboxdrv.ko")));
    }

    #[test]
    fn what_depmod_misses_is_told() {
        fires(
            &RULE,
            Case::journal(
                "<30>[    5.100000] depmod: WARNING: /lib/modules/6.8.0/updates/dkms/nvidia-drm.ko \
                 needs unknown symbol drm_client_setup\n",
            ),
            "NVP404 error: depmod found no module that has drm_client_setup, which the driver needs",
        );
    }
}
