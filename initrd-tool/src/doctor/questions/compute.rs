//! "Is CUDA ready, and if not: module, node or service?"

use crate::doctor::answer::{Says, Tone};
use crate::doctor::case::{Case, unseen};
use nvpreflight::expect::Goal;
use nvpreflight::facts::DeviceNode;
use nvpreflight::seen::Seen;

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    if c.before_boot() {
        return Says::plain(
            "CUDA is not used in an initrd; nvidia_uvm is loaded after switch-root",
        );
    }
    if f.pci.is_yes() && f.nvidia_gpus().next().is_none() && !f.has_platform_gpu() {
        return Says::plain("there is no NVIDIA GPU on the PCI bus");
    }
    match c.is_up("nvidia") {
        Some(true) => {}
        Some(false) => {
            let owner = f.nvidia_gpus().find_map(|gpu| gpu.driver.yes());
            return match owner.filter(|driver| **driver != "nvidia") {
                Some(driver) => Says::plain(format!("no: {driver} drives the GPU")),
                None if c.report.findings.is_empty() => Says::careful("no: nvidia is not loaded"),
                None => Says::bad("no: nvidia is not loaded"),
            };
        }
        None => return Says::unknown(unseen("/proc/modules", &f.modules.proc)),
    }
    for codes in [&[506, 507, 509, 405, 522, 508][..], &[516, 401]] {
        if let Some(finding) = c.found(codes) {
            let what = if codes.contains(&506) { "the GPU" } else { "versions" };
            return Says::bad(format!("no, {what}: {}", finding.message))
                .maybe(Some(Case::shown(finding)));
        }
    }
    match c.is_up("nvidia_uvm") {
        Some(true) => {}
        Some(false) => {
            let asked = f.config.requests("nvidia_uvm");
            return match asked {
                Some(request) => Says::bad("no: nvidia_uvm is requested, but not loaded")
                    .seen(&request.place, "nvidia_uvm"),
                None => Says::new(
                    // Who declared the goal wants it now.
                    if c.want.goals.has(Goal::Cuda) { Tone::Careful } else { Tone::Plain },
                    "not yet: nvidia_uvm is not loaded, and nothing requests it by name",
                )
                .seen("NVP104", "nvidia-modprobe, if installed, loads it at first use"),
            };
        }
        None => return Says::unknown("this input does not show whether nvidia_uvm is loaded"),
    }
    if let Some(finding) = c.found(&[512, 520]) {
        return Says::bad(format!("no: {}", finding.message)).maybe(Some(Case::shown(finding)));
    }
    let nodes = match &f.nodes {
        Seen::Yes(nodes) => nodes.as_slice(),
        other => return Says::unknown(unseen("/dev", other)),
    };
    let missing: Vec<&str> = ["nvidia0", "nvidiactl", "nvidia-uvm"]
        .into_iter()
        .filter(|name| !nodes.iter().any(|node| node.name == **name))
        .collect();
    if missing.is_empty() {
        return Says::good("yes: modules, GPU and device nodes are ready")
            .all(nodes.iter().map(shown));
    }
    Says::careful(format!(
        "modules are loaded; device nodes not created yet: {}. nvidia-modprobe or udev creates \
         them at first use",
        missing.join(", ")
    ))
    .all(nodes.iter().map(shown))
}

fn shown(node: &DeviceNode) -> crate::doctor::Evidence {
    crate::doctor::Evidence {
        place: format!("dev/{}", node.name),
        text: format!("{}:{}", node.major, node.minor),
    }
}
