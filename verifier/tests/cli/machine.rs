//! A machine as a folder, and one run of the program over it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_nvpreflight-verifier");

/// A folder that is removed with its value.
pub struct Machine(PathBuf);

impl Drop for Machine {
    fn drop(&mut self) {
        // What is left behind lies in the build's own temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Machine {
    /// A machine without a GPU, whose every source can be read.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("machine-{}-{number}", std::process::id());
        let machine = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        for file in ["proc/modules", "proc/cmdline", "proc/devices", "dev/kmsg"] {
            machine.file(file, "");
        }
        machine.file("proc/sys/kernel/osrelease", "6.12.48\n");
        for dir in ["sys/module", "sys/bus/pci/devices", "run/out"] {
            fs::create_dir_all(machine.path(dir)).unwrap();
        }
        machine
    }

    /// A machine on which nvidia_drm is loaded without mode setting, and a Wayland
    /// session is wanted.
    pub fn without_modeset() -> Self {
        let machine = Self::new();
        let live = |name: &str| format!("{name} 4096 0 - Live 0x0000000000000000 (OE)\n");
        let names = ["nvidia_drm", "nvidia_modeset", "nvidia"];
        machine.file("proc/modules", &names.map(live).concat());
        machine.file("sys/module/nvidia_drm/parameters/modeset", "N\n");
        machine.expect(r#"{"version":1,"goals":["wayland"]}"#);
        machine
    }

    /// A path of this machine.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// Writes a file, with its folders.
    pub fn file(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes a symbolic link.
    pub fn link(&self, path: &str, target: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// Writes the expectations.
    pub fn expect(&self, json: &str) {
        self.file("etc/nvpreflight/expect.json", json);
    }

    /// The program over this machine in the initrd phase, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--root").arg(&self.0).arg("--run-dir").arg(self.path("run/out"));
        command.args(["--phase", "initrd"]).args(args).stdin(Stdio::null());
        command
    }

    /// One run.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// The report that a run left in the run folder.
    pub fn report(&self, phase: &str) -> serde_json::Value {
        let path = self.path("run/out").join(phase).with_extension("json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }
}

/// The exit status; a signal is a failure of its own.
#[track_caller]
pub fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("ended by a signal: {:?}", output.status))
}

/// Standard output as JSON.
#[track_caller]
pub fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The codes of a report's findings.
pub fn codes(report: &serde_json::Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect()
}
