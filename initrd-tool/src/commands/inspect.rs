//! `inspect`: what an initrd holds. One view a file; each prints text or JSON.

mod firmware;
mod list;
mod modules;
mod options;
mod overview;
mod segments;
mod size;
mod tree;

use super::open::complain;
use crate::base::error::{Error, Result};
use crate::base::print::{Shown, Size};
use crate::base::ui::{Exit, Ui};
use crate::source::image::Keep;
use crate::source::image_or_dir::Opened;
use crate::view::inventory::budget::Budget;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum View {
    /// Generator, kernel and contents
    #[default]
    Overview,
    /// Every segment: offset, packing, sizes
    Segments,
    /// Modules: version, kernel, parameters, signature
    Modules,
    /// Module options in force, and the line that set each
    Options,
    /// Firmware, and which module requests it
    Firmware,
    /// What uses the space
    Size,
    /// Directories with their sizes
    Tree,
    /// Every path
    List,
}

/// Arguments of `inspect`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    nvpreflight inspect initrd.img\n  \
    nvpreflight inspect initrd.img modules nvidia_drm\n  \
    nvpreflight inspect initrd.img size --budget /boot/efi\n  \
    nvpreflight inspect initrd.img list --long\n\n\
    It describes; `nvpreflight check` finds faults. Exit status 1: the kernel drops a\n\
    part of the image, or it is over the budget.")]
pub struct Args {
    /// The initrd image, a unified kernel image, or a directory
    image: PathBuf,
    /// What to show
    #[arg(default_value = "overview")]
    view: View,
    /// Modules to show in detail (modules)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show everything: all modules, all parts, all files
    #[arg(long, short)]
    all: bool,
    /// Show mode, owner and size of each path (list)
    #[arg(long, short)]
    long: bool,
    /// Print raw paths, each ended by NUL (list)
    #[arg(long, short = '0', conflicts_with_all = ["long", "json"])]
    raw: bool,
    /// Directories down to this depth (tree)
    #[arg(long, value_name = "N", default_value_t = 2)]
    depth: usize,
    /// Maximum image size, or the directory that it must fit into
    #[arg(long, value_name = "SIZE|DIR")]
    budget: Option<Budget>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a view is given.
struct Given<'a> {
    opened: &'a Opened,
    args: &'a Args,
    ui: Ui,
}

impl Given<'_> {
    /// The name that the image was given by.
    fn name(&self) -> String {
        Shown(self.args.image.as_os_str().as_bytes()).to_string()
    }
}

/// What a view shows: text, or a value for JSON.
type Value = serde_json::Map<String, serde_json::Value>;

/// Shows one view.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    if !args.names.is_empty() && args.view != View::Modules {
        return Err(Error::usage("module names only work with the view `modules`"));
    }
    let keep = match args.view {
        View::Segments | View::Tree | View::List | View::Firmware => Keep::Nothing,
        View::Overview | View::Modules | View::Options | View::Size => Keep::Stack,
    };
    let opened = Opened::open(&args.image, keep, ui)?;
    let given = Given { opened: &opened, args, ui };
    let mut out = BufWriter::new(std::io::stdout().lock());
    show(&given, &mut out)?;
    let over = match &args.budget {
        Some(budget) => over(budget, &given, &mut out)?,
        None => false,
    };
    out.flush().map_err(broken)?;
    let exit = opened.image().map_or(Exit::Clean, |image| complain(image, ui));
    Ok(if over { Exit::Findings } else { exit })
}

fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<()> {
    let json = given.args.json;
    let value = match given.args.view {
        View::Overview => overview::show(given, out)?,
        View::Segments => segments::show(given, out)?,
        View::Modules => modules::show(given, out)?,
        View::Options => options::show(given, out)?,
        View::Firmware => firmware::show(given, out)?,
        View::Size => size::show(given, out)?,
        View::Tree => tree::show(given, out)?,
        View::List => list::show(given, out)?,
    };
    if !json {
        return Ok(());
    }
    let mut all = Value::new();
    all.insert("format".into(), "nvpreflight-inspect".into());
    all.insert("version".into(), 1.into());
    all.insert("image".into(), given.name().into());
    all.extend(value);
    serde_json::to_writer_pretty(&mut *out, &all).map_err(|e| broken(e.into()))?;
    writeln!(out).map_err(broken)
}

/// Compares the image with its budget. The line goes to standard error in JSON
/// mode, where only one document may be on standard output.
fn over(budget: &Budget, given: &Given<'_>, out: &mut dyn Write) -> Result<bool> {
    let Some(image) = given.opened.image() else {
        return Err(Error::usage("--budget needs an image, not a directory"));
    };
    let room = budget.room(image.size())?;
    let (needed, available) = (Size(room.needed), Size(room.available));
    let line = if room.fits() {
        let left = Size(room.available - room.needed);
        format!("budget: {needed} of {available}, {left} to spare")
    } else {
        let lacking = Size(room.needed - room.available);
        format!("budget: {needed} needed, {available} available: {lacking} too large")
    };
    if given.args.json {
        given.ui.say(format_args!("{line}"));
    } else {
        writeln!(out, "{line}").map_err(broken)?;
    }
    Ok(!room.fits())
}

fn broken(e: std::io::Error) -> Error {
    Error::io("write to", "standard output".as_ref(), e)
}
