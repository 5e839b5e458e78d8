//! Boots one scenario: assembles its initrd, runs QEMU, keeps what came out in
//! the scenario's folder and judges it.

use crate::base::arch::Arch;
use crate::base::places::Places;
use crate::build::standin::Variant;
use crate::build::tool;
use crate::debian::kernel::Kernel;
use crate::debian::modules::{self, Selection};
use crate::debian::root_disk;
use crate::debian::userland;
use crate::image::{self, overlay};
use crate::judge::verdict::{self, BootOutput, Verdict};
use crate::machine::channel;
use crate::machine::pretend_card::{self, Card};
use crate::machine::qemu::{self, Accel, Ending, Machine};
use crate::nvidia::gpu::Pretend;
use crate::nvidia::{self, licence::Accepted};
use crate::scenario::nixos::Plan;
use crate::scenario::{Scenario, Stage1};
use anyhow::{Context, Result, anyhow, ensure};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Words that every boot has, beside those of its architecture. `panic=-1`: with QEMU's
/// `-no-reboot` a panic ends the boot at once. `loglevel=4`: every letter on an emulated
/// serial port costs time, and the whole kernel log comes through the channel. The
/// rest saves time (docs/boot-times.md) and touches nothing that is judged.
const ALWAYS: &str = "panic=-1 loglevel=4 \
                      mitigations=off audit=0 apparmor=0 cryptomgr.notests init_on_alloc=0 \
                      rcupdate.rcu_expedited=1";

/// The kernel's words that every boot on `arch` has.
#[must_use]
pub fn always(arch: Arch) -> String {
    format!("{} {ALWAYS}", arch.words())
}

/// dracut finds the root by this and mounts it writable; the disk is a
/// throw-away layer.
const ROOT: &str = "root=/dev/vda rootfstype=ext4 rw fsck.mode=skip \
                    systemd.show_status=no systemd.machine_id=6e76707265666c696768742d626f6f74";

/// Everything that boots have in common, fetched and built.
pub struct Workshop {
    /// Folders of the host.
    pub places: Places,
    kernel: Kernel,
    userland: PathBuf,
    accel: Accel,
    /// The verifier; None to boot without one.
    pub verifier: Option<PathBuf>,
    /// Licences that were accepted.
    pub accepted: Accepted,
}

/// One boot's outcome.
pub struct Outcome {
    /// What it was judged to be.
    pub verdict: Verdict,
    /// Time in QEMU.
    pub took: Duration,
    /// Folder with console, reports and journal.
    pub folder: PathBuf,
    /// What a reader of the results has to know of the driver and the GPU.
    pub told: Vec<String>,
}

impl Outcome {
    /// What the verifier printed, phase by phase.
    #[must_use]
    pub fn said(&self) -> String {
        let mut said = String::new();
        for phase in ["initrd", "pre-display"] {
            if let Ok(text) = fs::read_to_string(self.folder.join(format!("{phase}.text"))) {
                said.push_str(&format!("--- {phase}\n{}\n", text.trim_end()));
            }
        }
        said
    }
}

impl Workshop {
    /// Fetches and builds what guests of `arch` need and is missing.
    pub fn open(places: Places, arch: Arch, verifier: Option<PathBuf>) -> Result<Self> {
        suits_the_tools(&places.target)?;
        let kernel = Kernel::ready(&places, arch)?;
        let userland = userland::ready(&places, arch)?;
        let accel = qemu::accelerator(&places, arch, &kernel.image())?;
        let accepted = Accepted::here(&[])?;
        Ok(Self { places, kernel, userland, accel, verifier, accepted })
    }

    /// What the guests run on.
    #[must_use]
    pub fn arch(&self) -> Arch {
        self.kernel.arch
    }

    /// Why `scenario` cannot be tried with this kernel, if it cannot.
    pub fn obstacle(&self, scenario: &Scenario) -> Result<Option<String>> {
        if !scenario.architectures.contains(&self.kernel.arch) {
            return Ok(Some(format!("it is not made for {}", self.kernel.arch)));
        }
        let driver = scenario.driver.as_ref();
        if let Some(reason) = driver.and_then(|it| nvidia::obstacle(it, self.accepted)) {
            return Ok(Some(reason));
        }
        if scenario.gpu.pretend == Pretend::VfioUser {
            if let Some(reason) = pretend_card::obstacle(self.kernel.arch)? {
                return Ok(Some(reason));
            }
        }
        let config = self.kernel.config()?;
        let missing = scenario.needs_kernel.iter().find(|name| {
            !["y", "m"]
                .iter()
                .any(|on| config.lines().any(|line| line == format!("CONFIG_{name}={on}")))
        });
        Ok(missing.map(|name| format!("kernel {} has no CONFIG_{name}", self.kernel.release)))
    }

