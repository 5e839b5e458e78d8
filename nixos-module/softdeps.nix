# Soft dependencies that hold: one line a module, in a file that sorts before
# `modules.softdep`, in the initrd and on the system. kmod obeys the first line
# of a module only (libkmod-module.c, `kmod_module_get_softdeps`) and reads its
# files by name, depmod's among them (libkmod-config.c, `kmod_config_new`).
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.nvpreflight;
  facts = import ./facts { inherit config options lib; };

  softdeps = lib.filterAttrs (_: dep: dep.pre != [ ] || dep.post != [ ]) cfg.softdeps;
  file = pkgs.writeText "nvpreflight-softdeps.conf" (
    lib.concatStrings (
      lib.mapAttrsToList (module: dep: facts.text.softdepLine module dep + "\n") softdeps
    )
  );
  path = "modprobe.d/00-nvpreflight.conf";

  here = cfg.enable && softdeps != { };
  inherit (facts) hasInitrd;
  loaded = facts.initrdModules ++ facts.early;
in
{
  config = lib.mkMerge [
    (lib.mkIf (cfg.enable && cfg.loadUvm) {
      services.nvpreflight.softdeps.nvidia.post = [ "nvidia-uvm" ];
    })
    (lib.mkIf here {
      environment.etc.${path}.source = file;
      # makeModulesClosure follows hard dependencies only, and a module that
      # loads in the initrd is not loaded again later: what its line names must
      # be in the image (nixpkgs, pkgs/build-support/kernel/modules-closure.sh).
      boot.initrd.availableKernelModules = lib.mkIf hasInitrd (
        lib.concatLists (
          lib.mapAttrsToList (
            module: dep: lib.optionals (lib.elem (facts.text.norm module) loaded) (dep.pre ++ dep.post)
          ) softdeps
        )
      );
    })
    (lib.mkIf (here && hasInitrd && config.boot.initrd.systemd.enable) {
      boot.initrd.systemd.contents."/etc/${path}".source = file;
    })
    (lib.mkIf (here && hasInitrd && !config.boot.initrd.systemd.enable) {
      boot.initrd.extraFiles."/etc/${path}".source = file;
    })
  ];
}
