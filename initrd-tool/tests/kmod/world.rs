//! Random module trees and modprobe.d folders: a seed makes one root directory with
//! depmod's index, a command line, and names to ask for.

use super::elf::{Module, module};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

pub const RELEASE: &str = "9.9.9-test";
/// kmod's directories in its order.
pub const DIRECTORIES: [&str; 5] = [
    "etc/modprobe.d",
    "run/modprobe.d",
    "usr/local/lib/modprobe.d",
    "usr/lib/modprobe.d",
    "lib/modprobe.d",
];
const MODULES: [&str; 9] =
    ["alpha", "beta-x", "gamma_y", "delta", "nv", "nv-modeset", "nv-drm", "nv_uvm", "zeta-1-2"];
const BUILTIN: [&str; 2] = ["core-b", "serial_b"];

/// A small generator of numbers (xorshift64*, Vigna 2016), so that a seed is a case.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() as usize) % n
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// A module's name with its dashes and underscores as they fall.
    fn name(&mut self) -> String {
        let name = if self.one_in(12) { self.pick(&BUILTIN) } else { self.pick(&MODULES) };
        match self.below(3) {
            0 => name.replace('-', "_"),
            1 => name.replace('_', "-"),
            _ => name.into(),
        }
    }

    /// A name, pattern, alias, or something that is none.
    fn target(&mut self) -> String {
        match self.below(8) {
            0 => self
                .pick(&["nv*", "nv[_-]drm", "?eta_x", "*", "[a-g]*", "nv[!_]*", "delt\\a"])
                .into(),
            1 => self
                .pick(&["pci:v10DEd2206", "usb-x", "gone", "ali", "ali-2", "symbol:beta_x_f", "x]"])
                .into(),
            _ => self.name(),
        }
    }

    fn softdep(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(3) {
            text += self.pick(&["", "", " ", "  ", "\t", "\x0b", "junk "]);
            text += self.pick(&["pre: ", "post: ", "pre: ", "post: ", "post:", "pre", "Pre: "]);
            for _ in 0..self.below(3) {
                text += &self.target();
                text += self.pick(&[" ", " ", "  ", ",", "\t", "\r ", "\x0b", "\0", "\x0c "]);
            }
        }
        text
    }

    fn line(&mut self) -> String {
        let blank = self.pick(&[" ", " ", " ", "\t", "  ", " \\\n "]);
        let target = self.target();
        match self.below(15) {
            0..=3 => format!("softdep {target}{blank}{}", self.softdep()),
            4..=6 => {
                let value = self.pick(&[
                    "modeset=1",
                    "a=1 b",
                    "dyndbg=\"f x +p\"",
                    "c=\\\\d",
                    "x=1\r",
                    "  y",
                    "z=1\0 off=1",
                ]);
                format!("options {target}{blank}{value}")
            }
            7 | 8 => {
                format!(
                    "alias{blank}{target} {}{}",
                    self.target(),
                    self.pick(&["", " z", "\r", "\tz ]"])
                )
            }
            9 => format!("blacklist{blank}{target}{}", self.pick(&["", " # c", "\r", " "])),
            10 | 11 => format!(
                "install {target}{blank}{}",
                self.pick(&["/bin/false", "/sbin/modprobe -i x $CMDLINE_OPTS", ""])
            ),
            12 => format!("remove {target}{blank}/bin/true"),
            13 => format!("weakdep {target}{blank}{}", self.target()),
            _ => self
                .pick(&[
                    "# comment \\",
                    "",
                    " # x",
                    "option nv a=1",
                    "include a",
                    "softdep",
                    "alias nv",
                    "\\",
                ])
                .into(),
        }
    }

    fn config(&mut self) -> String {
        let lines: Vec<_> = (0..self.below(7)).map(|_| self.line()).collect();
        // A backslash as the last byte of a file is read as byte 0xff by kmod before 34
        // and left out since: no oracle for both.
        lines.join("\n").trim_end_matches('\\').to_owned() + self.pick(&["\n", ""])
    }

    /// A kernel command line.
    pub fn cmdline(&mut self) -> String {
        let word = |dice: &mut Self| {
            let name = dice.target();
            match dice.below(8) {
                7 => format!("modprobe.blacklist=\"{name},{}\"", dice.name()),
                0 => format!("modprobe.blacklist={name},{}", dice.name()),
                1 => format!("\"{name}.q=a b\""),
                2 => format!("{name}.p=\"c d\""),
                3 => format!("{name}.bare"),
                4 => dice
                    .pick(&[
                        "quiet",
                        "root=/dev/a.b",
                        "x.\"y=1",
                        "a\"b.c=1",
                        "modprobe.blacklist",
                        "--",
                    ])
                    .into(),
                _ => format!("{name}.v=1"),
            }
        };
        let words: Vec<_> = (0..self.below(6)).map(|_| word(self)).collect();
        words.join(self.pick(&[" ", "  ", "\t", "\x0b", "\x0c"])) + "\n"
    }

    /// Names to ask for.
    pub fn questions(&mut self, count: usize) -> Vec<String> {
        let plain = |t: &String| !t.starts_with(['/', '.', '-']);
        (0..count).map(|_| self.target()).filter(plain).collect()
    }
}

