//! What the collector sees of small roots: layouts, releases, symbols, the root
//! beside the image, and what it must not claim to have seen.

use super::testing::{Memory, module};
use super::*;
use nvpreflight::facts::image::{ImageModule, Packing};

const TREE: &str = "lib/modules/6.12.1";

fn nvidia() -> Vec<u8> {
    module(
        &[
            "name=nvidia",
            "version=595.45.04",
            "vermagic=6.12.1 SMP mod_unload ",
            "license=Dual MIT/GPL",
            "depends=drm",
            "firmware=nvidia/595.45.04/gsp_ga10x.bin",
        ],
        &["nvidia_get_rm_ops"],
        &["drm_gem_object_free", "printk"],
    )
}

fn image() -> Memory {
    Memory::default()
        .file(&format!("{TREE}/modules.dep"), "updates/nvidia.ko: kernel/drm.ko\nkernel/drm.ko:\n")
        .file(&format!("{TREE}/updates/nvidia.ko"), nvidia())
        .file(
            &format!("{TREE}/kernel/drm.ko"),
            module(&["name=drm", "depends="], &["drm_gem_object_free"], &[]),
        )
        .file("etc/modprobe.d/a.conf", "options nvidia_drm modeset=1\n")
        .file("lib/firmware/nvidia/595.45.04/gsp_ga10x.bin.zst", "x".repeat(100))
        .file("usr/bin/plymouthd", "")
}

fn collected<'a>(mut files: Memory, change: impl FnOnce(&mut Beside<'a>)) -> Box<Facts> {
    const WANT: &Expectations = &Expectations::new();
    let mut beside = Beside::nothing(WANT);
    change(&mut beside);
    collect(&mut files, beside).unwrap()
}

fn of(facts: &Facts) -> &Image {
    facts.image.yes().unwrap()
}

fn the<'a>(facts: &'a Facts, name: &str) -> &'a ImageModule {
    of(facts).module(name).unwrap_or_else(|| panic!("{name} was not seen"))
}

#[test]
fn an_image_shows_modules_firmware_options_and_programs() {
    let facts = collected(image(), |_| {});
    let nvidia = the(&facts, "nvidia");
    assert_eq!(nvidia.path, "lib/modules/6.12.1/updates/nvidia.ko");
    assert_eq!(nvidia.size, super::tests::nvidia().len() as u64);
    assert_eq!(of(&facts).driver_version(), Some("595.45.04"));
    assert_eq!(of(&facts).open_flavour(), Some(true));
    let firmware = of(&facts).has_firmware("nvidia/595.45.04/gsp_ga10x.bin").unwrap();
    assert_eq!((firmware.size, firmware.packing), (Some(100), Packing::Zstd));
    assert!(of(&facts).programs.plymouth && !of(&facts).programs.systemd);
    assert!(facts.config.dep("nvidia").is_some());
    assert_eq!(of(&facts).firmware_bytes, 100);
    assert_eq!(of(&facts).tree.yes().unwrap().total, 2);
}

#[test]
fn what_only_a_running_kernel_shows_is_not_looked_at() {
    let facts = collected(image().file("proc/cmdline", "of the builder"), |_| {});
    assert_eq!(facts.config.cmdline, Seen::NotLooked);
    assert_eq!(facts.modules.proc, Seen::NotLooked);
    assert_eq!(facts.pci, Seen::NotLooked);
    assert_eq!(facts.system.tainted, Seen::NotLooked);
    assert_eq!(facts.system.init, Seen::NotLooked);
    assert_eq!(of(&facts).kernel, Seen::NotLooked);
    assert!(of(&facts).root.status() == Seen::NotLooked);
    assert!(facts.lost.kinds().is_empty());
}

#[test]
fn a_given_command_line_takes_part_in_the_options() {
    let facts = collected(image(), |b| b.cmdline = Some(b"quiet nvidia_drm.fbdev=0 resume=/dev/x"));
    let places: Vec<_> =
        facts.config.lines.yes().unwrap().iter().map(|l| l.place.to_string()).collect();
    assert_eq!(places, ["etc/modprobe.d/a.conf:1", "kernel command line, word 2"]);
    assert!(of(&facts).programs.resume);
}

#[test]
fn the_first_programs_of_the_command_line_are_looked_for() {
    let programs = |line: &'static [u8]| {
        let mut root = Memory::default().file("usr/lib/systemd/systemd", "");
        let want = Expectations::new();
        let mut beside = Beside::nothing(&want);
        beside.cmdline = Some(line);
        beside.root = Some(&mut root);
        let mut files = image().file("init", "");
        let facts = collect(&mut files, beside).unwrap();
        let seen = of(&facts).first_programs.yes().unwrap().iter();
        seen.map(|p| (p.path.to_string(), p.word, p.of_image, p.exists)).collect::<Vec<_>>()
    };
    assert_eq!(programs(b"quiet rdinit=/a rdinit=/init"), [("/init".to_owned(), 3, true, true)]);
    assert_eq!(
        programs(b"rdinit=/nvpreflight-init init=/usr/lib/systemd/systemd"),
        [
            ("/nvpreflight-init".to_owned(), 1, true, false),
            ("/usr/lib/systemd/systemd".to_owned(), 2, false, true),
        ]
    );
    assert_eq!(programs(b"quiet -- rdinit=/a"), []);
}

