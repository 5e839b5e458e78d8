//! The GPU in the machine: none, a pretend one, or one of this host's that is lent.
//! What was lent is given back whatever happens.

use crate::passthrough::{Address, Grant, Options};
use anyhow::Result;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::machine::pretend_card::{self, Card};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// No GPU.
    None,
    /// A pretend one of this model over vfio-user; what the driver touches is written
    /// to the file.
    VfioUser(&'static str, Option<PathBuf>),
    /// This host's, by VFIO; whether the owner said that it may be taken.
    Passthrough(Address, bool),
}

/// What is there.
pub enum Gpu {
    /// No GPU.
    None,
    /// A pretend one.
    Pretend(Card),
    /// This host's.
    Lent(Box<Grant>),
}

impl Wanted {
    /// Why the boot is skipped where it cannot be had.
    ///
    /// # Errors
    /// QEMU cannot be run.
    pub fn obstacle(&self, arch: Arch) -> Result<Option<Verdict>> {
        match self {
            Self::VfioUser(..) => Ok(pretend_card::obstacle(arch)?.map(Verdict::Skip)),
            Self::None | Self::Passthrough(..) => Ok(None),
        }
    }

    /// Starts or takes it, for a machine with that much memory.
    ///
    /// # Errors
    /// It does not start, or may not be taken.
    pub fn ready(&self, memory_mib: u32) -> Result<Gpu> {
        Ok(match self {
            Self::None => Gpu::None,
            Self::VfioUser(model, log) => {
                Gpu::Pretend(Card::start(model, log.as_deref().map(Path::new))?)
            }
            Self::Passthrough(address, owner) => {
                let options =
                    Options { i_own_this_gpu: *owner, memory_mib: memory_mib.into(), state: None };
                Gpu::Lent(Box::new(Grant::take(*address, &options)?))
            }
        })
    }
}

impl Gpu {
    /// Adds it to QEMU's arguments.
    pub fn plug(&self, qemu: &mut Command, memory_mib: u32) {
        match self {
            Self::None => {}
            Self::Pretend(card) => card.plug(qemu, memory_mib),
            Self::Lent(grant) => {
                qemu.args(grant.qemu_args());
            }
        }
    }

    /// Ends it after QEMU has ended.
    ///
    /// # Errors
    /// A card that was lent is not as it was.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::None => {}
            Self::Pretend(card) => card.finish(),
            Self::Lent(grant) => {
                for line in grant.give_back()? {
                    eprintln!("  {line}");
                }
            }
        }
        Ok(())
    }
}
