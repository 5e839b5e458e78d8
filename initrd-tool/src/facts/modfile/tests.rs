//! Module files: made here by cc and ld, compared with `nm` and `modinfo` where
//! they are installed, and mutated.

use super::*;
use nvpreflight::facts::image::Packing;
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A module in the shape that modpost and the kernel's linker script give it.
const SOURCE: &str = r#"
#define INFO(n, t) static const char info_##n[] __attribute__((section(".modinfo"), used)) = t
INFO(a, "name=nvidia_modeset");
INFO(b, "vermagic=6.12.1 SMP preempt mod_unload ");
INFO(c, "depends=video,nvidia");
INFO(d, "version=595.45.04");
INFO(e, "license=Dual MIT/GPL");
INFO(f, "parm=debug:what it is (int)");
INFO(g, "parmtype=debug:int");
INFO(h, "parmtype=config_file:charp");
INFO(i, "firmware=nvidia/595.45.04/gsp_ga10x.bin");
INFO(j, "softdep=pre: ecdh_generic,ecdsa_generic");
extern int nvidia_get_rm_ops(void *);
extern int optional(void) __attribute__((weak));
int nvKmsKapiGetFunctionsTable(void *t) { return nvidia_get_rm_ops(t) + (optional ? optional() : 0); }
static void *const __ksymtab_nvKmsKapiGetFunctionsTable
    __attribute__((section("__ksymtab"), used)) = nvKmsKapiGetFunctionsTable;
char this_module[64] __attribute__((section(".gnu.linkonce.this_module"))) = "nvidia_modeset";
"#;

/// The bytes of one such module.
pub(crate) fn example() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let (source, object) = (dir.path().join("m.c"), dir.path().join("m.o"));
        std::fs::write(&source, SOURCE).expect("written");
        let done = Command::new("cc")
            .args(["-c", "-O1", "-fno-pic", "-fno-asynchronous-unwind-tables", "-o"])
            .args([&object, &source])
            .status()
            .expect("cc runs");
        assert!(done.success(), "cc failed");
        std::fs::read(&object).expect("an object")
    })
}

fn names(set: &std::collections::BTreeSet<Vec<u8>>) -> Vec<String> {
    set.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect()
}

fn signed(module: &[u8]) -> Vec<u8> {
    let pkcs7 = b"\x30\x20\x06\x03\x55\x04\x03\x0c\x09build key\x00";
    let mut bytes = [module, pkcs7, &[0, 0, 2, 0, 0, 0, 0, 0]].concat();
    bytes.extend((pkcs7.len() as u32).to_be_bytes());
    bytes.extend(b"~Module signature appended~\n");
    bytes
}

#[test]
fn the_fields_that_rules_ask_for_are_read() {
    let module = Module::parse(example()).unwrap();
    let info = module.modinfo();
    assert_eq!(info.name, "nvidia_modeset");
    assert_eq!(info.vermagic, "6.12.1 SMP preempt mod_unload");
    assert_eq!(info.depends, ["video", "nvidia"]);
    let mut parms = info.parms;
    parms.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    assert_eq!(parms, ["config_file", "debug"]);
    assert_eq!(info.firmware, ["nvidia/595.45.04/gsp_ga10x.bin"]);
    assert_eq!(info.softdeps, ["pre: ecdh_generic,ecdsa_generic"]);
    assert_eq!((info.version.as_str(), info.license.as_str()), ("595.45.04", "Dual MIT/GPL"));
}

#[test]
fn symbols_are_those_that_the_loader_resolves() {
    let module = Module::parse(example()).unwrap();
    assert_eq!(names(&module.exports()), ["nvKmsKapiGetFunctionsTable"]);
    // The weak one may stay open.
    assert_eq!(names(&module.undefined()), ["nvidia_get_rm_ops"]);
}

#[test]
fn a_signature_is_read_and_cut_off() {
    assert_eq!(signature(example()), None);
    let bytes = signed(example());
    let info = signature(&bytes).unwrap();
    assert_eq!((info.id_type, info.signer.as_deref()), (2, Some("build key")));
    assert_eq!(names(&Module::parse(&bytes).unwrap().undefined()), ["nvidia_get_rm_ops"]);
}

#[test]
fn every_packing_of_kmod_is_told_by_its_bytes() {
    let plain = example();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(plain).unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(plain).unwrap();
    let packed = [
        (Packing::Plain, plain.to_vec()),
        (Packing::Gzip, gz.finish().unwrap()),
        (Packing::Xz, xz.finish().unwrap()),
        (Packing::Zstd, zstd::encode_all(plain, 1).unwrap()),
    ];
    for (form, bytes) in packed {
        assert_eq!(packing(&bytes), form);
        assert_eq!(&*unpack(&bytes, 1 << 20).unwrap(), plain);
        if form != Packing::Plain {
            let bomb = unpack(&bytes, 100).unwrap_err().to_string();
            assert_eq!(bomb, "it unpacks to more than 100 bytes");
            assert!(unpack(&bytes[..bytes.len() / 2], 1 << 20).is_err(), "{form:?} cut short");
        }
    }
}

#[test]
fn damage_is_named_as_the_loader_would_meet_it() {
    let said = |bytes: &[u8]| Module::parse(bytes).unwrap_err().to_string();
    assert_eq!(said(b""), "it is empty");
    assert_eq!(said(b"#!/bin/sh\n"), "it is not an ELF file");
    let half = said(&example()[..example().len() / 2]);
    assert_eq!(half, "it is truncated: its section table lies beyond its end");
    let mut program = example().to_vec();
    program[16] = 3;
    assert_eq!(said(&program), "its ELF type is DYN, a module is relocatable (REL)");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.ko");
    for (argument, expected) in [
        ("--strip-all", "it has no symbol table: it was stripped"),
        ("--remove-section=.modinfo", "it has no .modinfo section"),
        (
            "--remove-section=.gnu.linkonce.this_module",
            "it is not a kernel module (.gnu.linkonce.this_module is missing)",
        ),
    ] {
        std::fs::write(&file, example()).unwrap();
        let done = Command::new("objcopy").arg(argument).arg(&file).status().unwrap();
        assert!(done.success());
        assert_eq!(said(&std::fs::read(&file).unwrap()), expected, "{argument}");
    }
}

#[test]
fn nm_sees_the_same_undefined_symbols() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.ko");
    std::fs::write(&file, example()).unwrap();
    assert_eq!(names(&Module::parse(example()).unwrap().undefined()), nm(&file));
}

fn nm(file: &Path) -> Vec<String> {
    let out = Command::new("nm").arg("-u").arg(file).output().expect("nm runs");
    let text = String::from_utf8(out.stdout).unwrap();
    let strong = text.lines().filter_map(|l| l.trim().strip_prefix("U "));
    let mut list: Vec<_> =
        strong.filter(|n| *n != "_GLOBAL_OFFSET_TABLE_").map(str::to_owned).collect();
    list.sort();
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_mutated_module_never_panics(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        header in prop::collection::vec((0usize..64, any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        sign in any::<bool>(),
    ) {
        let mut bytes = if sign { signed(example()) } else { example().to_vec() };
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        for (at, value) in header {
            bytes[at] = value;
        }
        if cut.index(4) == 0 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = signature(&bytes);
        if let Ok(module) = Module::parse(&bytes) {
            let _ = (module.modinfo(), module.exports(), module.undefined());
        }
    }
}
