//! Names of a host and of its people, from the root that was looked at: a rescue
//! system's own would not help. Reads what it is given and nothing else.

use nvpreflight::tree::Tree;

/// Shorter names are too likely a part of something else.
const LEAST: usize = 3;
/// Users of one machine that are looked for.
const USERS_MAX: usize = 256;
/// People's accounts (login.defs UID_MIN; systemd's dynamic users end below 65 000).
const UIDS: std::ops::Range<u32> = 1000..65_000;
/// Bytes of a file that are read.
const FILE_MAX: usize = 256 << 10;

/// Names to take out.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<String>,
}

impl Names {
    /// These names.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut out = Self::default();
        names.into_iter().for_each(|name| out.add(name));
        out
    }

    /// Those that a root file system or a running system tells: its host name whole
    /// and up to the first dot, its pretty name, the accounts of people and their
    /// names in full.
    pub fn of_tree(&mut self, tree: &dyn Tree) {
        let mut buf = vec![0; FILE_MAX];
        let mut read = |path: &str| match tree.read(path, &mut buf).yes() {
            Some(got) => String::from_utf8_lossy(buf.get(..got.len).unwrap_or(&[])).into_owned(),
            None => String::new(),
        };
        for path in ["proc/sys/kernel/hostname", "etc/hostname"] {
            for line in read(path).lines().filter(|line| !line.starts_with('#')).take(4) {
                self.add(line);
                self.add(line.split('.').next().unwrap_or(""));
            }
        }
        for line in read("etc/machine-info").lines() {
            if let Some((_, name)) = line.split_once("HOSTNAME=") {
                self.add(name.trim_matches(['"', '\'']));
            }
        }
        for line in read("etc/passwd").lines().take(4096) {
            let fields: Vec<&str> = line.split(':').collect();
            let uid = fields.get(2).and_then(|uid| uid.parse::<u32>().ok());
            if !uid.is_some_and(|uid| UIDS.contains(&uid)) || self.names.len() > USERS_MAX {
                continue;
            }
            self.add(fields.first().copied().unwrap_or(""));
            let full = fields.get(4).and_then(|gecos| gecos.split(',').next()).unwrap_or("");
            self.add(full);
            full.split(' ').filter(|part| part.chars().count() > LEAST).for_each(|p| self.add(p));
        }
    }

    fn add(&mut self, name: &str) {
        let name = name.trim();
        if name.chars().count() >= LEAST && name.chars().any(char::is_alphabetic) {
            self.names.push(name.to_owned());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}
