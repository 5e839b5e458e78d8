//! The lines to paste for a choice: options of NixOS, and for other machines the changes
//! that `cures` turns into lines of its own files, with words where those are not known.

use super::machine::Machine;
use super::{Choice, Effect, Row};
use crate::view::cures::{self, Wish};
use crate::view::maker::Maker;
use nvpreflight::expect::Goal;
use nvpreflight::facts::Facts;
use nvpreflight::rule::change::{Change, DRAWS, SLEEP_UNITS};
use nvpreflight::tree::Tree;
use serde::Serialize;

/// What to paste.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Lines {
    /// For NixOS's configuration.
    pub nixos: Vec<String>,
    /// For others: what to write where, and what to run.
    pub others: Vec<String>,
    /// What the others' lines are made of.
    #[serde(skip)]
    wishes: Vec<Wish>,
}

impl Lines {
    /// The lines for this machine alone, whose files are known: each file with what it
    /// already holds.
    pub fn settle(&mut self, root: &dyn Tree, facts: &Facts) {
        match cures::wished(&self.wishes, root, facts) {
            Some(lines) => (self.nixos, self.others) = (Vec::new(), lines),
            None => self.others.clear(),
        }
    }

    fn wish(&mut self, changes: &'static [Change], words: Vec<(Maker, String)>) {
        self.wishes.push(Wish { changes, setting: None, words });
    }
}

pub(super) fn of(m: &Machine, choice: Choice, rows: &[Row]) -> Lines {
    let has = |goal: Goal| rows.iter().any(|row| row.goal == goal);
    let mut lines = Lines::default();
    // A NixOS configuration sets each option once.
    let (mut in_initrd, mut on_root) = (Vec::new(), Vec::new());
    match choice {
        Choice::Early => {
            in_initrd.extend(DRAWS);
            lines.wish(&[Change::LoadEarly(DRAWS)], early(DRAWS));
        }
        Choice::Late | Choice::LateAndHold => {
            // Passed-through GPUs are not to be asked for at all.
            if !has(Goal::Vfio) && (has(Goal::Wayland) || has(Goal::X11)) {
                on_root.push(&"nvidia_drm");
                lines.wish(&[Change::LoadAtBoot(&["nvidia_drm"])], at_boot("nvidia_drm"));
            }
            if choice == Choice::LateAndHold {
                lines.nixos.push("services.nvpreflight.holdDisplay.enable = true;".into());
                let words = "\"on_error\": \"hold-display\" in /etc/nvpreflight/expect.json";
                lines.wish(&[], all(words));
                const UNIT: &[&str] = &["nvpreflight-pre-display.service"];
                lines.wish(&[Change::Enable(UNIT)], enable(UNIT));
            }
            if m.early_now == Some(true) {
                lines.nixos.push("# and take nvidia out of boot.initrd.kernelModules".into());
                lines.wish(&[Change::LoadLate], without());
            }
        }
    }
    let prompt = rows.iter().find(|row| row.goal == Goal::LuksPrompt);
    let at_risk = prompt.is_some_and(|row| {
        Choice::ALL
            .iter()
            .zip(&row.cells)
            .any(|(c, cell)| *c == choice && cell.effect == Effect::Risk)
    });
    if at_risk {
        const WORD: &str = "plymouth.use-simpledrm";
        lines.nixos.push(format!("boot.kernelParams = [ \"{WORD}\" ];"));
        lines.wish(&[Change::AddWord(WORD)], all(format!("add {WORD} to the kernel command line")));
    }
    if has(Goal::Cuda) {
        on_root.push(&"nvidia_uvm");
        lines.wish(&[Change::LoadAtBoot(&["nvidia_uvm"])], at_boot("nvidia_uvm"));
    }
    if has(Goal::Suspend) || has(Goal::Hibernate) {
        lines.nixos.push("hardware.nvidia.powerManagement.enable = true;".into());
        lines.wish(&[Change::Enable(SLEEP_UNITS)], enable(SLEEP_UNITS));
    }
    if has(Goal::Vfio) {
        in_initrd.push(&"vfio_pci");
        lines.wishes.extend(vfio(m));
    }
    for (option, names) in
        [("boot.kernelModules", on_root), ("boot.initrd.kernelModules", in_initrd)]
    {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            lines.nixos.insert(0, format!("{option} = [ {} ];", names.join(" ")));
        }
    }
    let named = |(maker, line): &(Maker, String)| match maker {
        Maker::Unknown => line.clone(),
        maker => format!("{}: {line}", maker.name()),
    };
    lines.others = lines.wishes.iter().flat_map(|wish| wish.words.iter().map(named)).collect();
    lines
}

/// How each maker's initrd is made to load modules.
fn early(modules: &[&str]) -> Vec<(Maker, String)> {
    let told = |maker: Maker| Some((maker, cures::early_in_words(maker, modules)?));
    Maker::HOOKED.iter().filter_map(|(maker, _)| told(*maker)).collect()
}

/// How it is made to load none of the stack.
fn without() -> Vec<(Maker, String)> {
    let lists = [
        (Maker::Dracut, "force_drivers and add_drivers in /etc/dracut.conf.d"),
        (Maker::Mkinitcpio, "MODULES=(…) of /etc/mkinitcpio.conf"),
        (Maker::InitramfsTools, "/etc/initramfs-tools/modules"),
    ];
    lists
        .map(|(maker, list)| (maker, format!("remove nvidia from {list}, then rebuild the initrd")))
        .into()
}

fn at_boot(module: &str) -> Vec<(Maker, String)> {
    all(format!("echo {module} | sudo tee -a /etc/modules-load.d/nvpreflight.conf"))
}

fn enable(units: &[&str]) -> Vec<(Maker, String)> {
    all(format!("sudo systemctl enable {}", units.join(" ")))
}

/// Words for every machine.
fn all(words: impl Into<String>) -> Vec<(Maker, String)> {
    vec![(Maker::Unknown, words.into())]
}

/// vfio-pci is given the GPUs by their models, and loaded before a driver takes one. A model
/// that two GPUs share would take both, so that the address has to tell.
fn vfio(m: &Machine) -> Vec<Wish> {
    const FIRST: &[&str] = &["vfio_pci"];
    let mut ids: Vec<&str> = m.gpus.iter().map(|gpu| gpu.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < m.gpus.len() {
        let each = m.gpus.iter().map(|gpu| {
            format!("sudo driverctl set-override {} vfio-pci    # for this GPU alone", gpu.bdf)
        });
        let words = each.map(|line| (Maker::Unknown, line)).collect();
        return vec![Wish { changes: &[], setting: None, words }];
    }
    let ids = if ids.is_empty() { None } else { Some(ids.join(",")) };
    let line = match &ids {
        Some(ids) => format!("options vfio-pci ids={ids}"),
        None => "options vfio-pci ids=VENDOR:DEVICE".to_owned(),
    };
    let only = Wish {
        changes: if ids.is_some() { &[Change::SetExpected] } else { &[] },
        setting: ids.map(|ids| ("vfio-pci", "ids", ids)),
        words: all(format!("add to /etc/modprobe.d/vfio.conf: {line}")),
    };
    vec![only, Wish { changes: &[Change::LoadEarly(FIRST)], setting: None, words: early(FIRST) }]
}
