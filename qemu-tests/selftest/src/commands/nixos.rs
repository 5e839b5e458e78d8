//! `nixos`: has nixpkgs' own code make the initrd of machines with our module and
//! boots it. Of the packages only make-initrd-ng and ours are built; the rest is
//! Debian's (`qemu-tests/nixos/initrd/packages.nix`). It writes into the Nix store
//! that Nix is set up with, and fetches nothing by Nix.

use anyhow::{Context, Result, bail, ensure};
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::userland;
use nvpreflight_harness::machine::qemu::{self, Accel, Machine};
use nvpreflight_harness::scenario;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The scenario whose stand-in modules the machines have.
const STAND_IN: &str = "healthy-systemd";
/// What ends the boot in time (adapter.nix).
const END: &str = "end of test: initrd";
/// The verifier's line in the kernel log.
const LINE: &str = "nvpreflight: initrd: ";
const DEADLINE: Duration = Duration::from_secs(300);
/// Nothing is fetched, and builders use this machine's tools.
const NIX_CONF: &str = "build-users-group =\nsandbox = false\nsubstitute = false\n";

/// Boots the machines whose names begin as one of `names`; all where there is none.
/// Returns the exit status: 1 where a boot was not as expected.
///
/// # Errors
/// A machine could not be tried.
pub fn run(names: &[String]) -> Result<u8> {
    let Some(nixpkgs) = env::var_os("NIXPKGS").map(PathBuf::from) else {
        println!("SKIP - nixos: NIXPKGS names no nixpkgs tree");
        return Ok(0);
    };
    let bench = Bench::open(fs::canonicalize(nixpkgs).context("NIXPKGS")?)?;
    let machines: Vec<String> = machines(&bench.folder)?
        .into_iter()
        .filter(|name| names.is_empty() || names.iter().any(|start| name.starts_with(start)))
        .collect();
    ensure!(!machines.is_empty(), "no machine is named so");
    let mut status = 0;
    for name in machines {
        match bench.boot(&name)? {
            Ok(took) => println!("ok - nixos: {name} ({} s)", took.as_secs()),
            Err(reason) => {
                println!("not ok - nixos: {name}: {reason}");
                status = 1;
            }
        }
    }
    Ok(status)
}

fn machines(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join("machines"))? {
        let name = entry?.file_name();
        names.extend(name.to_str().and_then(|it| it.strip_suffix(".nix")).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// What all machines have in common.
struct Bench {
    places: Places,
    /// `qemu-tests/nixos/initrd`.
    folder: PathBuf,
    nixpkgs: PathBuf,
    userland: PathBuf,
    kernel: Kernel,
    /// `bzImage` and `lib/modules`, with the stand-ins.
    with_modules: PathBuf,
    make_initrd_ng: PathBuf,
    verifier: PathBuf,
    accel: Accel,
}

impl Bench {
    fn open(nixpkgs: PathBuf) -> Result<Self> {
        let places = Places::find()?;
        let kernel = Kernel::ready(&places)?;
        Ok(Self {
            folder: places.package.join("nixos/initrd"),
            userland: userland::ready(&places)?,
            with_modules: with_modules(&places, &kernel)?,
            make_initrd_ng: make_initrd_ng(&places, &nixpkgs)?,
            verifier: VERIFIER.find()?,
            accel: qemu::accelerator(&places, &kernel.image())?,
            places,
            nixpkgs,
            kernel,
        })
    }

    /// The time a boot took that was as expected, or what was not.
    fn boot(&self, name: &str) -> Result<Result<Duration, String>> {
        let run = self.places.fresh_run(&format!("nixos-{name}"))?;
        let wanted = self.folder.join("machines").join(format!("{name}.says"));
        let wanted =
            fs::read_to_string(&wanted).with_context(|| format!("no `{}`", wanted.display()))?;
        let building = step(format!("the initrd of {name}, by nixpkgs"));
        let built = PathBuf::from(self.build(name, &run, "initrd")?);
        let words = self.build(name, &run, "cmdline")?;
        building.done();
        let words = fs::read_to_string(words)?;
        let machine = Machine {
            kernel: self.kernel.bootable()?,
            initrd: built.join("initrd"),
            cmdline: format!(
                "{} init=/none {}",
                nvpreflight_harness::workshop::ALWAYS,
                words.trim()
            ),
            memory_mib: 1024,
            disk: None,
            gpus: 1,
            iommu: false,
            console: run.join("console.txt"),
            channel: run.join("channel"),
            deadline: DEADLINE,
        };
        let ending = machine.run(self.accel)?;
        let console = String::from_utf8_lossy(&fs::read(&machine.console)?).into_owned();
        Ok(judge(&console, wanted.trim()).map(|()| ending.took))
    }

    /// Builds one attribute of default.nix and returns its path in the store.
    fn build(&self, name: &str, run: &Path, attribute: &str) -> Result<String> {
        let conf = run.join("nix");
        fs::create_dir_all(&conf)?;
        fs::write(conf.join("nix.conf"), NIX_CONF)?;
        let mut nix = Command::new("nix-build");
        nix.env("NIX_CONF_DIR", conf).current_dir(&self.folder);
        nix.args(["--no-out-link", "default.nix", "-A", attribute]);
        for (key, path) in [
            ("nixpkgs", &self.nixpkgs),
            ("machine", &self.folder.join("machines").join(format!("{name}.nix"))),
            ("userland", &self.userland),
            ("kernel", &self.with_modules),
            ("makeInitrdNg", &self.make_initrd_ng),
            ("verifier", &self.verifier),
        ] {
            nix.args(["--arg", key]).arg(path);
        }
        nix.args(["--argstr", "release", &self.kernel.release]);
        let said = String::from_utf8(host::run(&mut nix)?)?;
        let path = said.lines().last().context("nix-build named nothing")?;
        Ok(path.to_owned())
    }
}

/// Whether the boot came to its end, no unit failed and the verifier said exactly
/// `wanted`, once.
fn judge(console: &str, wanted: &str) -> Result<(), String> {
    let said: Vec<&str> = console
        .lines()
        .filter_map(|line| line.split_once(LINE))
        .map(|(_, said)| said.trim())
        .collect();
    // systemd's word for a unit that did not start.
    if let Some(line) = console.lines().find(|line| line.contains("FAILED")) {
        return Err(format!("a unit failed: {}", line.trim()));
    }
    if !console.contains(END) {
        return Err(format!("the initrd did not come to its end; the verifier said {said:?}"));
    }
    match said.as_slice() {
        [one] if *one == wanted => Ok(()),
        other => Err(format!("the verifier said {other:?}, not `{wanted}`")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_is_as_expected_only_with_its_end_and_the_one_line() {
        let line = format!("[   11.5] {LINE}ok\n");
        assert_eq!(judge(&format!("{line}{END}\n"), "ok"), Ok(()));
        for console in [line.clone(), format!("{END}\n"), format!("{line}{line}{END}\n")] {
            assert!(judge(&console, "ok").is_err(), "{console}");
        }
        assert!(judge(&format!("{line}{END}\n"), "1 error").is_err());
        assert!(judge(&format!("{line}[FAILED] Failed to start x\n{END}\n"), "ok").is_err());
    }
}
