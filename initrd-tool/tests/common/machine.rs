//! A machine whose initrd is made from its root, for tests that change that root: made
//! up in a folder of its own, judged by the program itself.

use super::image::Image;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A machine: its root, and what its image is made of beside the root's configuration.
pub struct Machine {
    pub folder: tempfile::TempDir,
    pub maker: &'static str,
    pub cmdline: String,
    pub brings: Vec<&'static str>,
    pub asks: Vec<&'static str>,
    /// Without a request the image has nvidia alone.
    pub half: bool,
    /// Without a request the image has no driver, as those of makers that were told nothing.
    pub only_asked: bool,
}

/// Files that make a root one maker's.
pub const MAKERS: [(&str, &str, &str); 3] = [
    ("initramfs-tools", "etc/initramfs-tools/modules", "# modules\n"),
    ("dracut", "etc/dracut.conf.d/10-debian.conf", "hostonly=yes\n"),
    ("mkinitcpio", "etc/mkinitcpio.conf", "# vim\nMODULES=(btrfs)\nHOOKS=(base udev modconf)\n"),
];

impl Machine {
    pub fn new(maker: &'static str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let machine = Self {
            folder,
            maker,
            cmdline: "quiet".into(),
            brings: Vec::new(),
            asks: Vec::new(),
            half: false,
            only_asked: false,
        };
        let made = MAKERS.iter().find(|(name, ..)| *name == maker).expect("a maker");
        machine.write("etc/os-release", "ID=somelinux\n");
        machine.write(made.1, made.2);
        for (path, text) in files {
            machine.write(path, text);
        }
        machine
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub fn write(&self, path: &str, text: &str) {
        let full = self.root().join(path);
        fs::create_dir_all(full.parent().expect("a folder")).expect("a folder");
        fs::write(full, text).expect(path);
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_default()
    }

    /// Makes the image from the root as the maker would: its modprobe.d, and the
    /// modules that its configuration asks for, in the maker's own form.
    pub fn rebuild(&self) -> PathBuf {
        let mut image: Image = super::bare();
        for folder in ["etc/modprobe.d", "usr/lib/modprobe.d"] {
            for entry in fs::read_dir(self.root().join(folder)).into_iter().flatten().flatten() {
                let name = entry.file_name().into_string().expect("a name");
                image.file(&format!("{folder}/{name}"), fs::read(entry.path()).expect("a file"));
            }
        }
        let (mark, path, requests) = self.requests();
        image.file(mark, "");
        let image_asks = requests.clone();
        if !requests.is_empty() {
            image.file(path, requests);
        }
        let all: &[&str] = &["nvidia", "nvidia_modeset", "nvidia_uvm", "nvidia_drm"];
        // What a maker was asked to load it puts in, with what that needs.
        let half = self.half && !image_asks.contains("nvidia_drm");
        if !self.only_asked
            || image_asks.lines().any(|l| !l.starts_with('#') && l.contains("nvidia"))
        {
            super::driver(&mut image, if half { &["nvidia"] } else { all });
        }
        if !self.asks.is_empty() {
            image.file("etc/modules-load.d/asked.conf", self.asks.join("\n"));
        }
        for file in self.held() {
            let bytes = fs::read(self.root().join(&file)).expect("a file");
            image.file(&file, bytes);
        }
        for module in &self.brings {
            super::stranger(&mut image, module);
        }
        let path = self.folder.path().join("initrd.img");
        fs::write(&path, image.cpio()).expect("an image");
        path
    }

    /// Files that the maker was asked to put into the image, as a merged /usr has them.
    fn held(&self) -> Vec<String> {
        let (conf, head, tail) = match self.maker {
            "dracut" => ("etc/dracut.conf.d/nvpreflight.conf", "install_items+=\"", '"'),
            "mkinitcpio" => ("etc/mkinitcpio.conf", "FILES+=(", ')'),
            _ => {
                let hook = self.read("etc/initramfs-tools/hooks/nvpreflight-files");
                let copied = hook.lines().filter_map(|line| {
                    line.strip_prefix("copy_file firmware ")?.strip_suffix(" || :")
                });
                return copied.map(|file| format!("usr{file}")).collect();
            }
        };
        let text = self.read(conf);
        let lists = text.lines().filter_map(|line| line.strip_prefix(head)?.strip_suffix(tail));
        lists.flat_map(str::split_whitespace).map(|file| format!("usr{file}")).collect()
    }

    /// The mark of the maker in an image, and its list of modules to load.
    pub fn requests(&self) -> (&'static str, &'static str, String) {
        match self.maker {
            "initramfs-tools" => {
                let list = self.read("etc/initramfs-tools/modules");
                ("conf/initramfs.conf", "conf/modules", list)
            }
            "dracut" => {
                let conf = self.read("etc/dracut.conf.d/nvpreflight.conf");
                let line = conf.lines().find(|line| line.starts_with("force_drivers"));
                let list = line.and_then(|l| l.split('"').nth(1)).unwrap_or("").split_whitespace();
                let words: String = list.map(|m| format!("rd.driver.pre={m}\n")).collect();
                ("usr/lib/dracut/hooks", "etc/cmdline.d/20-force_drivers.conf", words)
            }
            _ => {
                let conf = self.read("etc/mkinitcpio.conf");
                let list = conf.split("MODULES=(").nth(1).and_then(|r| r.split(')').next());
                ("init_functions", "config", format!("MODULES=\"{}\"\n", list.unwrap_or("")))
            }
        }
    }

    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
        let image = self.rebuild();
        let root = self.root();
        let at = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let cmdline = ["--cmdline".to_owned(), self.cmdline.clone()];
        let root = ["--root".to_owned(), at(&root), "--kernel".into(), super::RELEASE.into()];
        match args.first() {
            Some(&"fix") => command.args(args).args(["--for", &at(&image)]),
            _ => command.args(args).arg(at(&image)),
        };
        command.args(root).args(cmdline).output().expect("it runs")
    }

    /// Code and message of every finding.
    pub fn findings(&self, goal: &str) -> BTreeSet<(String, String)> {
        let output = self.run(&["check", "--json", "--goal", goal]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let list = report.get("findings").and_then(|f| f.as_array()).expect("findings").clone();
        let text = |f: &serde_json::Value, key: &str| {
            f.get(key).and_then(|v| v.as_str()).unwrap_or("").to_owned()
        };
        list.iter().map(|f| (text(f, "code"), text(f, "message"))).collect()
    }

    pub fn codes(&self, goal: &str) -> BTreeSet<String> {
        self.findings(goal).into_iter().map(|(code, _)| code).collect()
    }

    /// Every file below the root.
    pub fn files(&self) -> BTreeMap<PathBuf, String> {
        fn walk(folder: &Path, out: &mut BTreeMap<PathBuf, String>) {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                match entry.path() {
                    path if path.is_dir() => walk(&path, out),
                    path => drop(out.insert(path.clone(), fs::read_to_string(path).expect("text"))),
                }
            }
        }
        let mut out = BTreeMap::new();
        walk(&self.root().join("etc"), &mut out);
        out
    }
}
