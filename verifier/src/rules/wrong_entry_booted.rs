//! NVP706: an older generation was booted.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// On NixOS: whether the booted system is the system profile's generation or
    /// one of its specialisations.
    ///
    /// ## Why
    /// A changed option or driver has no effect when the boot menu, or boot
    /// counting after failed boots, chose an older entry; everything else told
    /// here is then about that older system.
    ///
    /// ## Fix
    /// Nothing, when it was meant. Otherwise choose the newest entry; a full boot
    /// partition can keep it from being installed.
    ///
    /// ## Sources
    /// nixpkgs nixos/modules/system/boot/stage-2-init.sh (`/run/booted-system`),
    /// nixos/modules/system/boot/loader/systemd-boot (profile and specialisations).
    706 wrong_entry_booted {
        title: "an older generation was booted",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [GENERATION],
        after: [],
        fix: "bootctl list    # which entry is the default, and does it exist",
        nixos: "nixos-rebuild list-generations; bootctl list",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.stage2.newest_generation == Seen::Yes(false) {
        out.add(format_args!(
            "the booted system is not the newest generation of the system \
            profile"
        ))
        .path("nix/var/nix/profiles/system");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const PROFILE: &str = "nix/var/nix/profiles/system -> system-42-link\n\
                           nix/var/nix/profiles/system-42-link -> /nix/store/new-nixos-system\n";

    #[test]
    fn an_older_generation_is_told() {
        fires(
            &RULE,
            Case::pre_display(PROFILE).and(
                "run/booted-system -> \
            /nix/store/old-nixos-system\n",
            ),
            "NVP706 note nix/var/nix/profiles/system: \
             the booted system is not the newest generation of the system profile",
        );
    }

    #[test]
    fn the_newest_one_and_other_distributions_are_quiet() {
        quiet(
            &RULE,
            Case::pre_display(PROFILE).and(
                "run/booted-system -> \
            /nix/store/new-nixos-system\n",
            ),
        );
        quiet(&RULE, Case::pre_display("etc/os-release = ID=debian\n"));
    }
}
