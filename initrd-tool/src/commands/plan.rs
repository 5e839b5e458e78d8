//! `plan`: what modprobe, systemd and udev will load, in which order, with which
//! options, and which line says so. Loads and runs nothing.

mod advise;
mod json;
mod requests;
mod root;
mod text;

use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::kmod::config::State;
use crate::kmod::index::{Form, Which};
use crate::kmod::names::printable;
use crate::kmod::resolve::{Action, Outcome, Resolver, Via, Way};
use crate::kmod::shadow::{self, Note};
use crate::kmod::{Kmod, folder};
use crate::source::image::Keep;
use crate::source::image_or_dir::Opened;
use crate::source::subject::args::goals;
use crate::view::goals::Advice;
use nvpreflight::expect::Goal;
use nvpreflight::facts::Place;
use nvpreflight::parse::cmdline;
use std::ffi::OsString;
use std::path::PathBuf;

/// Arguments of `plan`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight plan /boot/initrd.img
  nvpreflight plan /boot/initrd.img nvidia_drm
  nvpreflight plan / pci:v000010DEd00002206sv000010DEsd00001467bc03sc00i00
  nvpreflight plan initrd.img --cmdline 'quiet nvidia_drm.modeset=0'
  sudo nvpreflight plan --goal luks-prompt,wayland,hibernate
  nvpreflight plan / nvidia_drm --json | jq -r '.asked[].modules[].steps[].module'

Without names: what modules-load.d, conf/modules and the command line request, and
what udev requests when it finds an NVIDIA GPU. The model is kmod 34's.

With --goal and without names: where nvidia should be loaded on this machine, what
each choice does to each goal, and the lines to paste.")]
pub struct Args {
    /// An initrd image or a root directory; / for this machine. With
    /// --goal also saved facts [default with --goal: this machine]
    #[arg(value_name = "IMAGE|DIR", required_unless_present = "goal")]
    subject: Option<PathBuf>,
    /// Modules or aliases to request, as for modprobe
    #[arg(value_name = "MODULE|ALIAS")]
    names: Vec<String>,
    /// The kernel release to use
    #[arg(long, value_name = "RELEASE")]
    kernel: Option<String>,
    /// The kernel command line, or @FILE
    #[arg(long, value_name = "TEXT|@FILE")]
    cmdline: Option<OsString>,
    /// Request like udev and systemd: a blacklist line applies to the module itself
    #[arg(long, short = 'b')]
    use_blacklist: bool,
    /// Advise whether nvidia belongs in the initrd for these goals: wayland, x11, cuda,
    /// luks-prompt, hibernate, suspend, vfio, headless
    #[arg(long, value_name = "GOAL,…", value_delimiter = ',', value_parser = goals(), hide_possible_values = true)]
    goal: Vec<Goal>,
    /// With --goal and an image: the system that it belongs to; / for this hardware
    #[arg(long, value_name = "DIR", requires = "goal")]
    root: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One question and its answer.
struct Asked {
    /// Who asks, in words.
    by: String,
    way: Way,
    outcome: Outcome,
}

/// Everything that is printed.
struct Plan {
    folder: String,
    asked: Vec<Asked>,
    notes: Vec<Note>,
    /// What could not be read, in words.
    unread: Vec<String>,
    advice: Option<Advice>,
}

/// Plans and prints.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let advice = match args.goal.as_slice() {
        [] => None,
        _ => Some(advise::advice(args, ui)?),
    };
    let mut out = anstream::stdout().lock();
    if let (Some(advice), true) = (&advice, args.names.is_empty()) {
        let written = match args.json {
            true => advise::json(advice, &mut out),
            false => advise::text(advice, ui.columns(), &mut out),
        };
        return written.map(|()| Exit::Clean).map_err(Error::stdout);
    }
    let Some(subject) = &args.subject else {
        return Err(Error::usage("give the image or directory that contains the modules"));
    };
    let opened = Opened::open(subject, Keep::Stack, ui)?;
    let files = opened.files();
    let release = root::release(&opened, args.kernel.as_deref());
    let folder::Folder { path: folder, chosen } = folder::find(files, release.as_deref())?;
    if let Some((newest, others)) = chosen {
        let others = printable(others.join(", ").as_bytes());
        let newest = printable(newest.as_bytes());
        ui.say(format_args!("planned for {newest}, the newest kernel; --kernel takes {others}"));
    }
    let cmdline = root::cmdline(&opened, args.cmdline.as_deref(), ui)?;
    let kmod = Kmod::new(files, &folder, &cmdline);
    let way = if args.use_blacklist { Way::Blacklist } else { Way::Modprobe };
    let (requests, unasked) = if args.names.is_empty() {
        requests::of(files, &cmdline)
    } else {
        let given = |name: &String| requests::Request {
            name: name.clone().into_bytes(),
            by: "requested on this command line".into(),
            way,
        };
        (args.names.iter().map(given).collect(), Vec::new())
    };
    let asked: Vec<Asked> = requests
        .into_iter()
        .map(|r| {
            let outcome = Resolver::new(&kmod).ask(&r.name, r.way);
            let mut asked = Asked { outcome, by: r.by, way: r.way };
            asked.refuse(&cmdline);
            asked
        })
        .collect();
    let outcomes: Vec<Outcome> = asked.iter().map(|a| a.outcome.clone()).collect();
    let plan = Plan {
        folder: printable(&folder),
        notes: shadow::notes(&kmod, &outcomes),
        unread: unread(&kmod).into_iter().chain(unasked).collect(),
        asked,
        advice,
    };
    let named = !args.names.is_empty();
    let written = match args.json {
        true => json::write(&plan, &mut out),
        false => text::write(&plan, named, ui.columns(), &mut out),
    };
    written.map_err(Error::stdout)?;
    for what in &plan.unread {
        ui.say(format_args!("could not check: {what}"));
    }
    let image = opened.image().map_or(Exit::Clean, |image| super::open::complain(image, ui));
    let exit = plan.exit(named);
    Ok(if exit == Exit::Clean { image } else { exit })
}

