//! What the next boot will do with an image: who asks for a module there, whether
//! it will be loaded, which value a parameter will have. Predicts from what the
//! image shows; whether that is a fault is for the rules.

use crate::driver::defaults::{self, Default};
use crate::expect::{Expectations, Goal};
use crate::facts::config::Request;
use crate::facts::image::{Image, ImageModule};
use crate::facts::{Facts, Place, STACK};
use crate::reading::fate;
use crate::reading::options::{self, Setting};
use crate::text::same_name;
use alloc::boxed::Box;
use core::fmt;

/// The image.
#[must_use]
pub fn image(f: &Facts) -> Option<&Image> {
    f.image.yes().map(|image| &**image)
}

/// A module that the image brings.
#[must_use]
pub fn brings<'a>(f: &'a Facts, module: &str) -> Option<&'a ImageModule> {
    image(f)?.module(module)
}

/// True when any module of the stack is in the image.
#[must_use]
pub fn brings_any(f: &Facts) -> bool {
    STACK.iter().any(|module| brings(f, module).is_some())
}

/// Who asks for a module in this image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked<'a> {
    /// The owner's list of modules for the initrd.
    Owner,
    /// The goal of a passphrase prompt on this GPU's screen.
    Prompt,
    /// A line in the image or on its command line.
    Line(&'a Request),
}

impl Asked<'_> {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        match self {
            Self::Line(request) => &request.place,
            Self::Owner | Self::Prompt => &Place::Nowhere,
        }
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "is expected in the initrd",
            Self::Prompt => "is needed for the goal luks-prompt",
            Self::Line(_) => "is requested here",
        })
    }
}

/// Who asks for the module in this image, the owner first. A line for nvidia_uvm
/// is one of the real root's that came along (dracut copies modules-load.d).
#[must_use]
pub fn asked<'a>(f: &'a Facts, want: &Expectations, module: &str) -> Option<Asked<'a>> {
    if want.in_initrd(module) {
        return Some(Asked::Owner);
    }
    if want.goals.has(Goal::LuksPrompt) && same_name(module, "nvidia_drm") {
        return Some(Asked::Prompt);
    }
    listed(f, module).map(Asked::Line)
}

fn listed<'a>(f: &'a Facts, module: &str) -> Option<&'a Request> {
    f.config.requests(module).filter(|_| !same_name(module, "nvidia_uvm"))
}

/// True when a list in the image itself asks for a module of the stack, whatever the owner
/// expects: then its maker was told, and another build has them.
#[must_use]
pub fn listed_any(f: &Facts) -> bool {
    STACK.iter().any(|module| listed(f, module).is_some())
}

/// True when something asks for any module of the stack in this image.
#[must_use]
pub fn asked_any(f: &Facts, want: &Expectations) -> bool {
    STACK.iter().any(|module| asked(f, want, module).is_some())
}

/// True when the initrd will load the module on a machine with the hardware.
#[must_use]
pub fn loads(f: &Facts, want: &Expectations, module: &str) -> bool {
    fate::next::of(f, want, module).loads()
}

/// A parameter's value as far as the image tells.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A line sets it.
    Set(Box<Setting<'a>>),
    /// No line that was seen sets it; this is the driver's own default.
    Default(&'static str),
    /// This version has no such parameter.
    None,
    /// Neither a line nor the table of defaults tells.
    Unknown,
}

/// What a parameter of the stack will be.
#[must_use]
pub fn value<'a>(f: &'a Facts, module: &'a str, name: &str) -> Value<'a> {
    if let Some(set) = options::last(f, module, name) {
        return Value::Set(Box::new(set));
    }
    let version = image(f).and_then(Image::driver_version);
    match version.and_then(|version| defaults::of(version, module, name)) {
        Some(Default::Is(value)) => Value::Default(value),
        Some(Default::NoParameter) => Value::None,
        None => Value::Unknown,
    }
}

/// True when mode setting will be off; `None` when that cannot be told.
#[must_use]
pub fn modeset(f: &Facts) -> Option<bool> {
    match value(f, "nvidia_drm", "modeset") {
        Value::Set(set) if !set.has_value => Some(true),
        Value::Set(set) => options::boolean(set.value),
        Value::Default(value) => options::boolean(value),
        Value::None | Value::Unknown => None,
    }
}

/// True when the command line took part in the options: a plain initrd carries
/// none, so that what no file sets may still be set there.
#[must_use]
pub const fn knows_command_line(f: &Facts) -> bool {
    f.config.cmdline.is_yes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    #[test]
    fn a_bare_word_turns_mode_setting_on() {
        let modeset = |line: &str| {
            let tree = std::format!("etc/modprobe.d/a.conf = options nvidia_drm {line}\n");
            modeset(&Case::image_with_stack(&tree).facts())
        };
        assert_eq!(modeset("modeset"), Some(true));
        assert_eq!(modeset("modeset=0"), Some(false));
    }
}
