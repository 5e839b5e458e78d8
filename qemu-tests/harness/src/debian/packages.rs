//! Fetches Debian packages by name into the cache, with an apt configuration
//! of its own, and unpacks them. Nothing is installed on the host and no
//! maintainer script runs.

use crate::base::arch::Arch;
use crate::base::host;
use crate::base::places::remove_tree;
use crate::base::progress::step;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The Debian release the guests are made of.
pub const RELEASE: &str = "bookworm";
/// Where the guests' kernel comes from; see docs/boot-tests.md for the choice.
pub const KERNEL_RELEASE: &str = "bookworm-backports";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Documentation and Perl's library: large, and nothing in a guest reads it.
const LEFT_OUT: [&str; 6] = [
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
    "./usr/share/perl*",
    "./usr/lib/x86_64-linux-gnu/perl*",
    "./usr/lib/aarch64-linux-gnu/perl*",
];

/// Age at which package lists are fetched again. An archive that a newer list
/// no longer names is gone from the mirrors.
const LISTS_LIMIT: Duration = Duration::from_secs(3600);

/// A private apt: own sources, lists and archives, and an empty list of
/// installed packages, so that `--download-only` fetches whole closures.
pub struct Apt {
    dir: PathBuf,
    arch: Arch,
}

/// A suite of the archive and the areas of it that are asked.
pub type Suite = (&'static str, &'static str);

impl Apt {
    /// Sets apt up below `cache` for what guests of `arch` are made of, and fetches
    /// package lists that are missing or old. The architecture of this machine's own
    /// dpkg does not matter to it.
    pub fn open(cache: &Path, arch: Arch) -> Result<Self> {
        let dir = cache.join(format!("apt-{}", arch.debian()));
        Self::of(dir, arch, &[(RELEASE, "main"), (KERNEL_RELEASE, "main")])
    }

    /// The same in `dir`, for `suites`: an apt sees only those.
    pub fn of(dir: PathBuf, arch: Arch, suites: &[Suite]) -> Result<Self> {
        let apt = Self { dir, arch };
        for dir in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(apt.dir.join(dir))?;
        }
        let mirror = mirror()?;
        let sources: String = suites
            .iter()
            .map(|(suite, areas)| format!("deb [signed-by={KEYRING}] {mirror} {suite} {areas}\n"))
            .collect();
        fs::write(apt.dir.join("sources.list"), &sources)?;
        fs::write(apt.dir.join("status"), "")?;
        fs::write(apt.dir.join("apt.conf"), apt.configuration())?;
        // What the lists were fetched from: another mirror has other lists.
        let ready = apt.dir.join("ready");
        if fs::read_to_string(&ready).is_ok_and(|from| from == sources) && !old(&ready) {
            return Ok(apt);
        }
        let names: Vec<&str> = suites.iter().map(|(suite, _)| *suite).collect();
        let step = step(format!("package lists of {} ({})", names.join(" and "), arch.debian()));
        // Without this mode apt-get calls lists that it could not fetch a warning.
        host::run(apt.command("apt-get").args(["update", "--option=APT::Update::Error-Mode=any"]))
            .with_context(|| {
                format!("no package lists from {mirror}; NVPREFLIGHT_MIRROR names another")
            })?;
        step.done();
        fs::write(ready, sources)?;
        Ok(apt)
    }

    fn configuration(&self) -> String {
        let (dir, arch) = (self.dir.display(), self.arch.debian());
        format!(
            "APT::Architecture \"{arch}\";\n\
             APT::Architectures {{ \"{arch}\"; }};\n\
             Dir::State::Lists \"{dir}/lists\";\n\
             Dir::State::Status \"{dir}/status\";\n\
             Dir::Etc::SourceList \"{dir}/sources.list\";\n\
             Dir::Etc::SourceParts \"/dev/null\";\n\
             Dir::Etc::Preferences \"/dev/null\";\n\
             Dir::Etc::PreferencesParts \"/dev/null\";\n\
             Dir::Cache \"{dir}/cache\";\n\
             APT::Sandbox::User \"\";\n\
             APT::Install-Recommends \"false\";\n\
             Debug::NoLocking \"true\";\n\
             Acquire::Retries \"3\";\n"
        )
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.dir.join("apt.conf")).env("LC_ALL", "C");
        command
    }

    /// Downloads `names` with everything they depend on; returns the archives.
    pub fn closure(&self, names: &[String]) -> Result<Vec<PathBuf>> {
        // apt names only what it would still fetch; where there is no folder of archives,
        // that is all of it.
        let nowhere = format!("--option=Dir::Cache::Archives={}/none", self.dir.display());
        let uris = host::run(
            self.command("apt-get")
                .args(["install", "--yes", "--print-uris", "--quiet=2", &nowhere])
                .args(names),
        )?;
        host::run(
            self.command("apt-get")
                .args(["install", "--yes", "--download-only", "--quiet=2"])
                .args(names),
        )?;
        let archives = self.dir.join("cache/archives");
        // A line is: 'URI' FILE SIZE HASH (apt-get(8), --print-uris).
        let files: Vec<PathBuf> = String::from_utf8_lossy(&uris)
            .lines()
            .filter_map(|line| line.split(' ').nth(1).map(|file| archives.join(file)))
            .collect();
        if files.is_empty() {
            bail!("apt named no archive for {names:?}");
        }
        Ok(files)
    }

    /// Downloads exactly `names` of `suite` into `into`.
    pub fn download(&self, suite: &str, names: &[String], into: &Path) -> Result<()> {
        host::run(
            self.command("apt-get")
                .args(["download", "--quiet=2", "--target-release", suite])
                .args(names)
                .current_dir(into),
        )?;
        Ok(())
    }

    /// Downloads exactly `names` of `suite` and unpacks them over `tree`, which is made
    /// where it is missing. The archives do not stay.
    ///
    /// # Errors
    /// The mirror does not give one of them, or it cannot be unpacked.
    pub fn lay_out(&self, suite: &str, names: &[String], tree: &Path) -> Result<()> {
        let archives = tree.join("archives");
        fs::create_dir_all(&archives)?;
        self.download(suite, names, &archives)?;
        for archive in fs::read_dir(&archives)? {
            unpack(&archive?.path(), tree)?;
        }
        remove_tree(&archives)
    }

    /// The packages that `name` of `suite` depends on, alternatives included.
    pub fn depends(&self, suite: &str, name: &str) -> Result<Vec<String>> {
        let text = host::run(self.command("apt-cache").args([
            "depends",
            "--important",
            "--target-release",
            suite,
            name,
        ]))?;
        Ok(String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| line.trim().trim_start_matches('|').strip_prefix("Depends: "))
            .map(str::to_owned)
            .collect())
    }
}

