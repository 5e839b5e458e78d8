//! NVP504's reason: what the device id in the driver's words tells of a GPU that it does
//! not support, and what to do about each.

use crate::driver::branches::install;
use crate::driver::gpu_names::{Generation, first_branch};
use crate::reading::message::between;
use crate::text::{Text, decimal, hex};

/// Why a driver said that it does not support a GPU, by the device id in its words.
#[derive(Clone, Copy)]
pub(super) enum Why {
    /// The id is not there, or none of the table.
    Unknown,
    /// The branch is newer than the last one for this GPU.
    Dropped(Generation, u64),
    /// The branch is older than the first one for this GPU.
    TooNew(Generation, u64),
    /// The branch has this GPU: it read nonsense in the place of the chip's number.
    NoAnswer,
}

impl Why {
    /// By the driver's words and its version.
    pub(super) fn of(text: &str, here: &str) -> Self {
        let id = between(text, "(PCI ID: 10de:", ")").and_then(|id| hex(id.as_bytes()));
        let Some(device) = id.and_then(|id| u16::try_from(id).ok()) else { return Self::Unknown };
        let (Some(generation), branch @ 1..) = (Generation::of(device), branch_of(here)) else {
            return Self::Unknown;
        };
        match (generation.last_branch(), first_branch(device)) {
            (Some(last), _) if branch > last => Self::Dropped(generation, last),
            (_, Some(first)) if branch < first => Self::TooNew(generation, first),
            // The chips of a generation came one after another within its first branch.
            (_, Some(first)) if branch == first => Self::Unknown,
            // GB100 and its kin: the tags do not tell the first release of each.
            (_, None) if generation == Generation::Blackwell => Self::Unknown,
            _ if branch < generation.whole_from() => Self::Unknown,
            _ => Self::NoAnswer,
        }
    }

    /// What to do about it; empty where only the rule's own words help.
    pub(super) fn fix(self, branch: u64, nixos: bool) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Dropped(generation, _) | Self::TooNew(generation, _) => {
                install(generation, branch, nixos)
            }
            Self::NoAnswer => {
                "switch the machine off for a minute and start it again; then check the GPU's \
                 seat, riser and power, and turn off what powers it down"
            }
        }
    }

    /// The end of the sentence.
    pub(super) fn says(self) -> Text<96> {
        match self {
            Self::Unknown => Text::new(),
            Self::Dropped(_, last) => Text::of(format_args!(": its last branch is {last}")),
            Self::TooNew(_, first) => Text::of(format_args!(": it needs branch {first} or later")),
            Self::NoAnswer => {
                Text::from(", although that branch has it: it did not answer as a GPU")
            }
        }
    }
}

/// 550 of "550.163.01"; 0 of anything else.
pub(super) fn branch_of(version: &str) -> u64 {
    version.split('.').next().and_then(|b| decimal(b.as_bytes())).unwrap_or(0)
}

/// What to install for the branch that the driver names ("470.xx").
pub(super) fn by_branch(named: &str, nixos: bool) -> &'static str {
    let generations =
        [Generation::Tesla, Generation::Fermi, Generation::Kepler, Generation::Maxwell];
    let last = Some(branch_of(named));
    let generation = generations.into_iter().find(|g| g.last_branch() == last);
    generation.map_or("", |generation| install(generation, 0, nixos))
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires};

    fn refused(id: &str, version: &str) -> Case {
        Case::logged(&std::format!(
            "[    8.100000] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:{id})\n\
             [    8.100000] NVRM: installed in this system is not supported by the\n\
             [    8.100000] NVRM: NVIDIA {version} driver release."
        ))
    }

    fn fix(case: Case) -> &'static str {
        case.report(&[&RULE]).findings.first().expect("a finding").fix
    }

    #[test]
    fn what_to_install_follows_the_gpu() {
        let said = "NVP504 error: GPU 0000:01:00.0 is not supported by the driver";
        let dropped = |version, last| std::format!("{said} {version}: its last branch is {last}");
        fires(&RULE, refused("06c0", "470.256.02"), &dropped("470.256.02", 390));
        fires(&RULE, refused("128b", "535.54.03"), &dropped("535.54.03", 470));
        fires(&RULE, refused("1b80", "595.45.04"), &dropped("595.45.04", 580));
        assert!(fix(refused("06c0", "470.256.02")).contains("390"));
        assert!(fix(refused("2d04", "535.54.03")).contains("open modules of branch 570"));
    }

    #[test]
    fn a_gpu_that_the_branch_has_did_not_answer() {
        fires(
            &RULE,
            refused("2206", "550.163.01"),
            "NVP504 error: GPU 0000:01:00.0 is not supported by the driver 550.163.01, although \
             that branch has it: it did not answer as a GPU",
        );
        assert!(!fix(refused("2206", "550.163.01")).contains("install"));
    }

    #[test]
    fn the_first_and_the_last_branch_of_a_gpu_have_it() {
        let tells = |id, version, why: &str| {
            fires(
                &RULE,
                refused(id, version),
                &std::format!(
                    "NVP504 error: GPU 0000:01:00.0 is not supported by the driver {version}{why}"
                ),
            );
        };
        let no_answer = ", although that branch has it: it did not answer as a GPU";
        tells("1b80", "580.82.07", no_answer);
        tells("2d04", "595.45.04", no_answer);
        // Within its first branch a chip may be missing; of GB100 nothing is known.
        tells("2d04", "570.86.16", "");
        tells("2901", "595.45.04", "");
    }

    #[test]
    fn the_branch_that_the_driver_names_is_the_one_to_install() {
        use super::by_branch;
        for last in ["340.xx", "390.xx", "470.xx", "580.xx"] {
            assert!(by_branch(last, false).contains(&last[..3]), "{last}");
        }
        assert_eq!(by_branch("999.xx", false), "");
    }
}
