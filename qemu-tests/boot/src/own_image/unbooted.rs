//! The check of the image without a boot (`nvpreflight check`): the same image, kernel,
//! command line and expectations, judged by the same rules before anything runs. What a
//! boot without a GPU cannot show, such as a firmware file that is missing, this does.

use super::answer::Answer;
use anyhow::{Context, Result, anyhow};
use nvpreflight::facts::STACK;
use nvpreflight_tool::base::ui::{Colour, Ui};
use nvpreflight_tool::facts::look::Look;
use nvpreflight_tool::render::findings::Format;
use nvpreflight_tool::source::subject::SubjectArgs;
use std::path::Path;

/// What the check said.
#[derive(Clone, Debug)]
pub struct Unbooted {
    /// Its report, in the words of the boot's.
    pub answer: Answer,
    /// Whether the image has a module of the NVIDIA stack; without one the boot says
    /// nothing of the driver.
    pub has_stack: bool,
}

/// Checks the image as the user gave it.
///
/// # Errors
/// An image or expectations that cannot be read.
pub fn check(
    initrd: &Path,
    release: Option<&str>,
    cmdline: &str,
    expectations: Option<&Path>,
) -> Result<Unbooted> {
    let args = SubjectArgs {
        subject: Some(initrd.to_owned()),
        kernel: release.map(Into::into),
        // A first `@` would name a file.
        cmdline: Some(match cmdline.starts_with('@') {
            true => format!(" {cmdline}").into(),
            false => cmdline.into(),
        }),
        expect: expectations.map(Path::to_owned),
        ..SubjectArgs::default()
    };
    let ui = Ui { colour: Colour::Never, quiet: true };
    let look = Look::at(&args, None, ui).context("the image cannot be checked")?;
    let report = look.judge();
    let json = look.show(&report, Format::Json, 80, false);
    let answer = Answer::from_report(json.as_bytes(), "check")
        .map_err(|why| anyhow!("the check gave no report: {why:?}"))?;
    let tree = look.facts.image.yes().and_then(|image| image.tree.yes());
    let has_stack = tree.is_some_and(|tree| {
        tree.modules.iter().any(|module| STACK.contains(&module.name.as_str()))
    });
    Ok(Unbooted { answer, has_stack })
}
