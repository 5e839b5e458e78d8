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
    /// Refuse to write more than this: a number of bytes, or with K, M, G or T
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size)]
    max_size: u64,
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
    let written = extract::extract(&image, &chosen, &mut target, options, args.max_size, ui)?;
    report(&written, ui);
    Ok(if written.failed > 0 { Exit::CouldNot } else { exit })
}

/// A number of bytes with a unit of the table of 1024s.
fn size(text: &str) -> std::result::Result<u64, String> {
    let units = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];
    let upper = text.to_ascii_uppercase();
    let upper = upper.trim_end_matches('B').trim_end_matches('I');
    let unit = units.iter().find_map(|(unit, bits)| Some((upper.strip_suffix(unit)?, *bits)));
    let (number, bits) = unit.unwrap_or((upper, 0));
    let number: Option<u64> = number.trim().parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << bits));
    bytes.ok_or_else(|| "give a number of bytes, as 500M or 2G".to_owned())
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
    if written.failed > 0 {
        ui.say(format_args!("{} entries could not be made", written.failed));
    }
    if written.setuid_taken > 0 {
        let taken = written.setuid_taken;
        ui.say(format_args!(
            "set-user-id or set-group-id bits removed from {taken} files (--setuid)"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_is_a_number_with_or_without_a_unit() {
        assert_eq!((size("0"), size("4096"), size("2k")), (Ok(0), Ok(4096), Ok(2048)));
        assert_eq!(
            (size("1G"), size("3MiB"), size("1 TB")),
            (Ok(1 << 30), Ok(3 << 20), Ok(1 << 40))
        );
        assert!(
            ["", "G", "-1", "1.5G", "99999999999T", "1P"].iter().all(|text| size(text).is_err())
        );
    }
}
