# The initrd of a machine of this folder, made by nixpkgs' own code
# (`config.system.build.initialRamdisk`), and the system that it switches into. See
# packages.nix for what is Debian's.
{
  nixpkgs,
  machine,
  userland,
  kernel,
  release,
  driver,
  makeInitrdNg,
  verifier,
  loader,
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
          makeInitrdNg
          verifier
          loader
          ;
      })
      (import ./kernel.nix { inherit kernel release driver; })
    ];
  };
  nixos = import (nixpkgs + "/nixos/lib/eval-config.nix") {
    system = null;
    modules = [
      { nixpkgs.pkgs = pkgs; }
      ./adapter.nix
      ../../../nixos-module
      machine
    ];
  };
  inherit (nixos) config;
  system = import ./system.nix {
    inherit config pkgs;
    inherit (pkgs) lib;
    utils = import (nixpkgs + "/nixos/lib/utils.nix") {
      inherit config pkgs;
      inherit (pkgs) lib;
    };
  };
in
{
  inherit system;
  initrd = config.system.build.initialRamdisk;
  # Debian 12's systemd takes `root=fstab` for a device; where it stands for nothing,
  # it reads the same table by SYSTEMD_SYSROOT_FSTAB.
  cmdline = pkgs.writeText "cmdline" (
    builtins.concatStringsSep " " (
      builtins.filter (word: word != "root=fstab") config.boot.kernelParams ++ [ "init=${system}/init" ]
    )
  );
}
