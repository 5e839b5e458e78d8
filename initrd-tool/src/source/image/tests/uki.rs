//! Unified kernel images: the parts in the stub's order, and what is none.

use super::super::*;
use super::codecs::zst;
use super::{Archive, paths};
use crate::base::limits::Limits;
use std::fs;
use std::path::Path;

/// A PE file with these sections and nothing to run.
fn pe(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = vec![0u8; 0x40];
    out[..2].copy_from_slice(b"MZ");
    out[0x3c] = 0x40;
    out.extend(b"PE\0\0");
    out.extend(0x8664u16.to_le_bytes());
    out.extend((sections.len() as u16).to_le_bytes());
    out.extend([0; 16]);
    let mut at = 0x1000u32;
    for (name, body) in sections {
        let mut field = [0u8; 8];
        field[..name.len()].copy_from_slice(name.as_bytes());
        out.extend(field);
        let aligned = (body.len() as u32).next_multiple_of(512);
        for number in [body.len() as u32, at, aligned, at, 0, 0, 0, 0] {
            out.extend(number.to_le_bytes());
        }
        at += aligned;
    }
    for (_, body) in sections {
        let start = out.len().max(0x1000).next_multiple_of(512);
        out.resize(start, 0);
        out.extend(*body);
    }
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn open(path: &Path) -> crate::base::error::Result<Image> {
    Image::open(path, Keep::Stack, &Limits::DEFAULT, &mut |_| {})
}

#[test]
fn the_parts_come_in_the_stubs_order() {
    let esp = tempfile::tempdir().unwrap();
    let path = esp.path().join("EFI/Linux/a.efi");
    fs::create_dir_all(path.with_extension("efi.extra.d")).unwrap();
    fs::create_dir_all(esp.path().join("loader/addons")).unwrap();
    let micro = Archive::default().file("ucode", b"u").trailer();
    let main = zst(&Archive::default().file("main", b"m").file("who", b"base").trailer());
    let more = zst(&Archive::default().file("who", b"addon").trailer());
    let uki = pe(&[
        (".linux", b"kernel"),
        (".osrel", b"ID=x\n\0"),
        (".cmdline", b"quiet\0"),
        (".uname", b"6.12.0"),
        (".initrd", &main),
        (".ucode", &micro),
    ]);
    fs::write(&path, uki).unwrap();
    let global = pe(&[(".cmdline", b"splash"), (".uname", b"6.12.0")]);
    fs::write(esp.path().join("loader/addons/z.addon.efi"), global).unwrap();
    let own = path.with_extension("efi.extra.d");
    fs::write(own.join("b.addon.efi"), pe(&[(".initrd", &more)])).unwrap();
    fs::write(own.join("other.addon.efi"), pe(&[(".uname", b"5.0"), (".cmdline", b"no")])).unwrap();
    let image = open(&path).unwrap();
    assert_eq!(image.stop(), None);
    let origins: Vec<_> = image.segments().iter().map(|s| s.place.origin.to_string()).collect();
    assert_eq!(origins, [".ucode", ".initrd", ".initrd"]);
    assert_eq!(paths(&image), ["main", "ucode", "who"]);
    assert_eq!(super::text(&image, "who"), "addon");
    assert_eq!(image.cmdline().unwrap(), b"quiet splash");
    assert_eq!(image.uname().unwrap(), b"6.12.0");
    assert_eq!(image.osrel().unwrap(), b"ID=x");
    assert_eq!(image.uki().unwrap().addons.len(), 2);
    assert_eq!(kernel_release(&path).unwrap().unwrap(), "6.12.0");
}

#[test]
fn a_profile_overrides_the_base() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.efi");
    let (one, two) = (b"one".as_slice(), b"two".as_slice());
    let initrd = Archive::default().file("a", b"1").trailer();
    let sections: [(&str, &[u8]); 6] = [
        (".initrd", &initrd),
        (".cmdline", b"base"),
        (".profile", b"ID=a"),
        (".cmdline", one),
        (".profile", b"ID=b"),
        (".cmdline", two),
    ];
    fs::write(&path, pe(&sections)).unwrap();
    let image = open(&path).unwrap();
    assert_eq!(image.cmdline().unwrap(), b"one");
    let told = |image: &Image| {
        let uki = image.uki().unwrap();
        let profiles: Vec<String> = uki.profiles.iter().map(ToString::to_string).collect();
        (uki.profile, profiles.join(" "))
    };
    assert_eq!(told(&image), (0, "@0 (a) @1 (b)".to_owned()));
    for (profile, number, line) in [("0", 0, one), ("1", 1, two), ("a", 0, one), ("b", 1, two)] {
        let image = open(&dir.path().join(format!("p.efi@{profile}"))).unwrap();
        assert_eq!((told(&image).0, image.cmdline().unwrap()), (number, line));
    }
    let error = open(&dir.path().join("p.efi@2")).unwrap_err().to_string();
    assert!(error.ends_with("has no profile 2; it has @0 (a), @1 (b)"), "{error}");
    fs::write(dir.path().join("plain"), &initrd).unwrap();
    let error = open(&dir.path().join("plain@0")).unwrap_err().to_string();
    assert!(error.ends_with("has no profiles"), "{error}");
    // A file that is really called so is that file.
    fs::write(dir.path().join("plain@1"), &initrd).unwrap();
    assert!(open(&dir.path().join("plain@1")).unwrap().uki().is_none());
}

#[test]
fn what_is_no_image_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let said = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        open(&path).unwrap_err().to_string()
    };
    assert!(said("k", &pe(&[(".text", b"x")])).contains("a kernel or another EFI program"));
    assert!(said("u", &pe(&[(".linux", b"x")])).contains("without an initrd"));
    assert!(said("a", &pe(&[(".cmdline", b"x")])).contains("an addon"));
    let mut cut = pe(&[(".initrd", &[1; 600])]);
    cut.truncate(0x1100);
    assert!(said("c", &cut).contains("beyond the end"));
    assert!(said("m", b"MZ").contains("broken PE"));
    assert!(open(dir.path()).unwrap_err().to_string().contains("not a regular file"));
}

#[test]
fn the_release_of_an_x86_kernel_is_in_its_boot_header() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vmlinuz");
    let mut kernel = vec![0u8; 0x1000];
    kernel[0x202..0x206].copy_from_slice(b"HdrS");
    kernel[0x20e..0x210].copy_from_slice(&0x300u16.to_le_bytes());
    kernel[0x500..0x518].copy_from_slice(b"6.12.107+deb13-amd64 (x)");
    fs::write(&path, &kernel).unwrap();
    assert_eq!(kernel_release(&path).unwrap().unwrap(), "6.12.107+deb13-amd64");
    fs::write(&path, b"no kernel").unwrap();
    assert_eq!(kernel_release(&path).unwrap(), None);
}
