//! What a card was before it was taken, as data; `keeper.rs` keeps it. A state is read
//! with distrust, and one that would not be read back is not written.

use super::address::Address;
use super::machine::CLIENTS;
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

const FORMAT: &str = "nvpreflight-taken";
const VERSION: u32 = 1;

/// A card that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    format: String,
    version: u32,
    /// `/proc/sys/kernel/random/boot_id` of the boot in which it was taken.
    pub boot_id: String,
    /// Process that took it.
    pub pid: u32,
    /// Its GPU.
    pub gpu: Address,
    /// What its functions were, in the order in which they were taken.
    pub functions: Vec<Former>,
    /// Modules that were unloaded, in the order in which to load them.
    pub modules: Vec<String>,
}

/// What one function was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Where it is.
    pub address: Address,
    /// Vendor id, to know it again.
    pub vendor: u32,
    /// Device id, to know it again.
    pub device: u32,
    /// Driver it had.
    pub driver: Option<String>,
    /// `power/control`.
    pub power: Option<String>,
}

impl State {
    /// A state of this boot and this process.
    pub fn new(
        boot_id: String,
        gpu: Address,
        functions: Vec<Former>,
        modules: Vec<String>,
    ) -> Self {
        let format = FORMAT.to_owned();
        Self { format, version: VERSION, boot_id, pid: std::process::id(), gpu, functions, modules }
    }

    /// Refuses what would lead a path of sysfs or a command astray.
    ///
    /// # Errors
    /// It is no state of this format, or a name in it is none.
    pub fn sound(self) -> Result<Self> {
        ensure!(
            self.format == FORMAT && self.version == VERSION,
            "it is no {FORMAT} of version {VERSION}"
        );
        let name = |name: &str| {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            !name.is_empty() && name.len() < 64 && name.bytes().all(letter)
        };
        for former in &self.functions {
            ensure!(former.driver.as_deref().is_none_or(name), "a driver's name is none");
            ensure!(former.address.same_slot(self.gpu), "a function is not of its card");
            let power = former.power.as_deref();
            ensure!(matches!(power, None | Some("on" | "auto")), "power/control is unknown");
        }
        let known = |module: &String| CLIENTS.contains(&module.as_str());
        ensure!(self.modules.iter().all(known), "a module is not of the NVIDIA stack");
        Ok(self)
    }
}
