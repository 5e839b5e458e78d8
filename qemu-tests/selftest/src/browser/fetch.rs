//! Fetches the browser as Debian packages, and axe-core as an npm package, by name.
//! Both stay in the cache; neither is part of this repository.

use anyhow::{Context, Result};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::debian::packages::{self, Apt};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's packages: the browser without a window, and a face to set text in.
const PACKAGES: [&str; 2] = ["chromium-headless-shell", "fonts-dejavu-core"];
/// The accessibility rules, in the version that the page is held to.
const AXE: &str = "axe-core@4.14.1";

/// A browser on disk.
pub struct Fetched {
    tree: PathBuf,
}

/// The browser, unpacked once.
pub fn chromium(places: &Places) -> Result<Fetched> {
    let tree = places.cache.join("browser");
    let ready = tree.join(".ready");
    let names = PACKAGES.map(str::to_owned);
    let wanted = names.join(" ");
    if fs::read_to_string(&ready).is_ok_and(|from| from == wanted) {
        return Ok(Fetched { tree });
    }
    let archives = Apt::open(&places.cache, Arch::X86_64)?.closure(&names)?;
    let work = step("a browser for the report page");
    remove_tree(&tree)?;
    fs::create_dir_all(&tree)?;
    for archive in &archives {
        packages::unpack(archive, &tree)?;
    }
    // Only the faces that were fetched, so that every machine measures the same.
    let fonts = tree.join("usr/share/fonts");
    let fonts = format!(
        "<?xml version=\"1.0\"?>\n<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>\n",
        fonts.display(),
        tree.join("fonts").display()
    );
    fs::write(tree.join("fonts.conf"), fonts)?;
    fs::write(&ready, wanted)?;
    work.done();
    Ok(Fetched { tree })
}

impl Fetched {
    /// A command that starts it with libraries and fonts of its own.
    pub fn command(&self) -> Command {
        let libraries = self.tree.join("usr/lib/x86_64-linux-gnu");
        let path = format!("{0}:{0}/pulseaudio", libraries.display());
        // DevTools speaks over the descriptors 3 and 4; its own output goes to stderr.
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null 1>&2", "sh"])
            .arg(self.tree.join("usr/lib/chromium/chromium-headless-shell"))
            .env("LD_LIBRARY_PATH", path)
            .env("FONTCONFIG_FILE", self.tree.join("fonts.conf"));
        command
    }
}

/// The text of axe-core; `None` where there is no npm to fetch it with.
pub fn axe(places: &Places) -> Result<Option<String>> {
    let folder = places.cache.join("axe-core");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        if Command::new("npm").arg("--version").output().is_err() {
            return Ok(None);
        }
        let work = step("accessibility rules (axe-core)");
        remove_tree(&folder)?;
        fs::create_dir_all(&folder)?;
        host::run(Command::new("npm").args(["pack", "--silent", AXE]).current_dir(&folder))?;
        host::run(Command::new("tar").arg("-xzf").arg(archive(&folder)?).current_dir(&folder))?;
        work.done();
    }
    let text = fs::read_to_string(&script).context("axe-core has no axe.min.js")?;
    Ok(Some(text))
}

fn archive(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|e| e.path()));
    let mut archives = entries.filter(|path| path.extension().is_some_and(|end| end == "tgz"));
    archives.next().context("npm packed nothing")
}