    /// Builds the stand-ins of all, several at a time: a build of kbuild's is mostly
    /// one process after another.
    ///
    /// # Errors
    /// The first build that failed.
    pub fn build_standins(&self, scenarios: &[Scenario], jobs: usize) -> Result<()> {
        let mut variants: Vec<Variant> = Vec::new();
        let own = scenarios.iter().filter(|scenario| scenario.driver.is_none());
        for variant in own.map(|scenario| scenario.standin.variant()) {
            if !variants.contains(&variant) {
                variants.push(variant);
            }
        }
        for part in variants.chunks(jobs.max(1)) {
            thread::scope(|scope| {
                let builds: Vec<_> = part
                    .iter()
                    .map(|variant| scope.spawn(|| variant.build(&self.places, &self.kernel)))
                    .collect();
                for build in builds {
                    build.join().map_err(|_| anyhow!("a build died"))??;
                }
                anyhow::Ok(())
            })?;
        }
        Ok(())
    }

    /// Makes every cached artefact that `scenario` needs.
    pub fn prepare(&self, scenario: &Scenario) -> Result<Parts> {
        let cache = self.places.cache.display();
        self.parts(scenario)
            .with_context(|| format!("cannot prepare `{}` in `{cache}`", scenario.name))
    }

    fn parts(&self, scenario: &Scenario) -> Result<Parts> {
        let driver = self.driver(scenario)?;
        let tree = self.modules(&driver, &scenario.standin.without)?;
        let modules = tree.with_extension("cpio");
        if !modules.exists() {
            image::segment(&modules, |archive| Ok(archive.tree(&tree.join("lib"), "usr/lib")?))?;
        }
        let base = match scenario.stage1 {
            Stage1::Bare => image::bare::base(&self.places, &self.userland, self.kernel.arch)?,
            Stage1::Systemd => {
                image::systemd::base(&self.places, &self.userland, &self.kernel.release)?
            }
            Stage1::Scripted => image::scripted::base(&self.places, &self.userland, &self.kernel)?,
        };
        let disk = match scenario.stage1 {
            Stage1::Systemd => Some(root_disk::disk(&self.places, &self.userland)?),
            Stage1::Bare | Stage1::Scripted => None,
        };
        let root_tree = self.modules(&driver, &[])?;
        Ok(Parts { base, modules, root_tree, disk, driver })
    }

    /// The driver that `scenario` boots: stand-ins, or NVIDIA's modules.
    fn driver(&self, scenario: &Scenario) -> Result<Driver> {
        let Some(wanted) = &scenario.driver else {
            return Ok(Driver {
                version: scenario.standin.version.clone(),
                folders: vec![scenario.standin.variant().build(&self.places, &self.kernel)?],
                lists: vec!["modules.txt"],
                firmware: None,
                told: Vec::new(),
            });
        };
        let real = nvidia::ready(&self.places, &self.kernel, wanted, self.accepted)?;
        let gpu = &scenario.gpu;
        let pretended = match gpu.count {
            0 => "no GPU".to_owned(),
            count => format!("{count} pretend GPU: {} as {}", gpu.model, gpu.pretend),
        };
        Ok(Driver {
            version: real.version,
            folders: real.folders,
            lists: vec!["modules.txt", "pretend/modules.txt"],
            firmware: real.firmware,
            told: vec![format!("driver: {}", real.named), pretended],
        })
    }

    fn modules(&self, driver: &Driver, without: &[String]) -> Result<PathBuf> {
        let selection = Selection {
            drivers: driver.folders.clone(),
            lists: driver.lists.clone(),
            without: without.to_owned(),
        };
        modules::ready(&self.places, &self.kernel, &selection)
    }

    /// Boots `scenario` and judges it. An error is a fault of the workshop.
    pub fn boot(&self, scenario: &Scenario) -> Result<Outcome> {
        let folder = self.places.fresh_run(&scenario.name)?;
        if let Some(reason) = self.obstacle(scenario)? {
            let (verdict, took) = (Verdict::Skip(reason), Duration::ZERO);
            return Ok(Outcome { verdict, took, folder, told: Vec::new() });
        }
        let token = token()?;
        let parts = self.prepare(scenario)?;
        let machine = self.assemble(scenario, &parts, &folder, &token)?;
        let ending = self.run(scenario, &machine, &folder)?;
        fs::remove_file(&machine.initrd)?;
        let bytes = fs::read(&machine.channel).unwrap_or_default();
        let seen = BootOutput {
            ended: ending.status.map(|status| status.success()),
            complaint: ending.complaint,
            console: lossy(&machine.console),
            frames: channel::read(&bytes, &token),
            here: fs::read_to_string(folder.join(image::host_tool::TOLD_HERE)).ok(),
        };
        if let Ok(frames) = &seen.frames {
            for (name, data) in &frames.by_name {
                fs::write(folder.join(name.replace('/', "_")), data)?;
            }
        }
        let (verdict, took) = (verdict::judge(scenario, &seen), ending.took);
        Ok(Outcome { verdict, took, folder, told: parts.driver.told })
    }

