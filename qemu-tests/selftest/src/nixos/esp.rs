//! A machine that counts its boots: Debian's systemd-boot in QEMU's UEFI firmware, an
//! EFI system partition with an entry for each generation, and which of them were
//! blessed in the end. Nothing of it is installed on the host.

use anyhow::{Context, Result};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::debian::packages::{Apt, RELEASE};
use nvpreflight_harness::machine::qemu::{self, Accel};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The firmware, the loader and what blesses, and what writes the partition.
const PACKAGES: [&str; 5] = ["ovmf", "systemd-boot", "systemd-boot-efi", "dosfstools", "mtools"];
/// Kernel and two initrds.
const SIZE: u64 = 96 << 20;
const ENTRIES: &str = "::loader/entries";

/// Debian's files for such a machine.
pub struct Loader {
    /// Below which they lie as in the packages.
    pub tree: PathBuf,
}

/// What an entry of the loader names.
pub struct Generation {
    /// Its name without the count of tries.
    pub number: u8,
    /// How often it may be tried.
    pub tries: u8,
    /// Its initrd.
    pub initrd: PathBuf,
    /// Its kernel command line.
    pub cmdline: String,
}

impl Loader {
    /// Fetched once.
    ///
    /// # Errors
    /// Debian's mirror does not give the packages.
    pub fn ready(places: &Places) -> Result<Self> {
        let tree = places.cache.join("systemd-boot");
        if tree.exists() {
            return Ok(Self { tree });
        }
        let making = tree.with_extension("new");
        remove_tree(&making)?;
        let work = step("systemd-boot and a UEFI firmware");
        let apt = Apt::open(&places.cache, Arch::X86_64)?;
        apt.lay_out(RELEASE, &PACKAGES.map(str::to_owned), &making)?;
        fs::rename(&making, &tree)?;
        work.done();
        Ok(Self { tree })
    }

    fn mtools(&self, program: &str, esp: &Path) -> Command {
        let mut command = Command::new(self.tree.join("usr/bin/mtools"));
        command.args(["-c", program, "-i"]).arg(esp);
        command
    }

    /// Makes the partition in `run`, without a table around it. The loader takes the
    /// entry whose name sorts last, of those that have a try left.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn esp(&self, run: &Path, kernel: &Path, generations: &[Generation]) -> Result<PathBuf> {
        let esp = run.join("esp");
        fs::File::create(&esp)?.set_len(SIZE)?;
        host::run(Command::new(self.tree.join("sbin/mkfs.fat")).args(["-F", "32"]).arg(&esp))?;
        host::run(self.mtools("mmd", &esp).args(["::EFI", "::EFI/BOOT", "::loader", ENTRIES]))?;
        let copy = |from: &Path, to: &str| -> Result<()> {
            host::run(self.mtools("mcopy", &esp).arg(from).arg(format!("::{to}")))?;
            Ok(())
        };
        let written = |name: &str, text: &str| -> Result<PathBuf> {
            let path = run.join(name);
            fs::write(&path, text)?;
            Ok(path)
        };
        let loader = self.tree.join("usr/lib/systemd/boot/efi/systemd-bootx64.efi");
        copy(&loader, "EFI/BOOT/BOOTX64.EFI")?;
        copy(&written("loader.conf", "timeout 0\n")?, "loader/loader.conf")?;
        copy(kernel, "linux")?;
        for it in generations {
            let name = format!("nixos-generation-{}+{}.conf", it.number, it.tries);
            // Sorted as nixpkgs' own entries are.
            let text = format!(
                "title NixOS\nsort-key nixos\nversion Generation {number}\nmachine-id {id}\n\
                 linux /linux\ninitrd /initrd-{number}\noptions {options}\n",
                number = it.number,
                id = "6e76707265666c696768742d626f6f74",
                options = it.cmdline,
            );
            copy(&it.initrd, &format!("initrd-{}", it.number))?;
            copy(&written(&name, &text)?, &format!("loader/entries/{name}"))?;
        }
        Ok(esp)
    }

    /// The names of the entries, sorted: `NAME.conf` was blessed, `NAME+0-1.conf` has
    /// no try left and one behind it.
    ///
    /// # Errors
    /// The partition cannot be read.
    pub fn entries(&self, esp: &Path) -> Result<Vec<String>> {
        let said = host::run(self.mtools("mdir", esp).args(["-b", ENTRIES]))?;
        let text = String::from_utf8(said).context("names that are no text")?;
        let name = |line: &str| line.rsplit('/').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> = text.lines().map(name).collect();
        names.sort();
        Ok(names)
    }

    /// A machine with this partition and root disk, started again where its system
    /// reboots.
    ///
    /// # Errors
    /// The firmware's variables cannot be written.
    pub fn machine(
        &self,
        accel: Accel,
        run: &Path,
        [esp, disk]: [&Path; 2],
        console: &Path,
    ) -> Result<Command> {
        let variables = run.join("variables");
        fs::copy(self.tree.join("usr/share/OVMF/OVMF_VARS_4M.fd"), &variables)?;
        let code = self.tree.join("usr/share/OVMF/OVMF_CODE_4M.fd");
        let mut qemu = qemu::bare(Arch::X86_64, accel);
        qemu.args(["-m", "1024M"]);
        let drive =
            |path: &Path, words: &str| format!("file={},format=raw,{words}", path.display());
        qemu.arg("-drive").arg(drive(&code, "if=pflash,unit=0,readonly=on"));
        qemu.arg("-drive").arg(drive(&variables, "if=pflash,unit=1"));
        qemu.args(["-device", "qxl"]);
        qemu.arg("-drive").arg(drive(disk, "if=virtio"));
        qemu.arg("-drive").arg(drive(esp, "if=virtio"));
        qemu.arg("-serial").arg(format!("file:{}", console.display()));
        Ok(qemu)
    }
}
