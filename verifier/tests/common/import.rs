//! Makes a capture out of loose evidence: a folder of command outputs, or a
//! kernel log alone. What was not written down becomes `?`, never "absent".

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

/// A capture and what it was made from.
pub struct Imported {
    /// The text tree.
    pub tree: String,
    /// Files of the folder that hold nothing a capture can hold.
    pub ignored: Vec<String>,
}

/// What takes up a file's text.
type Take = fn(&mut Import, &str);

/// Files whose name tells what they hold; `*` stands for a prefix.
const BY_NAME: &[(&str, Take)] = &[
    ("dmesg.raw.txt", Import::kernel_log),
    ("dmesg.txt", Import::kernel_log),
    ("proc_modules.txt", |i, t| i.file("proc/modules", body(t))),
    ("tainted.txt", |i, t| i.file("proc/sys/kernel/tainted", body(t))),
    ("procdevices.txt", |i, t| i.file("proc/devices", body(t))),
    ("params.txt", |i, t| i.file("proc/driver/nvidia/params", body(t))),
    ("lspci.txt", Import::pci_listing),
    ("sysparams.txt", Import::parameters),
    ("*.trace.txt", |i, t| i.file("sys/kernel/tracing/trace", body(t))),
    ("*.sysfs.txt", Import::inodes),
    ("gpuinfo.txt", Import::shell_output),
    ("drmsys.txt", Import::shell_output),
    ("drm.txt", Import::shell_output),
    ("dev.txt", Import::shell_output),
    ("proc_driver.txt", Import::proc_driver),
    ("proctree.txt", Import::proc_tree),
    ("proc_tree.txt", Import::proc_tree),
];

/// Makes a capture from a folder.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn folder(dir: &Path) -> io::Result<Imported> {
    let mut names = fs::read_dir(dir)?
        .map(|e| e.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<String>>>()?;
    names.sort();
    let mut import = Import::default();
    let mut used = BTreeSet::new();
    for (pattern, take) in BY_NAME {
        for name in names.iter().filter(|n| fits(pattern, n)) {
            let bytes = fs::read(dir.join(name))?;
            take(&mut import, &String::from_utf8_lossy(&bytes));
            used.insert(name.clone());
        }
    }
    let ignored = names.into_iter().filter(|n| !used.contains(n)).collect();
    Ok(Imported { tree: import.finish(), ignored })
}

/// Makes a capture from a kernel log alone.
#[must_use]
pub fn kernel_log(text: &str) -> String {
    let mut import = Import::default();
    import.kernel_log(text);
    import.finish()
}

/// Words of log lines that concern the stack or what stands around it.
const TOLD: &[&str] = &[
    "NVRM",
    "nvidia",
    "NVIDIA",
    "nouveau",
    "nova",
    "vfio",
    "drm",
    "firmware",
    "vgaarb",
    "Console",
    "fb0",
    "Unknown",
    "taint",
    "Linux version",
    "ommand line",
    "pci 0000",
    "spoof",
    "Run /init",
];
/// Of the other lines of a log one in so many is kept, as noise to read past.
const NOISE: usize = 24;

/// A capture without most of the log lines that no rule could ever ask for.
#[must_use]
pub fn trimmed(tree: &str) -> String {
    let mut in_log = false;
    let mut others = 0;
    let mut keep = |line: &str| {
        in_log = line == "dmesg <<EOF" || in_log && line != "EOF";
        let told = !in_log || TOLD.iter().any(|word| line.contains(word));
        others += usize::from(!told);
        told || others % NOISE == 1
    };
    tree.lines().filter(|line| keep(line)).map(|line| format!("{line}\n")).collect()
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == pattern,
    }
}

/// A section's text without its final `rc=N` line and blank lines.
fn body(text: &str) -> String {
    let lines = text.lines().filter(|l| !l.starts_with("rc="));
    lines.map(|l| format!("{l}\n")).collect::<String>().trim_end().to_owned()
}

#[derive(Default)]
struct Import {
    /// Paths with the text of their entry; the first word on a path stands.
    entries: BTreeMap<String, String>,
    /// Where a PCI device stands below sys/devices, by its address.
    pci: BTreeMap<String, String>,
}

impl Import {
    fn put(&mut self, path: &str, entry: String) {
        self.entries.entry(path.trim_matches('/').to_owned()).or_insert(entry);
    }

    fn file(&mut self, path: &str, text: String) {
        let entry = match text.lines().count() {
            0 => "=".to_owned(),
            1 => format!("= {text}"),
            _ => format!("<<EOF\n{text}\nEOF"),
        };
        self.put(path, entry);
    }

    fn absent(&mut self, path: &str) {
        self.put(path, "! ENOENT".to_owned());
    }

