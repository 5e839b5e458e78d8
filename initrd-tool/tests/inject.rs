//! `inject` as a user meets it: the original bytes stay, the verifier gets where
//! the image's init finds it, and everything can be undone. Boots nothing.

// Clippy counts helpers of tests as code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod images;

use images::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        verifier(&bench.path("verifier"));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn image(&self, bytes: &[u8]) -> PathBuf {
        let path = self.path("initrd.img");
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The arguments of an injection in place.
    fn inject(&self, image: &Path) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let verifier = text(&self.path("verifier"));
        let image = text(image);
        ["inject", &image, "--in-place", "--verifier", &verifier].map(str::to_owned).to_vec()
    }

    fn remove(&self, image: &Path) -> Vec<String> {
        let image = image.to_str().unwrap();
        ["inject", image, "--in-place", "--remove"].map(str::to_owned).to_vec()
    }
}

fn cat(image: &Path, path: &str) -> String {
    good(&["cat", image.to_str().unwrap(), path])
}

fn list(image: &Path) -> Vec<String> {
    let text = good(&["inspect", image.to_str().unwrap(), "list", "--long"]);
    text.lines().map(|line| line.split_whitespace().skip(3).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_original_stays_in_front_and_comes_back_byte_for_byte() {
    let bench = Bench::new();
    let plain = cpio(&systemd());
    let mut odd = zstd(&plain);
    while odd.len() % 4 != 1 {
        odd = [zstd(&cpio(&[dir("x")])), odd].concat();
        odd.extend_from_slice(&[0]);
    }
    for original in [plain.clone(), gzip(&plain), zstd(&plain), odd] {
        let image = bench.image(&original);
        good(&bench.inject(&image));
        let once = fs::read(&image).unwrap();
        assert!(once.starts_with(&original) && once.len() > original.len());
        good(&bench.inject(&image));
        assert_eq!(fs::read(&image).unwrap(), once, "a second time changed something");
        good(&bench.remove(&image));
        assert_eq!(fs::read(&image).unwrap(), original);
    }
}

#[test]
fn a_compressed_segment_is_taken_too() {
    let bench = Bench::new();
    for original in [gzip(&cpio(&systemd())), zstd(&cpio(&systemd()))] {
        let image = bench.image(&original);
        let mut args = bench.inject(&image);
        args.extend(["--compress".to_owned(), "same".to_owned()]);
        good(&args);
        assert!(list(&image).iter().any(|line| line == "usr/bin/nvpreflight-verifier"));
        good(&bench.remove(&image));
        assert_eq!(fs::read(&image).unwrap(), original);
    }
}

#[test]
fn systemd_gets_a_unit_that_the_initrd_target_wants() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    good(&bench.inject(&image));
    let unit = cat(&image, "etc/systemd/system/nvpreflight-initrd.service");
    assert!(unit.contains("ExecStart=/usr/bin/nvpreflight-verifier --phase initrd"));
    let wanted = cat(&image, "etc/systemd/system/initrd.target.wants/nvpreflight-initrd.service");
    assert_eq!(wanted, unit);
}

#[test]
fn on_nixos_the_unit_lies_where_the_link_leads_and_the_link_stays() {
    let bench = Bench::new();
    let image = bench.image(&zstd(&cpio(&nixos())));
    good(&bench.inject(&image));
    let list = list(&image);
    let units = "nix/store/0123456789abcdfghijklmnpqrsvwxyz-initrd-units";
    assert!(list.contains(&format!("{units}/nvpreflight-initrd.service")), "{list:?}");
    assert!(list.contains(&format!("etc/systemd/system -> /{units}")), "{list:?}");
}

#[test]
fn initramfs_tools_runs_its_own_scripts_first_and_ours_once() {
    let bench = Bench::new();
    let image = bench.image(&gzip(&cpio(&scripted())));
    good(&bench.inject(&image));
    good(&bench.inject(&image));
    assert_eq!(
        cat(&image, "scripts/init-premount/ORDER"),
        "/scripts/init-premount/first \"$@\"\n\
         /scripts/init-premount/nvpreflight \"$@\"\n\
         [ -e /conf/param.conf ] && . /conf/param.conf\n"
    );
    let script = cat(&image, "scripts/init-premount/nvpreflight");
    assert!(script.contains("/usr/bin/nvpreflight-verifier --phase initrd"));
}

#[test]
fn dracut_without_systemd_gets_a_hook() {
    let bench = Bench::new();
    let mut entries = vec![program("init")];
    entries
        .extend(["lib", "lib/dracut", "lib/dracut/hooks", "lib/dracut/hooks/pre-mount"].map(dir));
    let image = bench.image(&cpio(&entries));
    good(&bench.inject(&image));
    // It is sourced: an exit would end init.
    let hook = cat(&image, "lib/dracut/hooks/pre-mount/50-nvpreflight.sh");
    assert!(hook.contains("nvpreflight-verifier"));
    assert!(!hook.lines().any(|line| line.trim_start().starts_with("exit")));
}

#[test]
fn mkinitcpio_without_systemd_gets_a_hook_behind_its_own() {
    let bench = Bench::new();
    let config = "MODULES=\"nvidia\"\nHOOKS=\"udev\"\n";
    let entries =
        [program("init"), file("init_functions", ""), file("config", config), dir("hooks")];
    let image = bench.image(&cpio(&entries));
    let said = good(&bench.inject(&image));
    assert!(said.contains("the last of HOOKS") && !said.contains("rdinit="), "{said}");
    let after = format!("{config}HOOKS=\"$HOOKS nvpreflight\"\n");
    assert_eq!(cat(&image, "config"), after);
    // It is sourced: an exit would end init.
    let hook = cat(&image, "hooks/nvpreflight");
    assert!(hook.contains("run_hook()") && hook.contains("nvpreflight-verifier"));
    assert!(!hook.lines().any(|line| line.trim_start().starts_with("exit")));
    // A second injection replaces the first.
    good(&bench.inject(&image));
    assert_eq!(cat(&image, "config"), after);
}

#[test]
fn any_other_init_is_wrapped_where_there_is_a_shell_and_refused_where_not() {
    let bench = Bench::new();
    let mut entries = vec![program("init")];
    let image = bench.image(&cpio(&entries));
    let before = fs::read(&image).unwrap();
    assert!(bad(&bench.inject(&image), 2).contains("cannot start the verifier"));
    assert_eq!(fs::read(&image).unwrap(), before);
    entries.extend([dir("bin"), program("bin/sh")]);
    let image = bench.image(&cpio(&entries));
    let said = good(&bench.inject(&image));
    assert!(
        said.contains("rdinit=/nvpreflight-init") && said.contains("before the image is rebuilt")
    );
    assert!(cat(&image, "nvpreflight-init").contains("exec /init"));
    assert!(list(&image).iter().any(|line| line == "dev/null"));
}

#[test]
fn an_image_that_the_kernel_does_not_read_to_its_end_is_left_alone() {
    let bench = Bench::new();
    let mut bytes = cpio(&systemd());
    bytes.extend_from_slice(b"no archive at all");
    let image = bench.image(&bytes);
    let error = bad(&bench.inject(&image), 2);
    assert!(error.contains("would never reach a segment after this image"), "{error}");
    assert_eq!(fs::read(&image).unwrap(), bytes);
}

#[test]
fn an_archive_without_its_trailer_is_left_alone() {
    let bench = Bench::new();
    let mut bytes = cpio(&systemd());
    let trailer = bytes.windows(10).rposition(|part| part == b"TRAILER!!!").unwrap() - 110;
    bytes.truncate(trailer);
    let image = bench.image(&bytes);
    bad(&bench.inject(&image), 2);
    assert_eq!(fs::read(&image).unwrap(), bytes);
}

#[test]
fn what_somebody_appended_later_is_not_cut_off() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    good(&bench.inject(&image));
    let mut bytes = fs::read(&image).unwrap();
    bytes.extend_from_slice(&cpio(&[file("secret", "key")]));
    fs::write(&image, &bytes).unwrap();
    assert!(bad(&bench.remove(&image), 2).contains("something was appended"));
    assert!(bad(&bench.inject(&image), 2).contains("something was appended"));
    assert_eq!(fs::read(&image).unwrap(), bytes);
}

