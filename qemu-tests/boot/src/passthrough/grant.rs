//! A card that is taken. Taking prints its plan, keeps a state, looks again and only
//! then changes anything; dropping gives the card back.

use super::address::Address;
use super::bind;
use super::function::Function;
use super::host::Host;
use super::judge::{Access, Verdict, access};
use super::keeper::{Keeper, Kept};
use super::kernel::{Kernel, Live};
use super::plan::{self, Step};
use super::restore::{self, Restored};
use super::state::State;
use super::survey::{self, Judged};
use anyhow::{Context, Result, bail, ensure};
use nvpreflight_harness::machine::interrupt;
use nvpreflight_tool::base::clean;
use std::path::{Path, PathBuf};

/// How a card is to be taken.
#[derive(Clone, Debug)]
pub struct Options {
    /// Said by the owner: without it the plan is printed and nothing is done.
    pub i_own_this_gpu: bool,
    /// Memory of the guest in MiB, which VFIO pins.
    pub memory_mib: u64,
    /// File for the state; None for the usual one.
    pub state: Option<PathBuf>,
}

/// A card that belongs to this program until it is dropped.
#[derive(Debug)]
pub struct Grant<K: Kernel = Live> {
    host: Host,
    kernel: K,
    keeper: Option<Keeper>,
    state: Option<State>,
    functions: Vec<Address>,
}

impl Grant {
    /// Takes the card of the GPU at `gpu` on the running machine.
    ///
    /// # Errors
    /// An item of the never-list holds or could not be looked at, the owner did not say
    /// that it may be taken, or the kernel refuses; the card is as it was then.
    pub fn take(gpu: Address, options: &Options) -> Result<Self> {
        Self::take_with(Host::at(Path::new("/")), Live, gpu, options)
    }
}

impl<K: Kernel> Grant<K> {
    /// The same over a machine that may be an imitation.
    ///
    /// # Errors
    /// As for `take`.
    pub fn take_with(host: Host, kernel: K, gpu: Address, options: &Options) -> Result<Self> {
        let mut grant = Self { host, kernel, keeper: None, state: None, functions: Vec::new() };
        // First, because a card that is held or not back looks as if somebody else had
        // set it aside.
        let keeper = Keeper::open(&grant.host, options.state.as_deref())?;
        if let Some(keeper) = &keeper {
            grant.room(keeper)?;
        }
        let (machine, judged) = survey::one(&grant.host, gpu, options.memory_mib)?;
        refuse(&judged)?;
        let steps = plan::steps(&machine, &judged);
        print_plan(&judged, &steps);
        ensure!(
            options.i_own_this_gpu,
            "nothing was changed: say --i-own-this-gpu to have this done to {gpu}"
        );
        grant.functions = judged.card.taken().map(|function| function.address).collect();
        interrupt::arm()?;
        // Held for its lock even where nothing has to be put back.
        grant.keeper = keeper;
        if steps.is_empty() {
            return Ok(grant);
        }
        let keeper = grant.keeper.as_ref().context(
            "XDG_RUNTIME_DIR is not set: name a file with --state to keep the card's state in",
        )?;
        let state = grant.former(gpu, &steps)?;
        keeper.write(&state)?;
        grant.state = Some(state);
        if let Err(error) = grant.act(gpu, &judged, &steps, options.memory_mib) {
            let restored = grant.put_back();
            let rest = match restored.left {
                0 if restored.state_lost => restored.said.join("; "),
                0 => "everything is as it was".to_owned(),
                left => format!("{left} NOT as it was: `nvpreflight-boot passthrough restore`"),
            };
            return Err(error.context(format!("{gpu} was not taken; {rest}")));
        }
        Ok(grant)
    }

    /// QEMU's arguments for the card: a root port of its own, and behind it the functions
    /// by their numbers. Their ids are `nvpb-gpu0` to `nvpb-gpu7`.
    #[must_use]
    pub fn qemu_args(&self) -> Vec<String> {
        let mut args =
            vec!["-device".to_owned(), "pcie-root-port,id=nvpb-port,chassis=64".to_owned()];
        for address in &self.functions {
            let number = address.function();
            // The guest's firmware does not run the card's: the verifier judges what
            // the kernel does, and a card's ROM may be a stale shadow.
            let more = if number == 0 { ",multifunction=on,rombar=0" } else { "" };
            args.push("-device".to_owned());
            args.push(format!(
                "vfio-pci,id=nvpb-gpu{number},host={address},bus=nvpb-port,addr=0.{number}{more}"
            ));
        }
        args
    }

