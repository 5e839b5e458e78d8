# What a machine of this folder evaluates to, as files of a boot test's guest.
# The unit text, the expectations and the store paths are the NixOS module's;
# the rest of a NixOS initrd, which is Debian's here, gets from the same
# configuration what nixpkgs would write into it. src/nixos.rs reads the result.
{ machine }:

let
  inherit (import machine) age modules;
  stages = import ../../nixos-module/tests/units.nix { inherit age modules; };
  eval = import ../../nixos-module/tests/eval.nix { inherit age; };
  inherit (eval) lib;
  inherit ((eval.machine modules)) config;

  relative = lib.mapAttrs' (path: lib.nameValuePair (lib.removePrefix "/" path));
  lines = list: lib.concatStrings (map (line: "${line}\n") list);

  # nixpkgs, nixos/modules/system/boot/modprobe.nix: blacklists come first.
  modprobe =
    lines (map (name: "blacklist ${name}") config.boot.blacklistedKernelModules)
    + config.boot.extraModprobeConfig;
  configuration = modulesToLoad: {
    "etc/modprobe.d/nixos.conf" = modprobe;
    "etc/modules-load.d/nixos.conf" = lines modulesToLoad;
  };
  # The guest's kernel has no device mapper; nixpkgs asks for it on every machine.
  initrdModules = lib.filter (name: name != "dm_mod") config.boot.initrd.kernelModules;

  # NixOS makes these links when it builds the set of units (nixpkgs,
  # nixos/lib/systemd-lib.nix).
  links =
    services:
    let
      link =
        name: folder: target:
        lib.nameValuePair "etc/systemd/system/${target}.${folder}/${name}.service" "../${name}.service";
    in
    builtins.listToAttrs (
      lib.concatLists (
        lib.mapAttrsToList (
          name: service:
          map (link name "wants") (service.wantedBy or [ ])
          ++ map (link name "requires") (service.requiredBy or [ ])
        ) services
      )
    );

  storeWords =
    text:
    lib.unique (
      map (lib.removePrefix "/") (
        lib.filter (word: lib.isString word && lib.hasPrefix builtins.storeDir word) (
          builtins.split "[ \t\n=]+" text
        )
      )
    );
  unitText = units: lib.concatStringsSep "\n" (lib.attrValues units);
  unitFiles = lib.mapAttrs' (name: lib.nameValuePair "etc/systemd/system/${name}");
  unitName =
    units:
    let
      names = lib.attrNames units;
    in
    if names == [ ] then null else lib.head names;

  withSystemd = config.boot.initrd.systemd.enable;
  inherit (stages) initrd system;
in
assert stages.failed == [ ] || throw "failed assertions: ${toString stages.failed}";
{
  cmdline = lib.concatStringsSep " " config.boot.kernelParams;

  initrd = {
    unit = unitName initrd.units;
    files =
      configuration initrdModules
      // relative initrd.files
      // unitFiles initrd.units
      // lib.optionalAttrs (!withSystemd) {
        # The list that initramfs-tools loads (initramfs-tools(7)).
        "conf/modules" = lines initrdModules;
        "nvpb/nixos/extra-utils" = initrd.scripted.extraUtilsCommands;
        "nvpb/nixos/hook" = initrd.scripted.preDeviceCommands;
      };
    links = lib.optionalAttrs withSystemd (links config.boot.initrd.systemd.services);
    # Nothing else gets into the image: a unit that names more cannot start.
    verifier =
      if withSystemd then
        map (lib.removePrefix "/") initrd.storePaths
      else
        storeWords initrd.scripted.extraUtilsCommands;
  };

  root = {
    unit = unitName system.units;
    files = configuration config.boot.kernelModules // relative system.files // unitFiles system.units;
    links = links config.systemd.services;
    verifier = storeWords (unitText system.units);
  };
}
