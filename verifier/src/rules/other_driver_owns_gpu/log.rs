//! NVP501 in a log: a rival's own lines, where the owner wants nvidia and it never spoke.

use super::add;
use crate::driver::RIVALS;
use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, Look, PciAddress, in_stack};
use crate::finding::{Confidence, Findings};
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{INXI_NOUVEAU, LSMOD_NOUVEAU, said};
use crate::reading::wanted;
use crate::text::same_name;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let spoke = f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some();
    // lspci tells the state after what the log shows.
    let bound = f.nvidia_gpus().any(|gpu| gpu.driver.is_yes());
    if f.look != Look::Log || spoke || bound {
        return;
    }
    let [nouveau, nova, nvidiafb] = RIVALS;
    let own = [
        (kernel::NOUVEAU, nouveau),
        (kernel::NOUVEAU_HAS, nouveau),
        (&[kernel::NOVA_CORE][..], nova),
        (&[kernel::NVIDIAFB], nvidiafb),
    ];
    let has = own.iter().find_map(|(parts, rival)| Some((f.logged(parts)?, *rival)));
    let listed = || Some((said(f, &[INXI_NOUVEAU, LSMOD_NOUVEAU])?, nouveau));
    let Some((said, rival)) = has.or_else(listed) else { return };
    let forbidden = want.forbidden_drivers.iter().any(|driver| same_name(driver, rival));
    // A program was refused nvidia for want of a device: the module is installed, and the
    // device is taken.
    let refused = || {
        let mut failed = attempts::failed(f).filter(|attempt| in_stack(&attempt.module));
        failed.any(|attempt| attempt.end == End::Refused("No such device"))
            && !wanted::nouveau_is_chosen(f, want)
    };
    if !forbidden && !wanted::stack(f, want) && !refused() {
        return;
    }
    let bdf = said.text.split_whitespace().nth(1).unwrap_or_default().trim_end_matches(':');
    let bdf = if PciAddress::parse(bdf).is_some() { bdf } else { "of this machine" };
    add(f, out, bdf, rival).confidence(Confidence::Likely).logged(said.us, &said.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const SAID: &str = "NVP501 error: GPU 0000:01:00.0 is driven by nouveau, not by nvidia";

    #[test]
    fn a_rivals_lines_count_where_nvidia_is_wanted() {
        let log = |more: &str| {
            Case::journal(&std::format!(
                "[    5.436312] nouveau 0000:01:00.0: NVIDIA GM204 (124020a1)\n\
                 [    5.871440] nouveau 0000:01:00.0: DRM: VRAM: 4096 MiB\n{more}"
            ))
        };
        let line = "etc/modprobe.d/a.conf = blacklist nouveau\n";
        fires(&RULE, log("").and(line), SAID);
        fires(&RULE, log("<30>[    9.100000] dnf: akmod-nvidia is installed\n"), SAID);
        let refused = "modprobe: ERROR: could not insert 'nvidia': No such device";
        fires(&RULE, log(&std::format!("[    9.100000] {refused}\n")), SAID);
        silent(&RULE, log(""));
        silent(&RULE, log("[    9.100000] NVRM: loading NVIDIA UNIX\n").and(line));
    }
}
