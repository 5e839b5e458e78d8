# The files that the crates are built and tested from. The rest of the NixOS
# module, the README and this folder are left out, so that a change to them
# rebuilds nothing; the module's lints and its generated files are in, because the
# verifier's tests hold their codes against its own. `./rehearse` builds from a copy of these alone.
{ lib }:
lib.fileset.toSource {
  root = ../..;
  fileset = lib.fileset.unions [
    ../../Cargo.lock
    ../../Cargo.toml
    ../../docs
    ../../initrd-tool
    ../generated
    ../lints
    ../../qemu-tests
    ../../verifier
  ];
}
