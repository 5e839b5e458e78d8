//! The first program of an initrd under test: starts the image's own init in its
//! place and, beside it, carries the verifier's report out to the host. Whatever
//! fails here, the image's init is run; nothing of the image is changed.

mod carry;
mod config;
mod port;

use config::Config;
use nix::kmod::{ModuleInitFlags, finit_module};
use std::ffi::CString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// Folder of everything that the harness puts into the image for this program.
const FOLDER: &str = "/nvpreflight";
/// This program, in that folder.
const PROGRAM: &str = "/nvpreflight/carrier";
/// The kernel log, as a node of our own: /dev is not mounted yet.
const KERNEL_LOG: &str = "/nvpreflight/kmsg";
/// systemd ends what is left of the initrd when it switches to the root, except
/// for processes whose name begins so (systemd, ROOT_STORAGE_DAEMONS).
const NAME: &str = "@nvpreflight-carrier";

fn main() -> ExitCode {
    let text = fs::read(format!("{FOLDER}/config")).unwrap_or_default();
    let config = Config::read(&text);
    if std::process::id() != 1 {
        carry::run(&config);
        return ExitCode::SUCCESS;
    }
    for module in &config.modules {
        if let Err(why) = insert(module) {
            say(&format!("{module} was not loaded: {why}"));
        }
    }
    // Its parent is the image's init, which stays process 1.
    if let Err(why) = Command::new(PROGRAM).arg0(NAME).spawn() {
        say(&format!("no report can be carried: {why}"));
    }
    let why = Command::new(&config.init).args(std::env::args_os().skip(1)).exec();
    say(&format!("the image's init {} cannot be run: {why}", config.init));
    ExitCode::FAILURE
}

/// Inserts the module that a line `FILE [PARAMETER=VALUE …]` names.
fn insert(line: &str) -> std::io::Result<()> {
    let (path, parameters) = line.split_once(' ').unwrap_or((line, ""));
    let file = File::open(path)?;
    let parameters = CString::new(parameters)?;
    finit_module(&file, &parameters, ModuleInitFlags::empty())?;
    Ok(())
}

/// One line of the kernel log, as an error. Nobody is left to tell if it fails.
fn say(what: &str) {
    let _ = fs::write(KERNEL_LOG, format!("<3>nvpreflight-carrier: {what}"));
}
