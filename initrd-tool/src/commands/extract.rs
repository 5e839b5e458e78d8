//! `extract`: files of an image into a directory.

use super::open;
use crate::base::error::{Error, Result};
use crate::base::print::{Shown, Size};
use crate::base::ui::{Exit, Ui};
use crate::change::extract::target::Target;
use crate::change::extract::{self, Options, Written};
use crate::change::inject::place::follow;
use crate::source::image::{Image, Keep};
use nvpreflight::seen::Seen;
use nvpreflight::tree::TreeExt;
use std::path::PathBuf;

/// Arguments of `extract`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    nvpreflight extract initrd.img -C initrd\n  \
    nvpreflight extract initrd.img etc lib/firmware/nvidia -C part\n\n\
    Nothing is ever written outside of DIR, whatever the image names. Without\n\
    the options named for it, device nodes are left out, set-user-id bits are\n\
    taken off, and every file belongs to who runs this.")]
pub struct Args {
    /// The initrd image
    image: PathBuf,
    /// Paths in the image; all without any
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Directory to extract into; created if missing, must be empty
    #[arg(short = 'C', long, value_name = "DIR")]
    directory: PathBuf,
    /// Extract even if the directory is not empty
    #[arg(long)]
    force: bool,
    /// Create device nodes, pipes and sockets
    #[arg(long)]
    devices: bool,
    /// Keep set-user-id and set-group-id bits
    #[arg(long)]
    setuid: bool,
    /// Keep owner and group (as root)
    #[arg(long)]
    same_owner: bool,
}

/// Extracts.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let image = open::image(&args.image, Keep::Nothing, ui)?;
    let chosen = args.paths.iter().map(|path| there(&image, path)).collect::<Result<Vec<_>>>()?;
    let mut target = Target::open(&args.directory, args.force)?;
    let exit = open::complain(&image, ui);
    let options = Options { setuid: args.setuid, owner: args.same_owner, devices: args.devices };
    let written = extract::extract(&image, &chosen, &mut target, options, ui)?;
    report(&written, ui);
    Ok(exit)
}

/// The path with links followed; an argument that names nothing is an error.
fn there(image: &Image, path: &str) -> Result<Vec<u8>> {
    // A link that is named itself is extracted as the link it is.
    let asked = path.trim_end_matches('/');
    let (folder, name) = asked.rsplit_once('/').unwrap_or(("", asked));
    let (folder, _) = follow(image, folder)?;
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    match image.exists(&path) {
        Seen::Yes(true) => Ok(path.into_bytes()),
        _ => Err(Error::new(format!("no {} in this image", Shown(asked.as_bytes())))),
    }
}

fn report(written: &Written, ui: Ui) {
    ui.say(format_args!(
        "{} files ({}), {} directories, {} links",
        written.files,
        Size(written.bytes),
        written.directories,
        written.links
    ));
    if written.devices_left > 0 {
        let left = written.devices_left;
        ui.say(format_args!("{left} device nodes, pipes or sockets skipped (--devices)"));
    }
    if written.setuid_taken > 0 {
        let taken = written.setuid_taken;
        ui.say(format_args!(
            "set-user-id or set-group-id bits removed from {taken} files (--setuid)"
        ));
    }
}