    /// Gives the card back and says what became of it.
    ///
    /// # Errors
    /// Something is not as it was, the file that kept the state included.
    pub fn give_back(mut self) -> Result<Vec<String>> {
        let restored = self.put_back();
        ensure!(restored.left == 0 && !restored.state_lost, "{}", restored.said.join("\n"));
        Ok(restored.said)
    }

    /// A state of an earlier boot is void; one of this boot is a card that is not back.
    fn room(&self, keeper: &Keeper) -> Result<()> {
        match keeper.of_this_boot(&restore::boot_id(&self.host)?)? {
            Kept::Nothing => {}
            Kept::Earlier => eprintln!("  a state of an earlier boot is dropped"),
            Kept::Card(state) => bail!(
                "{} was taken by process {} and is not back: \
                 `nvpreflight-boot passthrough restore`",
                state.gpu,
                state.pid
            ),
        }
        Ok(())
    }

    fn former(&self, gpu: Address, steps: &[Step]) -> Result<State> {
        let mut functions = Vec::new();
        let mut modules = Vec::new();
        for step in steps {
            match step {
                Step::Bind(former) => functions.push(former.clone()),
                Step::Unload(module) => modules.insert(0, module.clone()),
                Step::Load(_) => {}
            }
        }
        Ok(State::new(restore::boot_id(&self.host)?, gpu, functions, modules))
    }

    fn act(&self, gpu: Address, before: &Judged, steps: &[Step], memory_mib: u64) -> Result<()> {
        let (_, now) = survey::one(&self.host, gpu, memory_mib)?;
        refuse(&now)?;
        ensure!(same(before, &now), "{gpu} or its group changed while this looked");
        for step in steps {
            if let Some(signal) = interrupt::pending() {
                bail!("ended by signal {signal}");
            }
            match step {
                Step::Load(module) => self.kernel.load(module)?,
                Step::Unload(module) => self.kernel.unload(module)?,
                Step::Bind(former) => bind::bind(&self.host, &self.kernel, former)?,
            }
        }
        let (_, now) = survey::one(&self.host, gpu, memory_mib)?;
        ensure!(now.card.others == before.card.others, "the group changed meanwhile");
        ensure!(devices(&now) == devices(before), "the card changed meanwhile");
        ensure!(now.card.taken().all(Function::on_vfio), "vfio-pci has not all of the card");
        let group = now.card.gpu().and_then(|gpu| gpu.group).context("its group is gone")?;
        match access(&self.host.path(&format!("dev/vfio/{group}"))) {
            Access::Opens => Ok(()),
            other => bail!("/dev/vfio/{group} does not open: {other:?}"),
        }
    }

    /// From memory, because the file may be gone or changed while a guest runs.
    fn put_back(&mut self) -> Restored {
        match (self.keeper.take(), self.state.take()) {
            (Some(keeper), Some(state)) => {
                restore::remembered(&self.host, &self.kernel, &keeper, &state)
            }
            _ => Restored::default(),
        }
    }
}

impl<K: Kernel> Drop for Grant<K> {
    fn drop(&mut self) {
        self.put_back().said.iter().for_each(|line| eprintln!("  {line}"));
    }
}

fn refuse(judged: &Judged) -> Result<()> {
    if judged.verdict != Verdict::No {
        return Ok(());
    }
    let reasons: Vec<String> = judged
        .reasons
        .iter()
        .filter(|reason| reason.allows == Verdict::No)
        .map(|reason| format!("- {}", clean::line(reason.text.as_bytes())))
        .collect();
    bail!("{} is not taken:\n{}", judged.card.gpu, reasons.join("\n"))
}

/// What the card's functions are, whoever drives them.
fn devices(judged: &Judged) -> Vec<(Address, u32, u32, u32, Option<u32>)> {
    let functions = judged.card.functions.iter();
    functions.map(|it| (it.address, it.vendor, it.device, it.class, it.group)).collect()
}

/// Whether nothing that the verdict rests on changed.
fn same(before: &Judged, now: &Judged) -> bool {
    let (before, now) = (&before.card, &now.card);
    (&before.functions, &before.others, &before.display)
        == (&now.functions, &now.others, &now.display)
}

fn print_plan(judged: &Judged, steps: &[Step]) {
    eprintln!("{}: {}", judged.card.gpu, judged.verdict.words());
    for reason in &judged.reasons {
        eprintln!("  - {}", clean::line(reason.text.as_bytes()));
    }
    if steps.is_empty() {
        eprintln!("  nothing to do: all of it is on vfio-pci");
    }
    for (number, step) in steps.iter().enumerate() {
        eprintln!("  {}. {step}", number + 1);
    }
}

#[cfg(test)]
#[path = "grant_tests.rs"]
pub(in crate::passthrough) mod tests;
