//! Has nixpkgs' own code make a machine's initrd and system, and boots them. Of the
//! packages only make-initrd-ng and ours are built; the rest is Debian's
//! (`qemu-tests/nixos/initrd/packages.nix`).

use super::disk;
use super::esp::{Generation, Loader};
use super::prompt::{self, Keyboard};
use super::table::Entry;
use anyhow::{Context, Result, anyhow, bail};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::build::standin::Variant;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::userland;
use nvpreflight_harness::machine::qemu::{self, Accel, Ending, Machine};
use nvpreflight_harness::scenario;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The scenario whose stand-in modules a machine has that names none: those of the open
/// driver.
const STAND_IN: &str = "nixos-early-kms";
/// For the slowest processor that is shared; a boot takes about half a minute alone.
const DEADLINE: Duration = Duration::from_secs(900);
/// Nothing is fetched, and builders use this machine's tools.
const NIX_CONF: &str = "build-users-group =\nsandbox = false\nsubstitute = false\n";

/// What all machines have in common.
pub struct Bench {
    places: Places,
    /// `qemu-tests/nixos/initrd`.
    pub folder: PathBuf,
    nixpkgs: PathBuf,
    userland: PathBuf,
    kernel: Kernel,
    make_initrd_ng: PathBuf,
    verifier: PathBuf,
    loader: Loader,
    accel: Accel,
}

/// A boot that was tried.
pub struct Boot {
    /// What was not as expected, if anything.
    pub verdict: Result<(), String>,
    /// From the start of QEMU to its end.
    pub took: Duration,
    /// What the machine's console showed.
    pub said: String,
    /// The file with it.
    pub log: PathBuf,
}

/// What stands for NVIDIA's driver in a machine.
struct Driver {
    version: String,
    /// Debian's `bzImage` and `lib/modules`, with the stand-ins.
    kernel: PathBuf,
}

/// What nixpkgs made of a machine.
struct Made {
    initrd: PathBuf,
    /// A path in the Nix store.
    system: String,
    cmdline: String,
}

impl Bench {
    /// Builds what all machines have in common, over this nixpkgs.
    ///
    /// # Errors
    /// Something of it cannot be made.
    pub fn open(nixpkgs: PathBuf) -> Result<Self> {
        let places = Places::find()?;
        let kernel = Kernel::ready(&places, Arch::X86_64)?;
        Ok(Self {
            folder: places.package.join("nixos/initrd"),
            userland: userland::ready(&places, Arch::X86_64)?,
            make_initrd_ng: make_initrd_ng(&places, &nixpkgs)?,
            verifier: VERIFIER.find()?,
            loader: Loader::ready(&places)?,
            accel: qemu::accelerator(&places, kernel.arch, &kernel.image())?,
            places,
            nixpkgs,
            kernel,
        })
    }

    /// Makes the machine and boots it.
    ///
    /// # Errors
    /// The boot could not be tried.
    pub fn boot(&self, entry: &Entry) -> Result<Boot> {
        let run = self.places.fresh_run(&format!("nixos-{}", entry.name))?;
        let driver = self.driver(entry.stand_in.as_deref().unwrap_or(STAND_IN))?;
        let made = self.make(&entry.name, &driver, &run)?;
        if let Some(older) = &entry.falls_back_to {
            let older = self.make(older, &driver, &run)?;
            return self.counted(entry, &run, [&older, &made]);
        }
        let disk = disk::of(&[&made.system], &run)?;
        let machine = Machine {
            arch: self.kernel.arch,
            kernel: self.kernel.bootable()?,
            initrd: made.initrd,
            cmdline: made.cmdline,
            memory_mib: 1024,
            disk: Some(disk.clone()),
            gpus: 1,
            iommu: false,
            console: run.join("console.txt"),
            channel: run.join("channel"),
            deadline: DEADLINE,
        };
        let (ending, log) =
            if entry.prompt { self.typed(machine, &run)? } else { self.watched(&machine)? };
        fs::remove_file(disk)?;
        booted(&ending, log, |said| entry.judge(said))
    }

