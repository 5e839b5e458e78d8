//! Who has a card's device nodes open, from the descriptors and mappings of
//! every process. A process that cannot be looked at is counted, never ignored.
//! Mappings are searched here: procfs 0.18 panics on a mapped file whose name is
//! `/SYSV` and less than eight digits, which any user can make.

use super::function::Function;
use super::host::{self, Host, note};
use nix::sys::stat::{major, minor};
use nvpreflight_tool::base::clean;
use procfs::process::{FDTarget, Process};
use procfs::{Devices, FromBufRead, ProcError, ProcResult};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Character devices of DRM and of nvidia (Documentation/admin-guide/devices.txt).
const DRM_MAJOR: u64 = 226;
const NVIDIA_MAJOR: u64 = 195;
/// Inode of the first PID namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO).
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;
/// Bytes of one process's maps that are read: some 160,000 mappings, more than twice what
/// the kernel lets a process have by default (Documentation/admin-guide/sysctl/vm.rst,
/// max_map_count).
const MAPS_LIMIT: u64 = 16 << 20;

/// Who uses a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Users {
    /// Who was seen, by process number.
    pub seen: Vec<User>,
    /// Processes whose descriptors may not be read.
    pub hidden: usize,
}

/// A process with a node of the card open or mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Process number.
    pub pid: u32,
    /// Its name, made harmless.
    pub name: String,
    /// The node it has, made harmless.
    pub node: String,
}

/// The nodes that count as the card's.
struct Nodes {
    paths: BTreeSet<String>,
    numbers: BTreeSet<(u64, u64)>,
    /// All of NVIDIA's nodes, because which GPU a client of /dev/nvidiactl means
    /// cannot be seen from outside.
    nvidia: bool,
    nvidia_majors: BTreeSet<u64>,
}

/// Looks through all processes.
pub fn look(host: &Host, functions: &[Function], unclear: &mut Vec<String>) -> Users {
    let nodes = nodes(host, functions, unclear);
    if nodes.paths.is_empty() && !nodes.nvidia {
        return Users::default();
    }
    if host.is_live() && !sees_all_processes() {
        unclear.push("processes outside of this container cannot be seen".to_owned());
    }
    let mut users = Users::default();
    let proc = host.path("proc");
    let Some(names) = note(host::names(&proc), unclear) else {
        unclear.push("there is no /proc: who uses the card cannot be seen".to_owned());
        return users;
    };
    let pids: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if pids.is_empty() {
        unclear.push("/proc shows no process: who uses the card cannot be seen".to_owned());
    }
    for pid in pids {
        let folder = proc.join(pid.to_string());
        match node_of(&folder, &nodes) {
            Ok(Some(node)) => {
                let name = host::text(&folder.join("comm")).ok().flatten().unwrap_or_default();
                let node = clean::line(node.as_bytes());
                users.seen.push(User { pid, name: clean::line(name.as_bytes()), node });
            }
            Ok(None) => {}
            Err(error) if gone(&error, &folder) => {}
            Err(ProcError::Io(error, _)) if error.kind() == ErrorKind::FileTooLarge => unclear.push(format!(
                "process {pid} has more than {} MiB of mappings: whether one is of the card cannot \
                 be told",
                MAPS_LIMIT >> 20
            )),
            Err(_) => users.hidden += 1,
        }
    }
    users.seen.sort_by_key(|user| user.pid);
    users
}

fn nodes(host: &Host, functions: &[Function], unclear: &mut Vec<String>) -> Nodes {
    let mut found = Nodes {
        paths: BTreeSet::new(),
        numbers: BTreeSet::new(),
        nvidia: functions.iter().any(|function| function.driver.as_deref() == Some("nvidia")),
        nvidia_majors: BTreeSet::from([NVIDIA_MAJOR]),
    };
    for function in functions {
        found.paths.extend(adapters(function, unclear));
        found.paths.extend(sound(function, unclear));
        for node in note(host::names(&function.folder.join("drm")), unclear).unwrap_or_default() {
            let number = host::text(&function.folder.join("drm").join(&node).join("dev"));
            if let Some((_, minor)) = note(number, unclear).as_deref().and_then(numbers) {
                found.numbers.insert((DRM_MAJOR, minor));
            }
            found.paths.insert(format!("/dev/dri/{node}"));
        }
        if let (true, Some(group)) = (function.on_vfio(), function.group) {
            found.paths.insert(format!("/dev/vfio/{group}"));
        }
    }
    // nvidia-uvm, nvidia-caps and others have numbers by chance; /proc/devices names them.
    let devices = note(host::text(&host.path("proc/devices")), unclear);
    if devices.is_none() && found.nvidia {
        unclear.push("there is no /proc/devices: nvidia's nodes cannot be told".to_owned());
    }
    match devices.as_deref().map(|text| Devices::from_buf_read(text.as_bytes())) {
        Some(Ok(devices)) => found.nvidia_majors.extend(
            (devices.char_devices.iter().filter(|device| device.name.starts_with("nvidia")))
                .map(|device| u64::from(device.major)),
        ),
        Some(Err(error)) => unclear.push(format!("/proc/devices cannot be read: {error}")),
        None => {}
    }
    found
}