#[test]
fn an_original_that_changed_since_is_not_called_the_original() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    good(&bench.inject(&image));
    let mut bytes = fs::read(&image).unwrap();
    let at = bytes.windows(6).position(|part| part == b"Test 1").unwrap();
    bytes[at + 5] = b'2';
    fs::write(&image, &bytes).unwrap();
    assert!(bad(&bench.remove(&image), 2).contains("no longer those"));
}

#[test]
fn a_mode_and_a_link_to_the_image_survive() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    fs::set_permissions(&image, fs::Permissions::from_mode(0o600)).unwrap();
    let alias = bench.path("initrd");
    symlink("initrd.img", &alias).unwrap();
    good(&bench.inject(&alias));
    assert!(fs::symlink_metadata(&alias).unwrap().is_symlink());
    assert_eq!(fs::metadata(&image).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(list(&image).iter().any(|line| line == "usr/bin/nvpreflight-verifier"));
}

/// The least ELF program (elf(5)) that names a loader of dynamic programs. A program of
/// ours would do, but with debug information it is longer than any verifier may be.
fn with_a_loader() -> Vec<u8> {
    const LOADER: &[u8] = b"/lib/ld.so\0";
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    // ET_EXEC, EM_X86_64, EV_CURRENT; the entry, program headers at 64, no sections.
    elf.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    elf.extend([0_u64, 64, 0].iter().flat_map(|field| field.to_le_bytes()));
    elf.extend([0, 0, 64, 56, 1, 64, 0, 0].iter().flat_map(|field: &u16| field.to_le_bytes()));
    // PT_INTERP, PF_R; the loader's name stands behind this header.
    elf.extend([3_u32, 4].iter().flat_map(|field| field.to_le_bytes()));
    let size = LOADER.len() as u64;
    elf.extend([120, 120, 120, size, size, 1].iter().flat_map(|field: &u64| field.to_le_bytes()));
    elf.extend(LOADER);
    elf
}

