//! `inject`: the verifier into an image, or out of it again.

use super::open;
use crate::base::error::{Error, Result};
use crate::base::print::{Shown, Size};
use crate::base::ui::{Exit, Ui};
use crate::change::inject::packing::Packing;
use crate::change::inject::{Done, Job, segment_only, verifier};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Arguments of `inject`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    nvpreflight inject /boot/initrd.img -o /boot/initrd-checked.img\n  \
    nvpreflight inject --in-place --expect expect.json /boot/initrd.img\n  \
    nvpreflight inject --in-place --remove /boot/initrd.img\n\n\
    The original bytes stay in front, untouched; one segment is appended. Doing\n\
    it again replaces that segment, --remove removes it. A rebuilt initrd has no\n\
    verifier.")]
#[command(group(clap::ArgGroup::new("to").required(true).args(["output", "in_place", "segment"])))]
pub struct Args {
    /// The initrd image
    image: PathBuf,
    /// Write the new image here
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the image
    #[arg(long)]
    in_place: bool,
    /// Write only the segment here, for a boot loader or ukify that takes several
    #[arg(long, value_name = "FILE")]
    segment: Option<PathBuf>,
    /// The owner's expectations (docs/expectations.md) [default: those in the image]
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// The static verifier [default: next to this program]
    #[arg(long, value_name = "FILE")]
    verifier: Option<PathBuf>,
    /// Compression of the segment
    #[arg(long, value_name = "HOW", default_value = "none")]
    compress: Packing,
    /// Remove an injected segment
    #[arg(long, conflicts_with_all = ["expect", "verifier", "compress", "segment"])]
    remove: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Injects or removes.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    warn_of_signature(&args.image, ui);
    let to = args.output.as_deref().unwrap_or(&args.image);
    if args.output.is_some() && same_file(&args.image, to) {
        return Err(Error::usage("the output is the image itself; --in-place replaces it"));
    }
    let job = Job { image: &args.image, to, in_place: args.in_place };
    let done = if args.remove {
        job.remove(&mut |path, keep| open::image(path, keep, ui))?
    } else {
        let payload = verifier::payload(args.verifier.as_deref(), args.expect.as_deref())?;
        let open = &mut |path: &Path, keep| open::image(path, keep, ui);
        match &args.segment {
            Some(file) => segment_only(&args.image, file, &payload, args.compress, open)?,
            None => job.inject(&payload, args.compress, open)?,
        }
    };
    let mut out = std::io::stdout().lock();
    let written = if args.json { json(&done, &mut out) } else { text(&done, &mut out) };
    written.map_err(|e| Error::io("write to", "standard output".as_ref(), e))?;
    Ok(Exit::Clean)
}

/// A detached signature beside the image says nothing of the new one (GRUB's
/// check_signatures reads FILE.sig).
fn warn_of_signature(image: &Path, ui: Ui) {
    for suffix in ["sig", "p7s", "asc"] {
        let mut name = image.as_os_str().to_owned();
        name.push(".");
        name.push(suffix);
        if Path::new(&name).exists() {
            let shown = Shown(name.as_bytes()).to_string();
            ui.say(format_args!(
                "warning: {shown} is a signature of the old image; a boot loader that checks \
                 it rejects the new image until you sign it again"
            ));
        }
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn text(done: &Done, out: &mut dyn Write) -> std::io::Result<()> {
    let to = Shown(done.to.as_os_str().as_bytes());
    writeln!(out, "{to}: {}", done.what)?;
    if let Some(segment) = &done.segment {
        let original = done.original_bytes;
        writeln!(out, "  original  {} unchanged ({original} bytes)", Size(original))?;
        writeln!(
            out,
            "  segment   {} at byte {}, {}",
            Size(segment.bytes),
            segment.at,
            segment.form
        )?;
        for file in &segment.files {
            writeln!(out, "  holds     {file}")?;
        }
        writeln!(out, "  starts    {}", segment.start)?;
    }
    Ok(())
}

fn json(done: &Done, out: &mut dyn Write) -> std::io::Result<()> {
    let segment = done.segment.as_ref().map(|segment| {
        serde_json::json!({
            "offset": segment.at, "bytes": segment.bytes, "form": segment.form,
            "init": segment.init, "files": segment.files, "start": segment.start,
        })
    });
    let value = serde_json::json!({
        "format": "nvpreflight-inject", "version": 1,
        "image": Shown(done.to.as_os_str().as_bytes()).to_string(),
        "done": done.what, "original_bytes": done.original_bytes, "segment": segment,
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}