impl Plan {
    /// "Could not check" before "does not work": a name that nobody knows, a file that
    /// is missing, a module that a blacklist keeps out.
    fn exit(&self, named: bool) -> Exit {
        if !self.unread.is_empty() || self.asked.iter().any(|a| a.outcome.is_cut()) {
            return Exit::CouldNot;
        }
        let unknown = |a: &Asked| a.outcome.via == Via::Nowhere;
        let fails = self.asked.iter().any(|a| a.fails() || (named && unknown(a)));
        // What is shown then comes from an index that kmod does not read.
        let without_index = self.notes.iter().any(|n| n.kind == "index-missing");
        if fails || without_index { Exit::Findings } else { Exit::Clean }
    }
}

impl Asked {
    /// Of an alias's several modules a blacklist may keep out some, as it mostly does
    /// nouveau: that fails only where none is left.
    fn fails(&self) -> bool {
        let probes = &self.outcome.probes;
        let none_left = !probes.is_empty() && probes.iter().all(|p| p.blocked.is_some());
        none_left || !self.outcome.messages.is_empty() || probes.iter().any(|p| p.fails())
    }

    /// Adds what the kernel itself refuses, whoever asks: `module_blacklist=`.
    fn refuse(&mut self, cmdline: &[u8]) {
        if let Some(word) = cmdline::rejecting(cmdline) {
            for name in word.rejected_modules() {
                let mut steps = self.outcome.probes.iter().flat_map(|p| &p.steps);
                if steps.any(|s| s.module == name && matches!(s.action, Action::Insert(_))) {
                    self.outcome.messages.push(format!(
                        "{}: the kernel rejects every load of it: module_blacklist=, {}",
                        printable(name),
                        Place::Word(word.number)
                    ));
                }
            }
        }
    }
}

fn unread(kmod: &Kmod<'_>) -> Vec<String> {
    let mut out: Vec<String> = kmod
        .config
        .files
        .iter()
        .filter_map(|file| match file.state {
            State::Unreadable(e) => Some(format!("{}: {e}", printable(&file.path))),
            State::NotLooked => Some(format!("{} was not stored", printable(&file.path))),
            _ => None,
        })
        .collect();
    for which in [Which::Dep, Which::Alias, Which::Builtin] {
        if let Form::Unread(e) = kmod.indexes.form(which) {
            let why = e.map_or("was not stored".to_owned(), |e| e.to_string());
            out.push(format!("{}/{}: {why}", printable(&kmod.folder), which.names().0));
        }
    }
    out
}