    fn kernel_log(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((_, release)) = line.split_once("Linux version ") {
                let release = release.split(' ').next().unwrap_or("");
                self.file("proc/sys/kernel/osrelease", release.to_owned());
            }
            if let Some((_, words)) = line.split_once("Kernel command line: ") {
                self.file("proc/cmdline", words.trim().to_owned());
            }
            self.pci_in_log(line);
        }
        self.file("dmesg", body(text));
    }

    /// `pci 0000:00:01.0: [10de:2206] type 00 class 0x030000 …`, as the kernel
    /// logs each function that it finds (drivers/pci/probe.c).
    fn pci_in_log(&mut self, line: &str) {
        if let Some((head, rest)) = line.split_once(": spoofed as ") {
            // The guest of these boots relabelled an emulated device: what was
            // found at power-on is no longer what sysfs showed.
            let bdf = head.rsplit(' ').next().unwrap_or("");
            let mut words = rest.split([':', ' ']);
            if let (Some(vendor), Some(device), Some(class)) =
                (words.next(), words.next(), words.nth(1))
            {
                let hex = |word: &str| format!("0x{word}");
                self.pci_ids(bdf, &hex(vendor), &hex(device), &hex(class));
            }
        }
        let Some((_, rest)) = line.split_once("pci ") else { return };
        let Some((bdf, rest)) = rest.split_once(": [") else { return };
        let Some((ids, rest)) = rest.split_once("] type ") else { return };
        let class = rest.split_once("class 0x").and_then(|(_, c)| c.split(' ').next());
        let (Some((vendor, device)), Some(class)) = (ids.split_once(':'), class) else { return };
        self.pci_ids(bdf, &format!("0x{vendor}"), &format!("0x{device}"), &format!("0x{class}"));
    }

    fn pci_ids(&mut self, bdf: &str, vendor: &str, device: &str, class: &str) {
        let at = self.pci_home(bdf);
        for (leaf, value) in [("vendor", vendor), ("device", device), ("class", class)] {
            self.entries.insert(format!("{at}/{leaf}"), format!("= {value}"));
        }
    }

    /// The device's folder; /sys/bus/pci/devices only holds links to these.
    fn pci_home(&mut self, bdf: &str) -> String {
        let at = format!("sys/devices/pci0000:00/{bdf}");
        let at = self.pci.entry(bdf.to_owned()).or_insert(at).clone();
        let below = at.strip_prefix("sys/").unwrap_or(&at);
        self.put(&format!("sys/bus/pci/devices/{bdf}"), format!("-> ../../../{below}"));
        at
    }

    /// `PATH VENDOR DEVICE CLASS IRQ MODALIAS [BOOT_VGA]`, then resource lines.
    fn pci_listing(&mut self, text: &str) {
        let mut resources: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [path, vendor, device, class, _irq, _alias, rest @ ..] = words.as_slice() {
                let bdf = path.rsplit('/').next().unwrap_or(path);
                self.pci_ids(bdf, vendor, device, class);
                let at = self.pci_home(bdf);
                match rest.first() {
                    Some(first) => self.file(&format!("{at}/boot_vga"), (*first).to_owned()),
                    None => self.absent(&format!("{at}/boot_vga")),
                }
                resources.push((at, String::new()));
            } else if line.starts_with("0x") {
                if let Some((_, lines)) = resources.last_mut() {
                    lines.push_str(line);
                    lines.push('\n');
                }
            }
        }
        for (at, lines) in resources.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            self.file(&format!("{at}/resource"), lines.trim_end().to_owned());
        }
    }

    /// `## module` headings, then `PERMISSIONS NAME=VALUE` lines. Only the two
    /// display modules: nvidia_uvm has half a hundred that no rule asks for.
    fn parameters(&mut self, text: &str) {
        let mut module = "";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("## ") {
                module = name;
            } else if matches!(module, "nvidia_drm" | "nvidia_modeset") {
                let Some((mode, pair)) = line.split_once(' ') else { continue };
                let pair = pair.split_once('=').filter(|_| mode.starts_with("-r"));
                if let Some((name, value)) = pair {
                    let path = format!("sys/module/{module}/parameters/{name}");
                    self.file(&path, value.to_owned());
                }
            }
        }
    }

    fn inodes(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split(' ');
            if let (Some(path), Some(ino)) = (words.next(), words.next()) {
                if path.starts_with("/sys/module/") && ino.starts_with("ino=") {
                    // A folder's entry ends in a slash, which `put` would take off.
                    self.entries.insert(format!("{}/", path.trim_matches('/')), ino.to_owned());
                }
            }
        }
    }

    /// `## ./path` headings with the files of /proc/driver/nvidia below them.
    fn proc_driver(&mut self, text: &str) {
        for part in text.split("## ./").skip(1) {
            if let Some((path, content)) = part.split_once('\n') {
                self.file(&format!("proc/driver/nvidia/{path}"), body(content));
            }
        }
    }

    /// The output of `find /proc/driver/nvidia`: files known to be there or not.
    fn proc_tree(&mut self, text: &str) {
        let suspend = "/proc/driver/nvidia/suspend";
        if text.lines().any(|l| l == suspend) {
            self.file(suspend, String::new());
        } else {
            self.absent(suspend);
        }
    }

    /// What `cat` and `ls -la` of proc, sysfs and /dev print.
    fn shell_output(&mut self, text: &str) {
        let mut folder = "";
        let mut information: Vec<&str> = Vec::new();
        let mut version: Vec<&str> = Vec::new();
        for line in text.lines() {
            if let Some(path) = missing_path(line) {
                self.missing(path);
            } else if line.starts_with('/') && line.ends_with(':') {
                folder = line.trim_end_matches(':').trim_end_matches('/');
            } else if line.contains('\t') {
                information.push(line);
            } else if line.starts_with("NVRM version:") || line.starts_with("GCC version:") {
                version.push(line);
            } else if matches!(line, "Y" | "N") {
                self.file("sys/module/nvidia_drm/parameters/modeset", line.to_owned());
            } else {
                self.listed(folder, line);
            }
        }
        let bdf = information.iter().find_map(|l| l.strip_prefix("Bus Location: \t "));
        if let Some(bdf) = bdf {
            let path = format!("proc/driver/nvidia/gpus/{bdf}/information");
            self.file(&path, information.join("\n"));
        }
        if !version.is_empty() {
            self.file("proc/driver/nvidia/version", version.join("\n"));
        }
        if text.contains("/sys/bus/pci/devices/") {
            let homes: Vec<String> = self.pci.values().cloned().collect();
            for at in homes {
                self.absent(&format!("{at}/driver"));
            }
        }
    }

    fn missing(&mut self, path: &str) {
        if path == "/proc/driver/nvidia/version" {
            self.absent("proc/driver/nvidia");
        } else if !path.contains('*') {
            self.absent(path);
        }
    }

    /// One line of `ls -la` in a folder.
    fn listed(&mut self, folder: &str, line: &str) {
        if let Some((left, target)) = line.split_once(" -> ") {
            let name = left.rsplit(' ').next().unwrap_or(left);
            let path =
                if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") };
            self.link(path.trim_start_matches('/'), target);
            return;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [mode, _, _, _, major, minor, .., name] if mode.starts_with('c') => {
                let path = format!("{folder}/{name}");
                self.put(&path, format!("@ {}:{minor}", major.trim_end_matches(',')));
            }
            [mode, .., "version"] if mode.starts_with('-') && folder == "/sys/class/drm" => {
                self.file("sys/class/drm/version", "drm 1.1.0 20060810".to_owned());
            }
            _ => {}
        }
    }

    fn link(&mut self, path: &str, target: &str) {
        let driver =
            path.strip_prefix("sys/bus/pci/devices/").and_then(|rest| rest.strip_suffix("/driver"));
        if let Some(bdf) = driver {
            let at = self.pci_home(bdf);
            self.put(&format!("{at}/driver"), format!("-> {target}"));
        } else if let Some(name) = path.strip_prefix("sys/class/drm/").filter(|n| !n.contains('/'))
        {
            self.put(path, format!("-> {target}"));
            if let Some((at, bdf)) = pci_parent(target).filter(|_| !name.contains('-')) {
                self.pci.insert(bdf.to_owned(), format!("sys/{at}"));
                let card = target.trim_start_matches("../");
                self.put(&format!("sys/{card}/device"), format!("-> ../../../{bdf}"));
            }
        }
    }

    fn finish(mut self) -> String {
        for top in ["boot/", "dev/", "etc/", "lib/", "proc/", "run/", "sys/", "usr/"] {
            self.entries.insert(top.to_owned(), "?".to_owned());
        }
        self.entries.into_iter().map(|(path, entry)| format!("{path} {entry}\n")).collect()
    }
}

/// The path in "cat: can't open 'PATH'" and "ls: PATH: No such file or directory".
fn missing_path(line: &str) -> Option<&str> {
    let quoted = |l: &'static str| line.strip_prefix(l)?.split('\'').next();
    let listed = || line.strip_prefix("ls: ")?.strip_suffix(": No such file or directory");
    quoted("cat: can't open '").or_else(listed).filter(|p| p.starts_with('/'))
}

/// `devices/pci0000:00/0000:01:00.0` and its last part, of a DRM card's link.
fn pci_parent(target: &str) -> Option<(&str, &str)> {
    let (at, _) = target.trim_start_matches("../").split_once("/drm/")?;
    let bdf = at.rsplit('/').next()?;
    bdf.contains(':').then_some((at, bdf))
}