#[test]
fn a_nixos_layout_is_seen_through_its_links() {
    let shrunk = "nix/store/abc-linux-6.12.1-modules-shrunk/lib";
    let facts = collected(
        Memory::default()
            .link("lib", "/nix/store/abc-linux-6.12.1-modules-shrunk/lib")
            .file(&format!("{shrunk}/modules/6.12.1/misc/nvidia.ko"), nvidia())
            .file(&format!("{shrunk}/firmware/nvidia/595.45.04/gsp_ga10x.bin"), "x"),
        |_| {},
    );
    assert_eq!(the(&facts, "nvidia").size, nvidia().len() as u64);
    assert!(of(&facts).has_firmware("nvidia/595.45.04/gsp_ga10x.bin").is_some());
    assert_eq!(of(&facts).tree.yes().unwrap().index, Seen::Absent);
}

#[test]
fn of_modules_beside_the_stack_only_their_presence_is_told() {
    let other = |name: &str| format!("{TREE}/kernel/{name}");
    let facts = collected(
        image()
            .file(&other("amdgpu.ko.xz"), "never opened")
            .file(&other("nvidiafb.ko"), "never opened")
            .file(&other("ext4.ko"), "no concern of anybody")
            .file("etc/modules-load.d/a.conf", "vhost\n")
            .file(&other("vhost.ko"), "never opened"),
        |_| {},
    );
    for name in ["amdgpu", "nvidiafb", "vhost"] {
        let module = the(&facts, name);
        assert_eq!((&module.modinfo, module.damage.as_str()), (&Seen::NotLooked, ""), "{name}");
    }
    assert_eq!((the(&facts, "amdgpu").size, the(&facts, "amdgpu").packing), (12, Packing::Xz));
    assert!(of(&facts).module("ext4").is_none());
    assert!(the(&facts, "drm").modinfo.is_yes(), "nvidia depends on it");
}

#[test]
fn a_module_that_an_alias_names_for_the_stack_is_opened() {
    let facts = collected(
        Memory::default()
            .file("etc/modprobe.d/a.conf", "alias nvidia vendors_own\n")
            .file(&format!("{TREE}/updates/vendors-own.ko"), nvidia()),
        |_| {},
    );
    assert!(the(&facts, "nvidia").modinfo.is_yes());
}

#[test]
fn a_renamed_file_is_known_by_the_name_inside() {
    let facts = collected(
        Memory::default().file(&format!("{TREE}/updates/nvidia-current-open.ko"), nvidia()),
        |_| {},
    );
    assert_eq!(
        the(&facts, "nvidia").path,
        format!("{TREE}/updates/nvidia-current-open.ko").as_str()
    );
}

#[test]
fn the_newest_release_is_taken_unless_told_and_the_others_are_named() {
    let two = || {
        Memory::default()
            .file("lib/modules/6.9.12/kernel/a.ko", "")
            .file("lib/modules/6.12.1/kernel/a.ko", "")
    };
    let tree = |facts: &Facts| of(facts).tree.yes().unwrap().clone();
    let newest = tree(&collected(two(), |_| {}));
    assert_eq!((newest.release.as_str(), newest.others.len()), ("6.12.1", 1));
    let told = collected(two(), |b| b.kernel = Some("6.9.12"));
    assert_eq!(tree(&told).release, "6.9.12");
    assert_eq!(of(&told).kernel.yes().unwrap(), "6.9.12");
    let foreign = collected(two(), |b| b.kernel = Some("6.6.6"));
    assert!(of(&foreign).tree.is_absent());
    assert_eq!(of(&foreign).releases, ["6.9.12", "6.12.1"]);
}

#[test]
fn a_damaged_module_is_a_fact_with_a_reason() {
    let facts = collected(
        Memory::default()
            .file(&format!("{TREE}/nvidia.ko"), b"\x7fELF")
            .link(&format!("{TREE}/nvidia-drm.ko"), "/nix/store/gone"),
        |_| {},
    );
    assert_eq!(the(&facts, "nvidia").damage, "its ELF header is truncated");
    assert!(!the(&facts, "nvidia").modinfo.is_yes());
    assert_eq!(the(&facts, "nvidia_drm").damage, "it is a dangling link");
}