    /// The driver that the stand-in modules of a scenario are in place of.
    fn driver(&self, name: &str) -> Result<Driver> {
        let variant = scenario::named(&self.places, name)?.standin.variant();
        let kernel = with_modules(&self.places, &self.kernel, &variant)?;
        Ok(Driver { version: variant.version, kernel })
    }

    /// Two generations whose boots are counted. The newer one has a single try.
    fn counted(&self, entry: &Entry, run: &Path, [older, newer]: [&Made; 2]) -> Result<Boot> {
        let loader = &self.loader;
        let generation = |number, tries, made: &Made| Generation {
            number,
            tries,
            initrd: made.initrd.clone(),
            cmdline: made.cmdline.clone(),
        };
        let generations = [generation(1, 2, older), generation(2, 1, newer)];
        let esp = loader.esp(run, &self.kernel.image(), &generations)?;
        let disk = disk::of(&[&older.system, &newer.system], run)?;
        let console = run.join("console.txt");
        let mut qemu = loader.machine(self.accel, run, [&esp, &disk], &console)?;
        own_time(self.accel, &mut qemu);
        let ending = qemu::run(&qemu, &console, DEADLINE + DEADLINE)?;
        let entries = loader.entries(&esp)?;
        fs::remove_file(disk)?;
        fs::remove_file(esp)?;
        booted(&ending, console, |said| entry.judge(said).and_then(|()| entry.left(&entries)))
    }

    /// A machine's initrd, system and command line, by nixpkgs.
    fn make(&self, name: &str, driver: &Driver, run: &Path) -> Result<Made> {
        let building = step(format!("the initrd of {name}, by nixpkgs"));
        let attributes = ["initrd", "cmdline", "system"];
        let [built, words, system] = self.build(name, driver, run, attributes)?;
        building.done();
        let always = nvpreflight_harness::workshop::always(self.kernel.arch);
        let cmdline = format!("{always} {}", fs::read_to_string(words)?.trim());
        Ok(Made { initrd: Path::new(&built).join("initrd"), system, cmdline })
    }

    /// Boots; the ending, and the file with what the console showed.
    fn watched(&self, machine: &Machine) -> Result<(Ending, PathBuf)> {
        let mut qemu = machine.command(self.accel);
        own_time(self.accel, &mut qemu);
        let ending = qemu::run(&qemu, &machine.console, machine.deadline)?;
        Ok((ending, machine.console.clone()))
    }

    /// The same with a LUKS disk and somebody at the console.
    fn typed(&self, mut machine: Machine, run: &Path) -> Result<(Ending, PathBuf)> {
        let keyboard = Keyboard::new(run);
        machine.cmdline = prompt::with_console_there(&machine.cmdline)?;
        let mut qemu = machine.command(self.accel);
        own_time(self.accel, &mut qemu);
        keyboard.attach(&mut qemu);
        let luks = prompt::disk(run)?;
        qemu.arg("-drive").arg(format!("file={},format=raw,if=virtio", luks.display()));
        let typing = keyboard.sit_down();
        let ending = qemu::run(&qemu, &machine.console, machine.deadline);
        keyboard.leave();
        let typed = typing.join().map_err(|_| anyhow!("nobody reads the console any more"))?;
        typed.context("the console")?;
        Ok((ending?, keyboard.screen))
    }

    /// Builds attributes of default.nix and returns their paths in the store.
    fn build<const N: usize>(
        &self,
        name: &str,
        driver: &Driver,
        run: &Path,
        attributes: [&str; N],
    ) -> Result<[String; N]> {
        let conf = run.join("nix");
        fs::create_dir_all(&conf)?;
        fs::write(conf.join("nix.conf"), NIX_CONF)?;
        // Nix ends its builders when it is asked to end.
        let mut nix = host::bound("TERM", "nix-build");
        nix.env("NIX_CONF_DIR", conf).current_dir(&self.folder);
        nix.args(["--no-out-link", "default.nix"]);
        for attribute in attributes {
            nix.args(["-A", attribute]);
        }
        for (key, path) in [
            ("nixpkgs", &self.nixpkgs),
            ("machine", &self.folder.join("machines").join(format!("{name}.nix"))),
            ("userland", &self.userland),
            ("kernel", &driver.kernel),
            ("makeInitrdNg", &self.make_initrd_ng),
            ("verifier", &self.verifier),
            ("loader", &self.loader.tree),
        ] {
            nix.args(["--arg", key]).arg(path);
        }
        nix.args(["--argstr", "release", &self.kernel.release]);
        nix.args(["--argstr", "driver", &driver.version]);
        let said = String::from_utf8(host::run(&mut nix).context("nix-build")?)?;
        let paths: Vec<String> = said.lines().map(str::to_owned).collect();
        paths.try_into().map_err(|it| anyhow!("nix-build named {it:?}"))
    }
}