/// Whether `file` is older than package lists may be, or of unknown age.
fn old(file: &Path) -> bool {
    let age = fs::metadata(file).and_then(|data| data.modified()).map(|time| time.elapsed());
    !matches!(age, Ok(Ok(age)) if age < LISTS_LIMIT)
}

/// The mirror the host itself uses for Debian, asked from its apt.
fn mirror() -> Result<String> {
    if let Ok(uri) = env::var("NVPREFLIGHT_MIRROR") {
        return Ok(uri);
    }
    let text = host::run(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI) $(RELEASE)",
        "Created-By: Packages",
    ]))
    .context("the guests are made of Debian packages, fetched by apt")?;
    let text = String::from_utf8_lossy(&text);
    let sources: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    sources
        .iter()
        .find(|(_, release)| *release == RELEASE)
        .or_else(|| sources.iter().find(|(uri, _)| uri.trim_end_matches('/').ends_with("/debian")))
        .map(|(uri, _)| (*uri).to_owned())
        .context("no Debian source in this machine's apt; name one in NVPREFLIGHT_MIRROR")
}

/// Unpacks one archive over `tree`, following the links of a merged /usr, without
/// documentation.
pub fn unpack(archive: &Path, tree: &Path) -> Result<()> {
    unpack_without(&LEFT_OUT, archive, tree)
}

/// Unpacks one archive with everything in it, its licence text too.
pub fn unpack_whole(archive: &Path, tree: &Path) -> Result<()> {
    unpack_without(&[], archive, tree)
}

fn unpack_without(left_out: &[&str], archive: &Path, tree: &Path) -> Result<()> {
    let mut data = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(archive)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .context("cannot run `dpkg-deb`")?;
    let stream = data.stdout.take().context("dpkg-deb has no output")?;
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--keep-directory-symlink", "--no-same-owner"])
        .arg("--directory")
        .arg(tree)
        .args(left_out.iter().map(|pattern| format!("--exclude={pattern}")))
        .stdin(stream);
    host::run(&mut tar).with_context(|| format!("cannot unpack `{}`", archive.display()))?;
    if !data.wait()?.success() {
        bail!("`{}` is damaged", archive.display());
    }
    Ok(())
}

/// The names in a list file: one a line, `#` starts a comment.
pub fn names(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn comments_and_blank_lines_name_no_package() {
        assert_eq!(super::names("# a\n\nkmod # b\nudev\n"), ["kmod", "udev"]);
    }
}
