# The files that the crates are built and tested from. The NixOS module, the
# README and this folder are left out, so that a change to them rebuilds nothing.
{ lib }:
lib.fileset.toSource {
  root = ../..;
  fileset = lib.fileset.unions [
    ../../Cargo.lock
    ../../Cargo.toml
    ../../docs
    ../../initrd-tool
    ../../qemu-tests
    ../../verifier
  ];
}