/// The boot that ended so, judged by what its console showed.
fn booted(
    ending: &Ending,
    log: PathBuf,
    judge: impl FnOnce(&str) -> Result<(), String>,
) -> Result<Boot> {
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let took = ending.took;
    let verdict = judge(&said).map_err(|reason| match ending.status {
        Some(_) => reason,
        None => format!("ended after {} s: {reason}", took.as_secs()),
    });
    Ok(Boot { verdict, took, said, log })
}

/// An emulated processor gets a clock of instructions (4 ns each): on a busy host it
/// runs slower and no deadline inside passes for that.
fn own_time(accel: Accel, qemu: &mut Command) {
    if accel == Accel::Tcg {
        qemu.args(["-icount", "shift=2"]);
    }
}

/// Debian's kernel and modules with a driver's stand-ins among them, compressed as NixOS
/// compresses its own: make-initrd-ng strips a bare module of its symbols.
fn with_modules(places: &Places, kernel: &Kernel, variant: &Variant) -> Result<PathBuf> {
    let standin = variant.build(places, kernel)?;
    let key = standin.file_name().context("the stand-ins have no name")?;
    let tree = places.cache.join(format!("nixos-kernel-{}", key.to_string_lossy()));
    if tree.exists() {
        return Ok(tree);
    }
    let making = tree.with_extension("new");
    remove_tree(&making)?;
    let modules = making.join("lib/modules").join(&kernel.release);
    fs::create_dir_all(making.join("lib/modules"))?;
    fs::copy(kernel.image(), making.join("bzImage"))?;
    let from = kernel.tree.join("lib/modules").join(&kernel.release);
    host::run(Command::new("cp").arg("--recursive").arg(from).arg(&modules))?;
    // Links to the headers, which are not in the image.
    for link in ["build", "source"] {
        if fs::symlink_metadata(modules.join(link)).is_ok() {
            fs::remove_file(modules.join(link))?;
        }
    }
    let updates = modules.join("updates");
    fs::create_dir_all(&updates)?;
    for entry in fs::read_dir(&standin)? {
        let path = entry?.path();
        // Debian's own of these names are what the others would load.
        let own = path.file_stem().is_some_and(|it| it == "nouveau" || it == "simpledrm");
        if path.extension().is_some_and(|end| end == "ko") && !own {
            let to = updates.join(path.file_name().unwrap_or_default());
            fs::copy(&path, &to)?;
            host::run(Command::new("xz").arg("--check=crc32").arg(&to))?;
        }
    }
    host::run(Command::new("depmod").arg("-b").arg(&making).arg(&kernel.release))?;
    fs::rename(&making, &tree)?;
    Ok(tree)
}

/// nixpkgs' make-initrd-ng, built by cargo from its source there.
fn make_initrd_ng(places: &Places, nixpkgs: &Path) -> Result<PathBuf> {
    let source = nixpkgs.join("pkgs/build-support/kernel/make-initrd-ng");
    if !source.join("Cargo.toml").exists() {
        bail!("`{}` has no make-initrd-ng", nixpkgs.display());
    }
    let target = places.cache.join("make-initrd-ng");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    host::run(
        Command::new(cargo)
            .args(["build", "--quiet", "--release", "--locked", "--manifest-path"])
            .arg(source.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target),
    )
    .context("make-initrd-ng does not build")?;
    Ok(target.join("release/make-initrd-ng"))
}
