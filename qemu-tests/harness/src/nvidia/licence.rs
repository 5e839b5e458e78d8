//! Which licences the person who runs the tests has accepted: named on the command
//! line or in the environment, never by default and never remembered.

use anyhow::{Result, bail};
use clap::ValueEnum;

/// What Debian calls the licence of the proprietary modules and of the GSP firmware
/// (their `copyright` files).
pub const NVIDIA: &str = "NVIDIA-graphics-drivers";
/// The environment variable that names accepted licences, separated by commas.
pub const VARIABLE: &str = "NVPREFLIGHT_ACCEPT_LICENCE";

/// A licence that can be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Licence {
    /// Of the proprietary kernel modules and of the GSP firmware.
    #[value(name = "NVIDIA-graphics-drivers")]
    Nvidia,
}

/// What was accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// [`NVIDIA`].
    pub nvidia: bool,
}

impl Accepted {
    /// By the value of [`VARIABLE`] and the arguments of `--accept-licence`.
    ///
    /// # Errors
    /// A name in the variable that is no licence: a slip must not pass for a choice.
    pub fn of(variable: Option<&str>, arguments: &[Licence]) -> Result<Self> {
        let mut accepted = Self { nvidia: arguments.contains(&Licence::Nvidia) };
        for name in variable.unwrap_or_default().split(',').map(str::trim) {
            match name {
                "" => {}
                NVIDIA => accepted.nvidia = true,
                other => bail!("{VARIABLE} names `{other}`; it can name {NVIDIA}"),
            }
        }
        Ok(accepted)
    }

    /// The same, with the variable as this process has it.
    ///
    /// # Errors
    /// As [`Accepted::of`].
    pub fn here(arguments: &[Licence]) -> Result<Self> {
        Self::of(std::env::var(VARIABLE).ok().as_deref(), arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_accepted_by_default() {
        assert!(!Accepted::of(None, &[]).unwrap().nvidia);
        assert!(!Accepted::of(Some(""), &[]).unwrap().nvidia);
    }

    #[test]
    fn a_licence_is_accepted_by_its_name_only() {
        assert!(Accepted::of(Some(NVIDIA), &[]).unwrap().nvidia);
        assert!(Accepted::of(None, &[Licence::Nvidia]).unwrap().nvidia);
        for slip in ["1", "yes", "all", "nvidia", "NVIDIA-graphics-drivers yes"] {
            assert!(Accepted::of(Some(slip), &[]).is_err(), "{slip}");
        }
    }
}