/// I2C adapters of a function: removing one waits until nobody has its node open
/// (drivers/i2c/i2c-core-base.c, `i2c_del_adapter`).
fn adapters(function: &Function, unclear: &mut Vec<String>) -> Vec<String> {
    let names = note(host::names(&function.folder), unclear).unwrap_or_default();
    names
        .iter()
        .filter(|name| name.starts_with("i2c-"))
        .map(|name| format!("/dev/{name}"))
        .collect()
}

/// Sound devices of a function (`sound/card1/pcmC1D3p`).
fn sound(function: &Function, unclear: &mut Vec<String>) -> Vec<String> {
    let folder = function.folder.join("sound");
    let cards = note(host::names(&folder), unclear).unwrap_or_default();
    let mut found = Vec::new();
    for card in cards.iter().filter(|name| name.starts_with("card")) {
        let names = note(host::names(&folder.join(card)), unclear).unwrap_or_default();
        let is_device = |name: &&String| {
            ["controlC", "pcmC", "hwC"].iter().any(|start| name.starts_with(start))
        };
        found.extend(names.iter().filter(is_device).map(|name| format!("/dev/snd/{name}")));
    }
    found
}

fn numbers(text: &str) -> Option<(u64, u64)> {
    let (major, minor) = text.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The first node of the card that a process has open or mapped.
fn node_of(folder: &Path, nodes: &Nodes) -> ProcResult<Option<String>> {
    for open in Process::new_with_root(folder.to_owned())?.fd()? {
        let open = open?;
        let FDTarget::Path(target) = open.target else { continue };
        let target = target.to_string_lossy().into_owned();
        let descriptor = folder.join("fd").join(open.fd.to_string());
        if is_node(&target, nodes) || is_number(&descriptor, nodes) {
            return Ok(Some(target));
        }
    }
    // A mapping keeps the file in use after its descriptor is closed.
    let maps = BufReader::new(host::open(&folder.join("maps"))?.take(MAPS_LIMIT + 1));
    let mut left = MAPS_LIMIT;
    for line in maps.split(b'\n') {
        let line = line?;
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX).saturating_add(1);
        left = left.checked_sub(length).ok_or_else(|| io::Error::from(ErrorKind::FileTooLarge))?;
        let line = String::from_utf8_lossy(&line);
        let path = line.find('/').and_then(|at| line.get(at..));
        if let Some(path) = path.filter(|path| is_node(path, nodes)) {
            return Ok(Some(path.to_owned()));
        }
    }
    Ok(None)
}

fn is_node(path: &str, nodes: &Nodes) -> bool {
    let path = path.trim_end_matches(" (deleted)");
    nodes.paths.contains(path) || (nodes.nvidia && path.starts_with("/dev/nvidia"))
}

/// By number, because a node may lie at any path.
fn is_number(descriptor: &Path, nodes: &Nodes) -> bool {
    let Ok(data) = fs::metadata(descriptor) else { return false };
    if !data.file_type().is_char_device() {
        return false;
    }
    let (major, minor) = (major(data.rdev()), minor(data.rdev()));
    nodes.numbers.contains(&(major, minor))
        || (nodes.nvidia && nodes.nvidia_majors.contains(&major))
}

/// A process that ended meanwhile uses nothing, nor does one without memory: newer
/// kernels answer ESRCH for a kernel thread's maps.
fn gone(error: &ProcError, folder: &Path) -> bool {
    match error {
        ProcError::NotFound(_) => !folder.exists(),
        ProcError::Io(error, _) => error.raw_os_error() == Some(nix::errno::Errno::ESRCH as i32),
        _ => false,
    }
}

fn sees_all_processes() -> bool {
    fs::metadata("/proc/self/ns/pid").is_ok_and(|data| data.ino() == FIRST_PID_NAMESPACE)
}
