# The NixOS tests of the module: real initrds of nixpkgs, stand-ins for
# NVIDIA's kernel modules, and a QEMU without a GPU. `pkgs` has the overlay.
{ pkgs }:

let
  inherit (pkgs) lib;
  run = pkgs.testers.runNixOSTest;
in
{
  boot-assessment = run ./boot-assessment.nix;
  demo = run ./demo.nix;
  early-kms = run ./early-kms.nix;
  hold-display = run ./hold-display.nix;
  modeset-off = run ./modeset-off.nix;
}
# nixpkgs announced the end of its scripted stage 1 for this release
# (nixos/modules/system/boot/stage-1.nix).
// lib.optionalAttrs (lib.versionOlder lib.trivial.release "26.11") {
  scripted-stage-1 = run ./scripted-stage-1.nix;
}