    /// Runs it, with the card beside it where there is one.
    fn run(&self, scenario: &Scenario, machine: &Machine, folder: &Path) -> Result<Ending> {
        if scenario.gpu.pretend != Pretend::VfioUser {
            return machine.run(self.accel);
        }
        let log = folder.join("touched.txt");
        let card = Card::start(scenario.gpu.model.word(), Some(&log))?;
        let mut command = machine.command(self.accel);
        card.plug(&mut command, machine.memory_mib);
        let ending = qemu::run(&command, &machine.console, machine.deadline)?;
        card.finish();
        Ok(ending)
    }

    /// The virtual machine for `scenario`, its initrd written to `folder`.
    pub fn machine(&self, scenario: &Scenario, folder: &Path, token: &str) -> Result<Machine> {
        self.assemble(scenario, &self.prepare(scenario)?, folder, token)
    }

    fn assemble(
        &self,
        scenario: &Scenario,
        parts: &Parts,
        folder: &Path,
        token: &str,
    ) -> Result<Machine> {
        let nixos = match &scenario.nixos {
            Some(name) => Some(Plan::evaluate(&self.places, name)?),
            None => None,
        };
        let nixos = nixos.as_ref();
        let own = folder.join("scenario.cpio");
        image::segment(&own, |archive| {
            let verifier = self.verifier.as_deref();
            let driver = overlay::Driver {
                arch: self.kernel.arch,
                version: &parts.driver.version,
                firmware: parts.driver.firmware.as_deref(),
                root_modules: &parts.root_tree,
            };
            overlay::fill(archive, &self.places, scenario, verifier, &driver, nixos)
        })?;
        let initrd = folder.join("initrd.cpio");
        image::join(&[&parts.base, &parts.modules, &own], &initrd)?;
        fs::remove_file(own)?;
        if scenario.host_tool {
            image::host_tool::add(&self.places, self.kernel.arch, &initrd, folder)?;
        }
        if let (true, Some(verifier)) = (scenario.inject, &self.verifier) {
            tool::inject(&self.places, &scenario.verifier.expectations_text()?, verifier, &initrd)?;
        }
        let root = if parts.disk.is_some() { ROOT } else { "" };
        let arch = self.kernel.arch;
        let iommu = if scenario.gpu.iommu { arch.iommu_words() } else { "" };
        Ok(Machine {
            arch,
            kernel: self.kernel.bootable()?,
            initrd,
            cmdline: format!(
                "nvpreflight.token={token} {} {root} {iommu} {} {} {}",
                always(arch),
                rdinit(scenario),
                nixos.map_or("", |plan| &plan.cmdline),
                scenario.boot.cmdline
            ),
            memory_mib: scenario.boot.memory_mib,
            disk: parts.disk.clone(),
            gpus: match scenario.gpu.pretend {
                Pretend::Relabelled => scenario.gpu.count,
                Pretend::VfioUser => 0,
            },
            iommu: scenario.gpu.iommu,
            console: folder.join("console.txt"),
            channel: folder.join("channel.bin"),
            deadline: Duration::from_secs(scenario.boot.deadline_s),
        })
    }
}

/// The word that `inject` asks for where an initrd has no place for a hook.
fn rdinit(scenario: &Scenario) -> &'static str {
    match (scenario.inject, scenario.stage1) {
        (true, Stage1::Bare) => "rdinit=/nvpreflight-init",
        _ => "",
    }
}

/// Refuses a folder that kbuild (spaces, colons) or QEMU's options (commas)
/// would take for several.
fn suits_the_tools(target: &Path) -> Result<()> {
    let text = target.to_string_lossy();
    ensure!(
        !text.contains(|letter: char| letter.is_whitespace() || ":,'".contains(letter)),
        "`{text}` has a letter that kbuild or QEMU cannot take in a path; \
         set CARGO_TARGET_DIR to a folder without spaces, colons, commas and quotes"
    );
    Ok(())
}

/// Cached artefacts of one boot.
pub struct Parts {
    base: PathBuf,
    modules: PathBuf,
    root_tree: PathBuf,
    disk: Option<PathBuf>,
    driver: Driver,
}

/// The driver of one boot.
struct Driver {
    version: String,
    folders: Vec<PathBuf>,
    lists: Vec<&'static str>,
    firmware: Option<PathBuf>,
    told: Vec<String>,
}

/// Sixteen random hexadecimal digits that only this boot knows.
pub fn token() -> Result<String> {
    let mut bytes = [0u8; 8];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn lossy(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_tools_would_split_is_refused() {
        assert!(suits_the_tools(Path::new("/home/a/nvpreflight/target")).is_ok());
        for path in ["/my code/target", "/a:b/target", "/a,b/target", "/it's/target"] {
            assert!(suits_the_tools(Path::new(path)).is_err(), "{path}");
        }
    }
}
