//! Has nixpkgs' own code make a machine's initrd and system, and boots them. Of the
//! packages only make-initrd-ng and ours are built; the rest is Debian's
//! (`qemu-tests/nixos/initrd/packages.nix`).

use super::disk;
use super::esp::{Generation, Loader};
use super::prompt::{self, Keyboard};
use super::table::Entry;
use anyhow::{Context, Result, anyhow, bail};
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::userland;
use nvpreflight_harness::machine::qemu::{self, Accel, Ending, Machine};
use nvpreflight_harness::scenario;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The scenario whose stand-in modules the machines have: those of the open driver.
const STAND_IN: &str = "nixos-early-kms";
/// For the slowest processor that is shared; a boot takes about a minute alone.
const DEADLINE: Duration = Duration::from_secs(2400);
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
    /// `bzImage` and `lib/modules`, with the stand-ins.
    with_modules: PathBuf,
    make_initrd_ng: PathBuf,
    verifier: PathBuf,
    loader: Loader,
    accel: Accel,
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
        let kernel = Kernel::ready(&places)?;
        Ok(Self {
            folder: places.package.join("nixos/initrd"),
            userland: userland::ready(&places)?,
            with_modules: with_modules(&places, &kernel)?,
            make_initrd_ng: make_initrd_ng(&places, &nixpkgs)?,
            verifier: VERIFIER.find()?,
            loader: Loader::ready(&places)?,
            accel: qemu::accelerator(&places, &kernel.image())?,
            places,
            nixpkgs,
            kernel,
        })
    }

    /// The time a boot took that was as expected, or what was not.
    ///
    /// # Errors
    /// The boot could not be tried.
    pub fn boot(&self, entry: &Entry) -> Result<Result<Duration, String>> {
        let run = self.places.fresh_run(&format!("nixos-{}", entry.name))?;
        let made = self.make(&entry.name, &run)?;
        if let Some(older) = &entry.falls_back_to {
            let older = self.make(older, &run)?;
            return self.counted(entry, &run, [&older, &made]);
        }
        let disk = disk::of(&[&made.system], &run)?;
        let machine = Machine {
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
        let (ending, console) =
            if entry.prompt { self.typed(machine, &run)? } else { self.watched(&machine)? };
        fs::remove_file(disk)?;
        Ok(entry.judge(&console).map(|()| ending.took))
    }

    /// Two generations whose boots are counted. The newer one has a single try.
    fn counted(
        &self,
        entry: &Entry,
        run: &Path,
        [older, newer]: [&Made; 2],
    ) -> Result<Result<Duration, String>> {
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
        let said = String::from_utf8_lossy(&fs::read(&console)?).into_owned();
        Ok(entry.judge(&said).and_then(|()| entry.left(&entries)).map(|()| ending.took))
    }

    /// A machine's initrd, system and command line, by nixpkgs.
    fn make(&self, name: &str, run: &Path) -> Result<Made> {
        let building = step(format!("the initrd of {name}, by nixpkgs"));
        let [built, words, system] = self.build(name, run, ["initrd", "cmdline", "system"])?;
        building.done();
        let always = nvpreflight_harness::workshop::ALWAYS;
        let cmdline = format!("{always} {}", fs::read_to_string(words)?.trim());
        Ok(Made { initrd: Path::new(&built).join("initrd"), system, cmdline })
    }

    fn watched(&self, machine: &Machine) -> Result<(Ending, String)> {
        let mut qemu = machine.command(self.accel);
        own_time(self.accel, &mut qemu);
        let ending = qemu::run(&qemu, &machine.console, machine.deadline)?;
        Ok((ending, String::from_utf8_lossy(&fs::read(&machine.console)?).into_owned()))
    }

    /// Boots with a LUKS disk and somebody at the console.
    fn typed(&self, mut machine: Machine, run: &Path) -> Result<(Ending, String)> {
        let keyboard = Keyboard::new(run);
        // The last one is where systemd asks; the kernel's lines go to both.
        machine.cmdline.push_str(" console=ttyS1");
        let mut qemu = machine.command(self.accel);
        own_time(self.accel, &mut qemu);
        keyboard.attach(&mut qemu);
        let luks = prompt::disk(run)?;
        qemu.arg("-drive").arg(format!("file={},format=raw,if=virtio", luks.display()));
        let typing = keyboard.sit_down();
        let ending = qemu::run(&qemu, &machine.console, machine.deadline);
        keyboard.leave();
        let _ = typing.join();
        Ok((ending?, String::from_utf8_lossy(&fs::read(&keyboard.screen)?).into_owned()))
    }

    /// Builds attributes of default.nix and returns their paths in the store.
    fn build<const N: usize>(
        &self,
        name: &str,
        run: &Path,
        attributes: [&str; N],
    ) -> Result<[String; N]> {
        let conf = run.join("nix");
        fs::create_dir_all(&conf)?;
        fs::write(conf.join("nix.conf"), NIX_CONF)?;
        let mut nix = Command::new("nix-build");
        nix.env("NIX_CONF_DIR", conf).current_dir(&self.folder);
        nix.args(["--no-out-link", "default.nix"]);
        for attribute in attributes {
            nix.args(["-A", attribute]);
        }
        for (key, path) in [
            ("nixpkgs", &self.nixpkgs),
            ("machine", &self.folder.join("machines").join(format!("{name}.nix"))),
            ("userland", &self.userland),
            ("kernel", &self.with_modules),
            ("makeInitrdNg", &self.make_initrd_ng),
            ("verifier", &self.verifier),
            ("loader", &self.loader.tree),
        ] {
            nix.args(["--arg", key]).arg(path);
        }
        nix.args(["--argstr", "release", &self.kernel.release]);
        let said = String::from_utf8(host::run(&mut nix)?)?;
        let paths: Vec<String> = said.lines().map(str::to_owned).collect();
        paths.try_into().map_err(|it| anyhow!("nix-build named {it:?}"))
    }
}

/// An emulated processor gets a clock of instructions (4 ns each): on a busy host it
/// runs slower and no deadline inside passes for that.
fn own_time(accel: Accel, qemu: &mut Command) {
    if accel == Accel::Tcg {
        qemu.args(["-icount", "shift=2"]);
    }
}

/// Debian's kernel and modules with the stand-ins among them, compressed as NixOS
/// compresses its own: make-initrd-ng strips a bare module of its symbols.
fn with_modules(places: &Places, kernel: &Kernel) -> Result<PathBuf> {
    let scenario = scenario::named(places, STAND_IN)?;
    let standin = scenario.standin.variant().build(places, kernel)?;
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
