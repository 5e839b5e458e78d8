//! NVP512: a /dev/nvidia* node is missing or has the wrong numbers.

use crate::expect::{Expectations, Goal};
use crate::facts::{DeviceNode, Facts};
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::text::{Line, Value, decimal};

rule! {
    /// ## What it checks
    /// The numbers of the /dev/nvidia* nodes that are there against /proc/devices
    /// and the minor numbers of the GPUs; for the goal `cuda` also whether the
    /// nodes of loaded modules are there.
    ///
    /// ## Why
    /// The modules do not make these nodes: nvidia-modprobe, udev rules or
    /// nvidia-persistenced do. A node with an old major number or another GPU's
    /// minor gives "No devices were found" although the driver works.
    ///
    /// ## Fix
    /// Remove the node and let `nvidia-modprobe -c0 -u` or the udev rule make it.
    ///
    /// ## Sources
    /// common/inc/nv-chardev-numbers.h (195, control 255, modeset 254);
    /// nvidia-uvm/uvm_common.h (minors 0 and 1); nixpkgs#87788, nixpkgs#165719,
    /// nixpkgs#285148.
    512 device_nodes_wrong {
        title: "the driver's device nodes are wrong or missing",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, NODES, CHAR_MAJORS],
        after: [],
        fix: "rm /dev/nvidia*; nvidia-modprobe -c0 -m -u",
        nixos: "hardware.nvidia.nvidiaPersistenced = true;    # or remove your own mknod rules from \
            services.udev",
        change: [MakeNode],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia").is_none() {
        return;
    }
    let Some(main) = major(f, &["nvidia", "nvidia-frontend"]) else { return };
    let uvm = major(f, &["nvidia-uvm"]);
    let cuda = want.goals.has(Goal::Cuda);
    let nodes = f.nodes.yes().map_or(&[][..], |n| n.as_slice());
    for node in nodes {
        let Some(right) = numbers(node, main, uvm) else { continue };
        if right != (node.major, node.minor) {
            let expected = Value::of(format_args!("{}:{}", right.0, right.1));
            let found = Value::of(format_args!("{}:{}", node.major, node.minor));
            let finding =
                out.add(format_args!("/dev/{} is {found} and should be {expected}", node.name));
            finding.path(&Line::of(format_args!("dev/{}", node.name))).values(&expected, &found);
            if !cuda {
                finding.severity(Severity::Warning);
            }
        }
    }
    if !cuda {
        return;
    }
    let there = |name: &str| nodes.iter().any(|n| n.name == *name);
    let gpus = f.nv.yes().map_or(&[][..], |nv| nv.gpus.as_slice());
    for minor in gpus.iter().filter_map(|gpu| gpu.minor.yes()) {
        missing(&Line::of(format_args!("nvidia{minor}")), &there, out);
    }
    missing("nvidiactl", &there, out);
    if uvm.is_some() {
        missing("nvidia-uvm", &there, out);
    }
}

/// A warning only: a program with the rights makes the node at first use.
fn missing(name: &str, there: &dyn Fn(&str) -> bool, out: &mut Findings<'_>) {
    if !there(name) {
        out.add(format_args!(
            "/dev/{name} does not exist yet: the first CUDA program must \
            be able to create it"
        ))
        .severity(Severity::Warning);
    }
}

fn major(f: &Facts, names: &[&str]) -> Option<u32> {
    let majors = f.system.char_majors.yes()?;
    majors.iter().find(|(name, _)| names.iter().any(|n| *name == **n)).map(|(_, major)| *major)
}

/// The numbers that a node of that name must have; `None` for names whose
/// numbers are not fixed.
fn numbers(node: &DeviceNode, main: u32, uvm: Option<u32>) -> Option<(u32, u32)> {
    match node.name.strip_prefix("nvidia")? {
        "ctl" => Some((main, 255)),
        "-modeset" => Some((main, 254)),
        "-uvm" => Some((uvm?, 0)),
        "-uvm-tools" => Some((uvm?, 1)),
        digits => Some((main, decimal(digits.as_bytes())?.try_into().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet};

    const MAJORS: &str = "proc/devices <<EOF\nCharacter devices:\n195 nvidia\n195 nvidiactl\n236 \
        nvidia-uvm\nEOF\n";
    const NODES: &str = "dev/nvidia0 @ 195:0\ndev/nvidiactl @ 195:255\ndev/nvidia-uvm @ 236:0\n";

    #[test]
    fn an_old_major_number_is_told() {
        fires(
            &RULE,
            Case::pre_display("dev/nvidia-uvm @ 511:0\n")
                .and(STACK)
                .and(MAJORS)
                .and(NODES)
                .goal("cuda"),
            "NVP512 error dev/nvidia-uvm: /dev/nvidia-uvm is 511:0 and should be 236:0",
        );
    }

    #[test]
    fn missing_nodes_matter_to_compute_only() {
        quiet(&RULE, Case::pre_display(STACK).and(MAJORS).goal("wayland"));
        fires(
            &RULE,
            Case::pre_display("dev/nvidia0 @ 195:0\ndev/nvidiactl @ 195:255\n")
                .and(STACK)
                .and(MAJORS)
                .goal("cuda"),
            "NVP512 warning: /dev/nvidia-uvm does not exist yet: the first CUDA program \
                must be able to create it",
        );
    }

    #[test]
    fn right_numbers_are_quiet() {
        quiet(
            &RULE,
            Case::pre_display(STACK)
                .and(MAJORS)
                .and(NODES)
                .and("dev/nvidia-modeset @ 195:254\ndev/nvidia-caps/nvidia-cap1 @ 238:1\n")
                .goal("cuda"),
        );
    }
}
