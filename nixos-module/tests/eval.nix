# Evaluates a configuration with the module in it, over one of three grounds:
# our stand-in for lib and NixOS, the real lib with the stand-in for NixOS, or a
# real NixOS.
{
  # A release as `stand-in/releases.nix` knows them; a real NixOS has its own.
  age ? "26.05",
  # A nixpkgs' lib; the stand-in without it.
  nixpkgsLib ? null,
  # A nixpkgs with NixOS in it; takes the place of both.
  nixpkgs ? null,
  # Whether NixOS has hardware.nvidia at all (the stand-in only).
  withNvidia ? true,
}:

let
  real = nixpkgs != null;
  lib =
    if real then
      import (nixpkgs + "/lib")
    else if nixpkgsLib != null then
      import nixpkgsLib
    else
      import ./stand-in/lib.nix;

  # Packages by name only; the file of expectations carries its text along.
  store = "/nix/store/00000000000000000000000000000000-";
  file = name: text: {
    inherit name text;
    outPath = "${store}${name}";
    type = "derivation";
  };
  package = name: file name "";
  pkgs = {
    formats.json = _: { generate = name: value: file name (builtins.toJSON value); };
    writeText = file;
    runCommand =
      name: _: text:
      file name text;
    nvpreflight = package "nvpreflight";
    nvpreflight-verifier = package "nvpreflight-verifier";
  };

  # One package set for all machines: evaluating it is most of the work.
  realPkgs = import nixpkgs {
    system = "x86_64-linux";
    config.allowUnfree = true;
    overlays = (import ./incomplete.nix { inherit nixpkgs; }).overlays ++ [
      (_: prev: {
        nvpreflight = prev.runCommand "nvpreflight" { } "";
        nvpreflight-verifier = prev.runCommand "nvpreflight-verifier" { } "";
      })
    ];
  };
  realBase = {
    nixpkgs.pkgs = realPkgs;
    system.stateVersion = lib.trivial.release;
    fileSystems."/" = {
      device = "/dev/disk/by-label/nixos";
      fsType = "ext4";
    };
    boot.loader.systemd-boot.enable = true;
  };
in
{
  inherit lib;

  # A package of that name and description, as far as evaluation looks at one.
  described = name: description: package name // { meta = { inherit description; }; };

  # The packages of a kernel of that version, and a driver built for one.
  kernelPackages = version: {
    kernel = { inherit version; };
    nvidiaPackages.stable = { };
  };
  driverFor = kernel: version: package "nvidia-x11-${version}-${kernel}" // { inherit version; };

  # A driver package of that version, as far as evaluation looks at one.
  driver =
    version:
    let
      driver = {
        type = "derivation";
        name = "nvidia-x11-${version}";
        outPath = "${store}nvidia-x11-${version}";
        inherit version;
        useProfiles = false;
      }
      // lib.genAttrs [
        "out"
        "bin"
        "open"
        "mod"
        "firmware"
        "settings"
        "persistenced"
      ] (_: driver);
    in
    driver;

  # A real NixOS without the module, for comparison.
  plain =
    modules:
    import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = null;
      modules = [ realBase ] ++ modules;
    };

  # `{ config; options; }` of a configuration given as a list of modules.
  machine =
    modules:
    if real then
      import (nixpkgs + "/nixos/lib/eval-config.nix") {
        system = null;
        modules = [
          realBase
          ../default.nix
        ]
        ++ modules;
      }
    else
      lib.evalModules {
        specialArgs = {
          inherit pkgs;
        };
        modules = [
          (import ./stand-in/nixos.nix { inherit age; })
          ../default.nix
        ]
        ++ lib.optional withNvidia (import ./stand-in/nvidia.nix { inherit age; })
        ++ modules;
      };
}