fn modules(dice: &mut Dice, folder: &Path) {
    fs::create_dir_all(folder.join("kernel")).unwrap();
    for (at, name) in MODULES.iter().enumerate() {
        // Of some names there is no file, and of some only what depmod has seen.
        if dice.one_in(9) {
            continue;
        }
        let kernel = name.replace('-', "_");
        let mut made = Module { exports: vec![format!("{kernel}_f")], ..Module::default() };
        for other in &MODULES[..at] {
            if dice.one_in(4) {
                made.imports.push(format!("{}_f", other.replace('-', "_")));
            }
        }
        made.info.push(format!("name={kernel}"));
        if dice.one_in(3) {
            let alias =
                dice.pick(&["pci:v10DEd*", "usb-*", "ali", "pci:v*d2206", "pci:v10DEd[0-4]*"]);
            made.info.push(format!("alias={alias}"));
        }
        if dice.one_in(5) {
            let target = dice.target();
            let softdep = dice.pick(&["pre: ", "post: ", "pre: a,b "]).to_owned() + &target;
            made.info.push(format!("softdep={softdep}"));
        }
        fs::write(folder.join(format!("kernel/{name}.ko")), module(&made)).unwrap();
    }
    let builtin: String = BUILTIN.iter().map(|b| format!("kernel/{b}.ko\n")).collect();
    fs::write(folder.join("modules.builtin"), builtin).unwrap();
    fs::write(folder.join("modules.builtin.modinfo"), "core_b.alias=usb-core*\0").unwrap();
    let order: String = MODULES.iter().rev().map(|m| format!("kernel/{m}.ko\n")).collect();
    fs::write(folder.join("modules.order"), order).unwrap();
}

/// Makes a root. False when depmod found a loop of symbols, which cannot be here.
pub fn make(dice: &mut Dice, root: &Path) {
    let folder = root.join("lib/modules").join(RELEASE);
    modules(dice, &folder);
    let depmod = Command::new("depmod").arg("-b").arg(root).arg(RELEASE).output().unwrap();
    assert!(depmod.status.success(), "{depmod:?}");
    // A file that the index names and the image lacks.
    if dice.one_in(6) {
        let _ = fs::remove_file(folder.join(format!("kernel/{}.ko", dice.pick(&MODULES))));
    }
    for directory in DIRECTORIES {
        if dice.one_in(3) {
            continue;
        }
        let path = root.join(directory);
        fs::create_dir_all(&path).unwrap();
        let names =
            ["a.conf", "modules.conf", "modules.t.conf", "z.conf", "B.conf", ".h.conf", "x.bak"];
        for name in names {
            if !dice.one_in(3) {
                continue;
            }
            match dice.below(12) {
                0 => symlink("/dev/null", path.join(name)).unwrap(),
                // No dangling link: kmod before 34 looks at memory it never set and mostly
                // lets it hide later files, later kmod passes over it.
                1 => fs::create_dir(path.join(name)).unwrap(),
                _ => fs::write(path.join(name), dice.config()).unwrap(),
            }
        }
    }
}