fn missing(facts: &Facts) -> (Seen<u32>, Vec<String>) {
    let module = the(facts, "nvidia");
    let shown = |m: &nvpreflight::facts::image::MissingSymbol| format!("{} {}", m.name, m.provider);
    (module.missing, module.missing_symbols.iter().map(shown).collect())
}

#[test]
fn without_the_kernels_own_symbols_only_a_known_provider_counts() {
    assert_eq!(missing(&collected(image(), |_| {})), (Seen::NotLooked, vec![]));
    let lacking = Memory::default()
        .file(&format!("{TREE}/nvidia.ko"), nvidia())
        .file(&format!("{TREE}/modules.symbols"), "alias symbol:drm_gem_object_free drm\n");
    let expected = (Seen::NotLooked, vec!["drm_gem_object_free drm".to_owned()]);
    assert_eq!(missing(&collected(lacking, |_| {})), expected);
}

#[test]
fn the_kernels_exports_settle_every_symbol() {
    for (path, list) in [
        (
            "boot/System.map-6.12.1",
            "ffffffff81 r __ksymtab_printk\nffffffff82 T drm_gem_object_free\n",
        ),
        ("boot/symvers-6.12.1", "0x00000001\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"),
    ] {
        let mut root = Memory::default().file(path, list);
        let facts = collected(image(), |b| b.root = Some(&mut root));
        assert_eq!(missing(&facts), (Seen::Yes(0), vec![]), "{path}");
        let alone = Memory::default().file(&format!("{TREE}/nvidia.ko"), nvidia());
        let facts = collected(alone, |b| b.root = Some(&mut root));
        assert_eq!(missing(&facts), (Seen::Yes(1), vec!["drm_gem_object_free ".to_owned()]));
    }
}

#[test]
fn the_map_of_a_debian_kernel_that_names_no_symbol_is_no_knowledge() {
    let stub = "ffffffffffffffff B The real System.map is in the linux-image-dbg package\n";
    let mut root = Memory::default().file("boot/System.map-6.12.1", stub);
    let facts = collected(image(), |b| b.root = Some(&mut root));
    assert_eq!(missing(&facts).0, Seen::NotLooked);
}

#[test]
fn the_root_shows_its_own_modules_options_and_driver() {
    let mut root = Memory::default()
        .file(&format!("{TREE}/updates/nvidia.ko"), nvidia())
        .file("etc/modprobe.d/b.conf", "options nvidia_drm fbdev=1\n")
        .link("usr/lib64/libnvidia-ml.so.1", "libnvidia-ml.so.595.71.05");
    let facts = collected(image(), |b| b.root = Some(&mut root));
    let side = of(&facts).root.yes().unwrap();
    assert_eq!(side.tree.yes().unwrap().modules.len(), 1);
    assert_eq!(side.userspace_version.yes().unwrap(), "595.71.05");
    assert_eq!(side.config.lines.yes().unwrap().len(), 1);
}

#[test]
fn hardware_of_another_tree_is_the_images_too() {
    let bdf = "sys/bus/pci/devices/0000:01:00.0";
    let host = Memory::default()
        .file(&format!("{bdf}/class"), "0x030000\n")
        .file(&format!("{bdf}/vendor"), "0x10de\n")
        .file(&format!("{bdf}/device"), "0x2206\n")
        .file("etc/modprobe.d/host.conf", "options nvidia_drm modeset=0\n");
    let facts = collected(image(), |b| b.hardware = Some(&host));
    assert_eq!(facts.nvidia_gpus().count(), 1);
    let lines = facts.config.lines.yes().unwrap();
    assert_eq!(lines.len(), 1, "only the image's own configuration counts");
}

#[test]
fn links_in_circles_lead_nowhere() {
    let files = Memory::default().link("a", "b").link("b", "a").file("c/d", "").link("e", "../c");
    assert_eq!(paths::canonical(&files, "a"), None);
    assert_eq!(paths::canonical(&files, "e/../e/d").as_deref(), Some("c/d"));
}

#[test]
fn what_the_generators_scripts_load_is_asked_for() {
    let requests = |files: Memory| {
        let facts = collected(files, |_| {});
        let list = facts.config.requests.yes().cloned().unwrap_or_default();
        list.iter().map(|r| format!("{} {}", r.module, r.place)).collect::<Vec<_>>()
    };
    let debian = image().file("conf/modules", "# forced\nnvidia-drm modeset=1\n\n");
    assert_eq!(requests(debian), ["nvidia-drm conf/modules:2"]);
    let arch = image().file("config", "EARLYHOOKS=\"udev\"\nMODULES=\"nvidia nvidia_drm crc?\"\n");
    assert_eq!(requests(arch), ["nvidia config:2", "nvidia_drm config:2"]);
    assert!(requests(image()).is_empty());
}
