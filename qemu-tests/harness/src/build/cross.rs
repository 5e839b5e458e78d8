//! The programs that packages bring, built for an architecture that is not this
//! machine's: by the packages' own script, with Debian's cross compiler, and with the C
//! library that Debian has for the other side. Nothing is installed.

use crate::base::arch::Arch;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::packages::{Apt, RELEASE};
use anyhow::{Context, Result, ensure};
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The static programs of the packages.
#[derive(Clone, Debug)]
pub struct Shipped {
    /// The verifier.
    pub verifier: PathBuf,
    /// The host tool.
    pub tool: PathBuf,
}

/// What is missing here to build for `arch`, if something is.
#[must_use]
pub fn obstacle(arch: Arch) -> Option<String> {
    // Debian's kernel names the compiler that it was built with (its .kernelvariables).
    let compiler = format!("{}-gcc-12", arch.gnu());
    (!arch.runs_here() && !in_path(&compiler))
        .then(|| format!("`{compiler}` is not here (Debian: gcc-12-{})", arch.gnu()))
}

/// Builds both, as they are now.
///
/// # Errors
/// They do not build.
pub fn shipped(places: &Places, arch: Arch) -> Result<Shipped> {
    let work = step(format!("the programs of the packages for {arch} (minutes, the first time)"));
    let path = env::var_os("PATH").unwrap_or_default();
    let path = match musl(places, arch)? {
        Some(folder) => env::join_paths([folder].into_iter().chain(env::split_paths(&path)))?,
        None => path,
    };
    let script = places.workspace.join("verifier/dist/packages/build");
    host::run(
        Command::new(script)
            .args(["--arch", arch.name(), "programs"])
            .env("PATH", path)
            .env("CARGO_TARGET_DIR", &places.target),
    )
    .with_context(|| format!("the programs for {arch} do not build"))?;
    let folder = places.workspace.join("target/packages").join(format!("bin-{arch}"));
    let found =
        Shipped { verifier: folder.join("nvpreflight-verifier"), tool: folder.join("nvpreflight") };
    ensure!(found.tool.is_file(), "the build left no `{}`", found.tool.display());
    work.done();
    Ok(found)
}

/// A folder with musl's compiler for `arch`, of Debian's musl-dev, where there is none in
/// PATH. The package names its own places by absolute path.
fn musl(places: &Places, arch: Arch) -> Result<Option<PathBuf>> {
    let triple = format!("{arch}-linux-musl");
    let compiler = format!("{triple}-gcc");
    if in_path(&compiler) {
        return Ok(None);
    }
    let tree = places.cache.join(format!("musl-{}", arch.debian()));
    let folder = tree.join("usr/bin");
    if tree.exists() {
        return Ok(Some(folder));
    }
    let making = tree.with_extension("new");
    remove_tree(&making)?;
    Apt::open(&places.cache, arch)?.lay_out(RELEASE, &["musl-dev".to_owned()], &making)?;
    let specs = format!("usr/lib/{triple}/musl-gcc.specs");
    for name in [specs, format!("usr/bin/{compiler}")] {
        let file = making.join(&name);
        let text = fs::read_to_string(&file).with_context(|| format!("no `{name}`"))?;
        let moved = text
            .replace("/usr/include/", &inside(&tree, "usr/include/"))
            .replace("/usr/lib/", &inside(&tree, "usr/lib/"));
        fs::write(&file, moved)?;
    }
    fs::set_permissions(making.join("usr/bin").join(compiler), fs::Permissions::from_mode(0o755))?;
    fs::rename(&making, &tree)?;
    Ok(Some(folder))
}

fn inside(tree: &Path, name: &str) -> String {
    tree.join(name).display().to_string()
}

fn in_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
