//! The initrd of the emulated host: busybox and kmod, its modules, QEMU and this
//! program of the real host, and the guest's kernel and initrd as files.

use super::{closure, modules};
use anyhow::{Context, Result};
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::build::programs::CARRIER;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::userland;
use nvpreflight_harness::image::{self, bare};
use nvpreflight_harness::machine::qemu::{Accel, Machine};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Folder in the emulated host for what is the test's.
const FOLDER: &str = "nvpb/nested";
/// The scripts, by name; `init` becomes the initrd's.
const SCRIPTS: [&str; 6] =
    ["whole", "users-run", "no-isolation", "labelled", "guest", "guest-stopped"];

/// Writes the initrd to `folder` and returns it. `guest` boots the guest on the real
/// host; here its files move into the image.
pub fn write(
    places: &Places,
    kernel: &Kernel,
    guest: &Machine,
    verifier: Option<&Path>,
    folder: &Path,
) -> Result<PathBuf> {
    let base = bare::base(places, &userland::ready(places, kernel.arch)?, kernel.arch)?;
    let modules = modules::segment(places, kernel)?;
    let own = folder.join("nested.cpio");
    image::segment(&own, |archive| {
        let script = |name: &str| {
            let path = places.guest("nested").join(name);
            fs::read(&path).with_context(|| format!("no `{}`", path.display()))
        };
        archive.file("init", 0o755, &script("init")?)?;
        archive.file("nvpb/lib.sh", 0o755, &fs::read(places.guest("lib.sh"))?)?;
        archive.file("nvpb/settings", 0o644, b"state=/nvpb/state\nFAULTS=''\n")?;
        for name in SCRIPTS {
            archive.file(&format!("{FOLDER}/{name}"), 0o755, &script(name)?)?;
        }
        // `run` finds them beside this program, as where it is installed.
        let verifier = verifier.context("the nested test needs the verifier")?;
        archive.file("usr/bin/nvpreflight-verifier", 0o755, &fs::read(verifier)?)?;
        archive.file("usr/bin/nvpreflight-carrier", 0o755, &fs::read(CARRIER.find()?)?)?;
        closure::add(archive, &format!("{FOLDER}/firmware"), folder)?;
        let inside = |name: &str| PathBuf::from(format!("/{FOLDER}/{name}"));
        // The packed kernel, a fifth of the size, because all of this is memory there.
        archive.file(&format!("{FOLDER}/vmlinuz"), 0o644, &fs::read(kernel.image())?)?;
        archive.file(&format!("{FOLDER}/initrd"), 0o644, &fs::read(&guest.initrd)?)?;
        let moved = Machine {
            kernel: inside("vmlinuz"),
            initrd: inside("initrd"),
            console: PathBuf::from("/run/l2/console"),
            channel: PathBuf::from("/run/l2/channel"),
            ..guest.clone()
        };
        let text = assignment(moved.command(Accel::Kvm).get_args());
        archive.file(&format!("{FOLDER}/machine"), 0o644, text.as_bytes())?;
        Ok(())
    })?;
    let initrd = folder.join("host.cpio");
    image::join(&[&base, &modules, &own], &initrd)?;
    fs::remove_file(own)?;
    Ok(initrd)
}

/// Shell text that puts the arguments before those that a script has.
fn assignment<'a>(arguments: impl Iterator<Item = &'a OsStr>) -> String {
    let quoted: Vec<String> = arguments
        .map(|word| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''")))
        .collect();
    format!("set -- {} \"$@\"\n", quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::assignment;
    use std::ffi::OsStr;

    #[test]
    fn arguments_are_quoted_for_the_shell() {
        let words = ["-append", "a b=\"c\" 'd' $e"].map(OsStr::new);
        assert_eq!(
            assignment(words.into_iter()),
            "set -- '-append' 'a b=\"c\" '\\''d'\\'' $e' \"$@\"\n"
        );
    }
}
