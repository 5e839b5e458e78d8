//! NVIDIA's real kernel modules, and the GPU that the boots pretend: fetched by
//! package name, built against the guest's kernel into the cache, never kept in
//! the source tree. What is not free is fetched only where its licence was accepted.

pub mod archive;
pub mod build;
pub mod firmware;
pub mod flavour;
pub mod gpu;
pub mod headers;
pub mod licence;
pub mod pretend;
pub mod watch;

use crate::base::places::Places;
use crate::debian::kernel::Kernel;
use anyhow::{Context, Result};
use flavour::Flavour;
use licence::Accepted;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The modules that a scenario asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Which of the two sets.
    pub flavour: Flavour,
    /// Whether `boot.firmware` and the root have the real GSP firmware, which is not
    /// free, and not a file of the same name. The driver parses it only after it
    /// found a VBIOS, which a pretend GPU lacks.
    #[serde(default)]
    pub real_firmware: bool,
    /// Modules of the other flavour, by kernel name.
    #[serde(default)]
    pub from: BTreeMap<String, Flavour>,
    /// Modules that claim another driver version of the same length.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
}

/// The modules of one scenario, ready to be put into a guest.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Flavour and Debian version, in words.
    pub named: String,
    /// Driver version, as in `nvidia/VERSION/gsp_ga10x.bin`.
    pub version: String,
    /// Folders with `*.ko`; a module of a later one replaces one of the same name.
    pub folders: Vec<PathBuf>,
    /// Folder with the real GSP firmware files, where the scenario wants them.
    pub firmware: Option<PathBuf>,
}

/// Why `driver` cannot be had: it needs a licence that nobody accepted.
pub fn obstacle(driver: &Driver, accepted: Accepted) -> Option<String> {
    let flavours = [driver.flavour].into_iter().chain(driver.from.values().copied());
    let needs = flavours.filter_map(Flavour::licence).next();
    let needs = needs.or(driver.real_firmware.then_some(licence::NVIDIA));
    needs.filter(|_| !accepted.nvidia).map(|name| format!("needs --accept-licence {name}"))
}

/// Fetches and builds what `driver` asks for.
///
/// # Errors
/// What [`obstacle`] names; packages that cannot be had; a build that fails.
pub fn ready(
    places: &Places,
    kernel: &Kernel,
    driver: &Driver,
    accepted: Accepted,
) -> Result<Ready> {
    if let Some(reason) = obstacle(driver, accepted) {
        anyhow::bail!("{}: {reason}", driver.flavour.name());
    }
    let main = build::ready(places, kernel, driver.flavour)?;
    let mut folders = vec![main.folder.clone(), pretend::build(places, kernel)?];
    for (flavour, modules) in by_flavour(&driver.from) {
        let other = build::ready(places, kernel, flavour)?;
        folders.push(build::only(places, &other, &modules)?);
    }
    if !driver.claims.is_empty() {
        folders.push(build::claiming(places, &main, &driver.claims)?);
    }
    let firmware = match driver.real_firmware {
        true => Some(firmware::ready(places, &main.version)?),
        false => None,
    };
    let named = format!("{} {}", driver.flavour.name(), main.package_version);
    Ok(Ready { named, version: main.version, folders, firmware })
}

/// The modules that each other flavour gives.
fn by_flavour(from: &BTreeMap<String, Flavour>) -> BTreeMap<Flavour, Vec<String>> {
    let mut found: BTreeMap<Flavour, Vec<String>> = BTreeMap::new();
    for (module, flavour) in from {
        found.entry(*flavour).or_default().push(module.clone());
    }
    found
}

/// The driver version in a Debian version: `550.163.01` in `550.163.01-4~bpo13+1`.
fn upstream(debian: &str) -> Result<&str> {
    let version = debian.rsplit_once('-').map_or(debian, |(upstream, _)| upstream);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    version
        .split('.')
        .all(digits)
        .then_some(version)
        .with_context(|| format!("`{debian}` is no version of the driver"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(text: &str) -> Driver {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn only_what_is_not_free_needs_a_licence() {
        let none = Accepted::default();
        assert_eq!(obstacle(&driver("flavour = \"open\""), none), None);
        for text in [
            "flavour = \"proprietary\"",
            "flavour = \"open\"\nreal_firmware = true",
            "flavour = \"open\"\nfrom = { nvidia_modeset = \"proprietary\" }",
        ] {
            let reason = obstacle(&driver(text), none).unwrap();
            assert!(reason.ends_with("--accept-licence NVIDIA-graphics-drivers"), "{text}");
            assert_eq!(obstacle(&driver(text), Accepted { nvidia: true }), None, "{text}");
        }
    }

    #[test]
    fn a_debian_version_names_the_driver_version() {
        assert_eq!(upstream("550.163.01-2").unwrap(), "550.163.01");
        assert_eq!(upstream("535.216.03-2~bpo12+1").unwrap(), "535.216.03");
        for odd in ["", "-1", "550..01-2", "1:550.163.01-2", "../../etc-1"] {
            assert!(upstream(odd).is_err(), "{odd}");
        }
    }
}
