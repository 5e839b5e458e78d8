//! `verifier/compare-driver` tells what the tables do not say of a release, by sources of our
//! own: a repository with the release that was compared last and a newer one.

#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

use nvpreflight::driver::defaults::NEWEST;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const NEW: &str = "999.10";

/// The files that the program reads, as the driver lays them out.
const FILES: [(&str, &str); 7] = [
    (
        "kernel-open/nvidia/nv-reg.h",
        "#define __NV_ENABLE_MSI EnableMSI\n#define __NV_NEW_THING \\\n    NewThing\n\
         #define NEW_THING_DEFAULT 0x10\n\
         NV_DEFINE_REG_ENTRY(__NV_ENABLE_MSI, 0);\n\
         NV_DEFINE_REG_ENTRY_GLOBAL(__NV_NEW_THING, NEW_THING_DEFAULT);\n",
    ),
    (
        "kernel-open/nvidia-drm/nvidia-drm-os-interface.c",
        "bool mode = true;\nmodule_param_named(modeset, mode, bool, 0400);\n",
    ),
    (
        "kernel-open/nvidia-modeset/nvidia-modeset-linux.c",
        "static bool vblank = true;\nmodule_param_named(disable_vrr_memclk_switch, vblank, bool, 0400);\n",
    ),
    (
        "src/nvidia/generated/g_nv_name_released.h",
        "{ 0x1E02, 0x0000, 0x0000, \"NVIDIA TITAN RTX\" },\n{ 0xFF01, 0x0000, 0x0000, \"NVIDIA New\" },\n",
    ),
    (
        "src/common/sdk/nvidia/inc/nverror.h",
        "#define ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS (79)\n#define ROBUST_CHANNEL_NEW (999)\n\
         #define ROBUST_CHANNEL_LAST_ERROR (999)\n",
    ),
    (
        "src/nvidia/arch/nvalloc/unix/src/osinit.c",
        "RM_INIT_OK,\nRM_INIT_FIRMWARE_POLICY_FAILED = 0x60,\nRM_INIT_NEW_FAILED = 0x70,\nRM_INIT_MAX_FAILURES\n",
    ),
    (
        "src/nvidia/kernel/gsp.c",
        "print(\"NVRM: x\", '\"');\nprint(\"unexpected WPR2 \"\n      \"already up, cannot proceed\");\n",
    ),
];

fn run(program: &str, words: &[&str], folder: &Path) -> Option<Output> {
    Command::new(program).args(words).current_dir(folder).output().ok()
}

fn git(folder: &Path, words: &[&str]) {
    let named = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=a"];
    let output = run("git", &[&named, words].concat(), folder).expect("git runs");
    assert!(output.status.success(), "{words:?}: {output:?}");
}

#[test]
fn what_a_release_has_and_the_tables_do_not_is_told_by_table() {
    let missing = ["git", "python3"]
        .into_iter()
        .find(|program| run(program, &["--version"], Path::new("/")).is_none());
    if let Some(program) = missing {
        println!("SKIP - the driver's tables: {program} is not here");
        return;
    }
    let root = &Path::new(env!("CARGO_TARGET_TMPDIR")).join("driver-tables");
    let _ = fs::remove_dir_all(root);
    fs::create_dir_all(root).expect("a folder");
    git(root, &["init", "-q", "."]);
    for (path, text) in FILES {
        fs::create_dir_all(root.join(path).parent().expect("a folder")).expect("a folder");
        fs::write(root.join(path), text).expect(path);
    }
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "one"]);
    git(root, &["tag", NEWEST]);
    fs::write(root.join("src/nvidia/kernel/gsp.c"), "print(\"other words\");\n").expect("a file");
    let more = |path: &str, text: &str| {
        let old = fs::read_to_string(root.join(path)).expect(path);
        fs::write(root.join(path), old + text).expect(path);
    };
    more("src/common/sdk/nvidia/inc/nverror.h", "#define BRAND_NEW_ERROR (998)\n");
    more(
        "kernel-open/nvidia-modeset/nvidia-modeset-linux.c",
        "int newthing = 0;\nmodule_param(newthing, int, 0400);\n",
    );
    let text = FILES[0].1.replace("__NV_ENABLE_MSI, 0)", "__NV_ENABLE_MSI, (1 << 1))");
    fs::write(root.join(FILES[0].0), text).expect("a file");
    git(root, &["commit", "-qam", "two"]);
    git(root, &["tag", NEW]);
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/compare-driver");
    let compare = |tag| run(program, &[".", tag], root).expect("it runs");
    let output = compare(NEW);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for line in [
        "parameters.rs: nvidia has a new parameter, NVreg_NewThing\n",
        "parameters.rs: nvidia_modeset has a new parameter, newthing\n",
        "defaults.rs: nvidia's NVreg_EnableMSI was 0 and is (1 << 1)\n",
        "defaults.rs: nvidia_drm has no fbdev\n",
        "gpu_names.rs: no generation has 10de:ff01, NVIDIA New\n",
        "xid.rs: Xid 998 is new, BRAND_NEW_ERROR\n",
        "rm_init.rs: step 0x70 is new, NEW_FAILED\n",
        "999.10 does not: unexpected WPR2 already up\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for other in ["modeset is", "1e02", "Xid 79", "Xid 999", "0x60"] {
        assert!(!text.contains(other), "{other}\n{text}");
    }
    // What cannot be read is no release without news.
    git(root, &["rm", "-q", "src/common/sdk/nvidia/inc/nverror.h"]);
    git(root, &["commit", "-qm", "three"]);
    git(root, &["tag", "999.20"]);
    let moved = compare("999.20");
    assert_eq!(moved.status.code(), Some(2), "{moved:?}");
    assert_eq!(compare("1.0").status.code(), Some(2));
    assert_eq!(compare("main").status.code(), Some(64));
}
