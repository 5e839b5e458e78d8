//! A card that is taken. Taking prints its plan, keeps a state, looks again and only
//! then changes anything; dropping gives the card back.

use super::address::Address;
use super::host::Host;
use super::judge::{Access, Verdict, access};
use super::kernel::{Kernel, Live};
use super::plan::{self, Step};
use super::restore::{self, Restored};
use super::state::{Former, Keeper, State};
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
        let mut grant = Self { host, kernel, keeper: None, functions: Vec::new() };
        // First, because a card that is held or not back looks as if somebody else had
        // set it aside.
        let keeper = Keeper::open(options.state.as_deref())?;
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
        keeper.write(&grant.state(gpu, &steps)?)?;
        if let Err(error) = grant.act(gpu, &judged, &steps, options.memory_mib) {
            let restored = grant.put_back()?;
            let rest = match restored.left {
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
    /// Something is not as it was.
    pub fn give_back(mut self) -> Result<Vec<String>> {
        let restored = self.put_back()?;
        ensure!(restored.left == 0, "{}", restored.said.join("\n"));
        Ok(restored.said)
    }

    /// A state of an earlier boot is void; one of this boot is a card that is not back.
    fn room(&self, keeper: &Keeper) -> Result<()> {
        let Some(state) = keeper.read()? else { return Ok(()) };
        ensure!(
            state.boot_id != restore::boot_id(&self.host)?,
            "{} was taken by process {} and is not back: `nvpreflight-boot passthrough restore`",
            state.gpu,
            state.pid
        );
        eprintln!("  a state of an earlier boot is dropped");
        keeper.forget()
    }

    fn state(&self, gpu: Address, steps: &[Step]) -> Result<State> {
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
                Step::Bind(former) => self.bind(former)?,
            }
        }
        let (_, now) = survey::one(&self.host, gpu, memory_mib)?;
        ensure!(now.card.others == before.card.others, "the group changed meanwhile");
        let group = now.card.gpu().and_then(|gpu| gpu.group).context("its group is gone")?;
        match access(&self.host.path(&format!("dev/vfio/{group}"))) {
            Access::Opens => Ok(()),
            other => bail!("/dev/vfio/{group} does not open: {other:?}"),
        }
    }

    /// driver_override, unbind, probe: what linux Documentation/ABI/testing/sysfs-bus-pci
    /// describes, so that no other device ever matches.
    fn bind(&self, former: &Former) -> Result<()> {
        let address = former.address;
        let folder = self.host.function(address)?.with_context(|| format!("{address} is gone"))?;
        let name = address.to_string();
        self.kernel.write(&folder.join("driver_override"), "vfio-pci")?;
        if let Some(driver) = &former.driver {
            let unbind = self.host.path("sys/bus/pci/drivers").join(driver).join("unbind");
            self.kernel
                .write(&unbind, &name)
                .with_context(|| format!("{driver} does not let go of {address}"))?;
        }
        self.kernel
            .write(&self.host.path("sys/bus/pci/drivers_probe"), &name)
            .with_context(|| format!("vfio-pci does not take {address}"))?;
        let driver = super::host::link_name(&folder.join("driver"))?;
        ensure!(driver.as_deref() == Some("vfio-pci"), "vfio-pci did not take {address}");
        Ok(())
    }

    fn put_back(&mut self) -> Result<Restored> {
        match self.keeper.take() {
            Some(keeper) if keeper.path().exists() => {
                restore::kept(&self.host, &self.kernel, &keeper)
            }
            _ => Ok(Restored::default()),
        }
    }
}

impl<K: Kernel> Drop for Grant<K> {
    fn drop(&mut self) {
        match self.put_back() {
            Ok(restored) => restored.said.iter().for_each(|line| eprintln!("  {line}")),
            Err(error) => {
                eprintln!("  {}", clean::line(format!("not given back: {error:#}").as_bytes()));
            }
        }
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
mod tests;
