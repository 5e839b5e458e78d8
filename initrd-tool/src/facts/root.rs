//! The root file system beside an image: its modules of the same release, its
//! modprobe.d, its user-space driver. Reads what the image's rules compare with.

use super::machine::Machine;
use super::module_tree::{Found, Interest, Looked};
use super::{firmware, module_tree};
use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::source::files::Files;
use nvpreflight::evidence;
use nvpreflight::facts::image::RootSide;
use nvpreflight::facts::{Facts, Phase};

/// A root with what its facts do not carry.
pub(super) struct RootLook {
    pub(super) shown: RootSide,
    tree: Looked,
}

impl RootLook {
    pub(super) const fn found(&self) -> Option<&Found> {
        self.tree.found()
    }
}

/// Looks at the root.
pub(super) fn collect(
    root: &mut dyn Files,
    release: Option<&str>,
    interest: &Interest,
    limits: &Limits,
) -> Result<RootLook> {
    let mut facts = Box::new(Facts::new(Phase::PreDisplay));
    {
        let machine = Machine { files: root.as_tree(), hardware: None, cmdline: None, release };
        evidence::config::collect(&machine, &mut facts);
        evidence::stage2::collect(&machine, &mut facts);
    }
    let firmware = firmware::collect(root, release);
    let mut tree = module_tree::collect(root, release, interest, limits)?;
    let shown = RootSide {
        tree: tree.shown(),
        config: facts.config,
        userspace_version: facts.stage2.userspace_version,
        firmware,
    };
    Ok(RootLook { shown, tree })
}
