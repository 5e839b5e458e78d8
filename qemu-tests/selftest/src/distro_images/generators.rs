//! Debian's generators with the kernel's own modules: mkinitramfs with
//! MODULES=most, dracut for any machine. Each makes its image once.

use super::{Bench, Part};
use anyhow::{Context, Result};
use nvpreflight_harness::base::cache_key::Ingredients;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::remove_tree;
use nvpreflight_harness::base::progress::step;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where mkinitramfs finds its configuration, and what both write, in the tree.
const CONFIGURATION: &str = "tmp/nvpreflight-real";
const OUTPUT: &str = "tmp/nvpreflight-real.img";

impl Bench<'_> {
    /// What mkinitramfs makes, packed with zstd.
    pub(super) fn mkinitramfs(&self) -> Result<Part> {
        let own = self.places.guest("real");
        let key = self.ingredients("mkinitramfs 1").with_path(&own)?.name();
        let packed = self.folder.join(format!("mkinitramfs-{key}.zst"));
        let archives = self.folder.join(format!("mkinitramfs-{key}.cpio"));
        if !packed.exists() {
            let work = step("an initrd with most modules (mkinitramfs)");
            let configuration = self.userland.join(CONFIGURATION);
            remove_tree(&configuration)?;
            for folder in ["conf.d", "hooks", "scripts"] {
                fs::create_dir_all(configuration.join(folder))?;
            }
            fs::copy(own.join("initramfs.conf"), configuration.join("initramfs.conf"))?;
            fs::write(configuration.join("modules"), "")?;
            let places = [&format!("/{CONFIGURATION}"), &format!("/{OUTPUT}")];
            self.with_modules("mkinitramfs", &["-d", places[0], "-o", places[1]])?;
            remove_tree(&configuration)?;
            fs::rename(self.userland.join(OUTPUT), &packed)?;
            work.done();
        }
        if !archives.exists() {
            let making = archives.with_extension("new");
            let ended = Command::new("zstd")
                .args(["-dcq"])
                .stdin(File::open(&packed)?)
                .stdout(File::create(&making)?)
                .stderr(Stdio::inherit())
                .status()
                .context("cannot run `zstd`")?;
            anyhow::ensure!(ended.success(), "zstd cannot unpack `{}`", packed.display());
            fs::rename(making, &archives)?;
        }
        Ok(Part { archives, packed })
    }

    /// What dracut makes for any machine, not packed.
    pub(super) fn dracut(&self) -> Result<PathBuf> {
        let to = self.folder.join(format!("dracut-{}.cpio", self.ingredients("dracut 1").name()));
        if !to.exists() {
            let work = step("an initrd for any machine (dracut)");
            self.with_modules(
                "dracut",
                &[
                    "--force",
                    "--no-hostonly",
                    "--no-compress",
                    "--no-early-microcode",
                    "--reproducible",
                    &format!("/{OUTPUT}"),
                ],
            )?;
            fs::rename(self.userland.join(OUTPUT), &to)?;
            work.done();
        }
        Ok(to)
    }

    fn ingredients(&self, kind: &str) -> Ingredients {
        self.kernel.ingredients(kind).with(self.userland.as_os_str().as_encoded_bytes())
    }

    /// Runs a generator in the guest's tree; the kernel's release comes last.
    fn with_modules(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let release = self.kernel.release.as_str();
        let modules = format!("lib/modules/{release}");
        fs::create_dir_all(self.userland.join(&modules))?;
        // mkinitramfs asks the kernel's configuration for its compressors.
        let config = format!("boot/config-{release}");
        fs::copy(self.kernel.tree.join(&config), self.userland.join(&config))?;
        let from = self.kernel.tree.join(&modules);
        let mut command = host::in_tree_with(&self.userland, &[(&from, &modules)], program);
        host::run(command.args(arguments).arg(release))?;
        Ok(())
    }
}
