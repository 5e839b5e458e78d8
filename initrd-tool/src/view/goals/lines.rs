//! The lines to paste for a choice, for the one who makes the machine's initrd.

use super::machine::Machine;
use super::surroundings::Maker;
use super::{Choice, Effect, Row};
use nvpreflight::expect::Goal;
use serde::Serialize;

/// What to paste.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Lines {
    /// For NixOS's configuration.
    pub nixos: Vec<String>,
    /// For others, each a file with its line or a command.
    pub others: Vec<String>,
}

/// The modules that draw; nvidia_uvm is for the real root.
const DRAWS: &str = "nvidia nvidia_modeset nvidia_drm";

pub(super) fn of(m: &Machine, choice: Choice, rows: &[Row]) -> Lines {
    let has = |goal: Goal| rows.iter().any(|row| row.goal == goal);
    let mut lines = Lines::default();
    // A NixOS configuration sets each option once.
    let (mut in_initrd, mut on_root) = (Vec::new(), Vec::new());
    match choice {
        Choice::Early => {
            in_initrd.extend(DRAWS.split(' '));
            lines.others.extend(early(m.maker()));
        }
        Choice::Late | Choice::LateAndHold => {
            // Passed-through GPUs are not to be asked for at all.
            if !has(Goal::Vfio) && (has(Goal::Wayland) || has(Goal::X11)) {
                on_root.push("nvidia_drm");
                lines.others.push("echo nvidia_drm > /etc/modules-load.d/nvidia.conf".into());
            }
            if choice == Choice::LateAndHold {
                lines.nixos.push("services.nvpreflight.holdDisplay.enable = true;".into());
                lines.others.push(
                    "\"on_error\": \"hold-display\" in /etc/nvpreflight/expect.json, and \
                     systemctl enable nvpreflight-pre-display.service"
                        .into(),
                );
            }
            if m.early_now == Some(true) {
                lines.nixos.push("# and take nvidia out of boot.initrd.kernelModules".into());
                lines.others.extend(without(m.maker()));
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
        lines.nixos.push("boot.kernelParams = [ \"plymouth.use-simpledrm\" ];".into());
        lines.others.push("plymouth.use-simpledrm on the kernel command line".into());
    }
    if has(Goal::Cuda) {
        on_root.push("nvidia_uvm");
        lines.others.push("echo nvidia_uvm > /etc/modules-load.d/nvidia-uvm.conf".into());
    }
    if has(Goal::Suspend) || has(Goal::Hibernate) {
        lines.nixos.push("hardware.nvidia.powerManagement.enable = true;".into());
        lines.others.push(
            "systemctl enable nvidia-suspend.service nvidia-hibernate.service nvidia-resume.service"
                .into(),
        );
    }
    if has(Goal::Vfio) {
        in_initrd.push("vfio_pci");
        lines.others.extend(vfio(m));
    }
    for (option, names) in
        [("boot.kernelModules", on_root), ("boot.initrd.kernelModules", in_initrd)]
    {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            lines.nixos.insert(0, format!("{option} = [ {} ];", names.join(" ")));
        }
    }
    lines
}

fn early(maker: Maker) -> Vec<String> {
    let dracut = format!(
        "echo 'force_drivers+=\" {DRAWS} \"' > /etc/dracut.conf.d/nvidia.conf && dracut -f"
    );
    let mkinitcpio = format!("MODULES=({DRAWS}) in /etc/mkinitcpio.conf, then mkinitcpio -P");
    let debian =
        format!("printf '%s\\n' {DRAWS} >> /etc/initramfs-tools/modules && update-initramfs -u");
    match maker {
        Maker::Dracut => vec![dracut],
        Maker::Mkinitcpio => vec![mkinitcpio],
        Maker::InitramfsTools => vec![debian],
        Maker::NixOs => Vec::new(),
        Maker::Booster | Maker::Unknown => vec![
            format!("dracut: {dracut}"),
            format!("mkinitcpio: {mkinitcpio}"),
            format!("initramfs-tools: {debian}"),
        ],
    }
}

fn without(maker: Maker) -> Vec<String> {
    match maker {
        Maker::Dracut => vec![format!(
            "echo 'omit_drivers+=\" {DRAWS} \"' > /etc/dracut.conf.d/nvidia.conf && dracut -f"
        )],
        Maker::Mkinitcpio => {
            vec!["remove nvidia from MODULES= in /etc/mkinitcpio.conf, then mkinitcpio -P".into()]
        }
        Maker::InitramfsTools => {
            vec!["remove nvidia from /etc/initramfs-tools/modules, then update-initramfs -u".into()]
        }
        Maker::NixOs | Maker::Booster | Maker::Unknown => Vec::new(),
    }
}

fn vfio(m: &Machine) -> Vec<String> {
    let ids: Vec<&str> = m.gpus.iter().map(|gpu| gpu.id.as_str()).collect();
    let ids = if ids.is_empty() { "VENDOR:DEVICE".to_owned() } else { ids.join(",") };
    vec![
        format!(
            "echo 'options vfio-pci ids={ids}' | sudo tee -a /etc/modprobe.d/vfio.conf    # and in the initrd"
        ),
        match m.maker() {
            Maker::Mkinitcpio => "MODULES=(vfio_pci) in /etc/mkinitcpio.conf, then mkinitcpio -P",
            Maker::InitramfsTools => {
                "echo vfio_pci >> /etc/initramfs-tools/modules && update-initramfs -u"
            }
            _ => "force_drivers+=\" vfio_pci \"    # in /etc/dracut.conf.d/, then dracut -f",
        }
        .into(),
    ]
}