#[test]
fn expectations_and_verifiers_that_could_not_work_are_refused() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    let expect = bench.path("expect.json");
    fs::write(&expect, "{\"version\": 7}").unwrap();
    let mut args = bench.inject(&image);
    args.extend(["--expect".to_owned(), expect.to_str().unwrap().to_owned()]);
    assert!(bad(&args, 2).contains("the verifier would reject"));
    fs::write(&expect, "{\"version\": 1}").unwrap();
    good(&args);
    assert_eq!(cat(&image, "etc/nvpreflight/expect.json"), "{\"version\": 1}");
    let dynamic = bench.path("dynamic");
    fs::write(&dynamic, with_a_loader()).unwrap();
    let dynamic = dynamic.to_str().unwrap();
    let args = ["inject", image.to_str().unwrap(), "--in-place", "--verifier", dynamic];
    assert!(bad(&args, 2).contains("dynamically linked"));
}

#[test]
fn an_image_without_the_verifier_has_nothing_to_remove() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    assert!(bad(&bench.remove(&image), 2).contains("has no verifier"));
}

#[test]
fn a_segment_alone_serves_what_takes_several_initrds() {
    let bench = Bench::new();
    let original = cpio(&systemd());
    let image = bench.image(&original);
    let segment = bench.path("segment.cpio");
    let verifier = bench.path("verifier");
    good(&[
        "inject".as_ref(),
        image.as_os_str(),
        "--segment".as_ref(),
        segment.as_os_str(),
        "--verifier".as_ref(),
        verifier.as_os_str(),
    ]);
    assert_eq!(fs::read(&image).unwrap(), original);
    let both = [original, fs::read(&segment).unwrap()].concat();
    let image = bench.image(&both);
    assert!(list(&image).iter().any(|line| line == "usr/bin/nvpreflight-verifier"));
}

#[test]
fn a_unified_kernel_image_is_left_alone_and_the_way_is_told() {
    let bench = Bench::new();
    let image = bench.image(b"MZ and the rest of a PE file");
    let told = bad(&bench.inject(&image), 2);
    assert!(told.contains("--segment FILE") && told.contains("ukify build"), "{told}");
}

#[test]
fn whatever_was_appended_behind_the_segment_is_not_thrown_away() {
    let bench = Bench::new();
    let image = bench.image(&cpio(&systemd()));
    good(&bench.inject(&image));
    for more in [&b"no archive"[..], &[0; 4096], &[0, 0, 0, 0, b'x']] {
        let mut bytes = fs::read(&image).unwrap();
        let sound = bytes.clone();
        bytes.extend_from_slice(more);
        fs::write(&image, &bytes).unwrap();
        assert!(bad(&bench.remove(&image), 2).contains("something was appended"));
        assert_eq!(fs::read(&image).unwrap(), bytes);
        fs::write(&image, sound).unwrap();
    }
    good(&bench.remove(&image));
}

#[test]
fn a_signal_at_any_moment_leaves_one_image_whole_and_nothing_half() {
    let bench = Bench::new();
    let noise: Vec<u8> =
        (0..2_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut entries = systemd();
    entries.push(file("noise", &String::from_utf8_lossy(&noise)));
    let old = cpio(&entries);
    let image = bench.image(&old);
    good(&bench.inject(&image));
    let new = fs::read(&image).unwrap();
    let before = fs::read_dir(bench.path("")).unwrap().count();
    for (at, signal) in ["INT", "TERM", "HUP"].iter().cycle().take(18).enumerate() {
        fs::write(&image, &old).unwrap();
        let script = format!(
            "\"$@\" > /dev/null 2>&1 & sleep 0.0{:02}; kill -{signal} $! 2> /dev/null; wait $!; exit 0",
            at * 5
        );
        let mut command = std::process::Command::new("sh");
        // Its children ignore SIGINT in the background unless they ask not to.
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_nvpreflight")]);
        assert!(command.args(bench.inject(&image)).status().unwrap().success());
        let left = fs::read(&image).unwrap();
        assert!(left == old || left == new, "{signal} after {at}: {} bytes", left.len());
        assert_eq!(fs::read_dir(bench.path("")).unwrap().count(), before, "{signal} after {at}");
    }
}
