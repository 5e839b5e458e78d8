# The initrd of a machine of this folder, made by nixpkgs' own code:
# `config.system.build.initialRamdisk`. See packages.nix for what is Debian's.
{
  nixpkgs,
  machine,
  userland,
  kernel,
  release,
  makeInitrdNg,
  verifier,
}:
let
  pkgs = import nixpkgs {
    localSystem.system = "x86_64-linux";
    stdenvStages = import ./host-stdenv.nix nixpkgs;
    config.allowUnfree = true;
    overlays = [
      (import ./packages.nix {
        inherit
          userland
          kernel
          release
          makeInitrdNg
          verifier
          ;
      })
    ];
  };
  inherit
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = null;
      modules = [
        { nixpkgs.pkgs = pkgs; }
        ./adapter.nix
        ../../../nixos-module
        machine
      ];
    })
    config
    ;
in
{
  initrd = config.system.build.initialRamdisk;
  cmdline = pkgs.writeText "cmdline" (builtins.concatStringsSep " " config.boot.kernelParams);
}
