//! NVP308 of lines that somebody sent: they keep nvidia out, whatever asks for it.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::sayings::{
    BLACKLIST_FOUND, CARD_FOUND, CHOSEN, INSTALLS_NOTHING, NOUVEAU_LOADED, NVIDIA_LOADED,
    SMI_ANSWERS, said,
};
use crate::reading::{blocks, wanted};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(block) = blocks::shown(f, want, false) else { return called(f, out) };
    // Who has nouveau at work may want it so, or may ask why: nothing else tells.
    let other = f.logged(kernel::NOUVEAU).is_some() && !wanted::stack(f, want);
    if other && said(f, &[CHOSEN]).is_some() {
        return;
    }
    out.add(format_args!(
        "{} is kept from loading: {} blocks it with: {} {}",
        block.module,
        block.place,
        block.directive(),
        block.name
    ))
    .module(block.module)
    .at(&block.place)
    .line(block.rest)
    .severity(if other { Severity::Note } else { Severity::Warning });
}

/// modprobe's own words on such a line, without the line.
fn called(f: &Facts, out: &mut Findings<'_>) {
    let Some(record) = said(f, INSTALLS_NOTHING) else { return found(f, out) };
    let module = record.text.split_once("for module ").map_or("nvidia", |(_, rest)| rest);
    let module = module.split([' ', ':']).next().unwrap_or("nvidia");
    out.add(format_args!(
        "{module} is kept from loading: an install line of modprobe.d runs a program that loads nothing"
    ))
    .module(module)
    .logged(record.us, &record.text);
}

/// gpu-manager's word that there is such a line, where the driver did not come.
fn found(f: &Facts, out: &mut Findings<'_>) {
    let Some(record) = said(f, &[BLACKLIST_FOUND]) else { return };
    let up = f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some();
    // With nouveau at work, or without a card of NVIDIA's, nobody may want the driver.
    let card = f.nvidia_gpus().next().is_some() || said(f, &[CARD_FOUND]).is_some();
    let other = !card
        || said(f, &[NOUVEAU_LOADED, NVIDIA_LOADED]).is_some()
        || f.logged(kernel::NOUVEAU).is_some();
    if up || other || said(f, SMI_ANSWERS).is_some() {
        return;
    }
    out.add(format_args!(
        "nvidia is kept from loading: gpu-manager found a line that blacklists it"
    ))
    .severity(Severity::Warning)
    .module("nvidia")
    .fix(
        "grep -rn 'blacklist.*nvidia' /etc/modprobe.d /lib/modprobe.d    # prime-select writes \
         such a line: sudo prime-select nvidia",
    )
    .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    fn sent(log: &str, conf: &str) -> Case {
        Case::journal(log).and(&std::format!("etc/modprobe.d/supergfxd.conf <<EOF\n{conf}EOF\n"))
    }

    const KEPT_OUT: &str = "blacklist nouveau\nblacklist nvidia_drm\nblacklist nvidia\n";

    #[test]
    fn a_switchers_line_is_told_without_a_list_of_modules() {
        fires(
            &RULE,
            sent("[    3.100000] usb 1-1: x", KEPT_OUT),
            "NVP308 warning etc/modprobe.d/supergfxd.conf:3: nvidia is kept from loading: \
             etc/modprobe.d/supergfxd.conf:3 blocks it with: blacklist nvidia",
        );
    }

    #[test]
    fn a_driver_that_came_and_a_guests_gpu_are_silent() {
        silent(&RULE, sent("[    3.100000] NVRM: loading NVIDIA UNIX", KEPT_OUT));
        silent(&RULE, sent("[    3.100000] vfio-pci 0000:01:00.0: x", KEPT_OUT));
        let nouveau = "[    5.436312] nouveau 0000:01:00.0: NVIDIA GM204 (124020a1)";
        fires(
            &RULE,
            sent(nouveau, "blacklist nvidia\n"),
            "NVP308 note etc/modprobe.d/supergfxd.conf:1: nvidia is kept from loading: \
             etc/modprobe.d/supergfxd.conf:1 blocks it with: blacklist nvidia",
        );
        let guest = "blacklist nvidia\nsoftdep nvidia pre: vfio-pci\n";
        silent(&RULE, sent("[    3.100000] usb 1-1: x", guest));
        silent(&RULE, sent("[    3.100000] usb 1-1: x", "blacklist nouveau\n"));
    }

    #[test]
    fn gpu_managers_word_on_a_blacklist_is_told_where_the_driver_is_missing() {
        let card = "<30>[    9.000000] gpu-manager: Vendor/Device Id: 10de:13d8\n";
        let alone = "<30>[    9.100000] gpu-manager: Is nvidia blacklisted? yes\n";
        silent(&RULE, Case::journal(alone));
        let word = [card, alone].concat();
        fires(
            &RULE,
            Case::journal(&word),
            "NVP308 warning: nvidia is kept from loading: gpu-manager found a line that blacklists it",
        );
        let loaded = "[    8.100000] NVRM: loading NVIDIA UNIX\n";
        silent(&RULE, Case::journal(&[loaded, &*word].concat()));
        for module in ["nouveau", "nvidia"] {
            let up = std::format!("<30>[    9.200000] gpu-manager: Is {module} loaded? yes\n");
            silent(&RULE, Case::journal(&[&*word, &*up].concat()));
        }
    }

    #[test]
    fn modprobes_own_words_on_an_install_line_are_told() {
        fires(
            &RULE,
            Case::journal(
                "[    3.100000] modprobe: ERROR: Error running install command '/bin/false' for module \
                 nvidia_drm: retcode 1",
            ),
            "NVP308 error: nvidia_drm is kept from loading: an install line of modprobe.d runs a \
             program that loads nothing",
        );
    }
}
