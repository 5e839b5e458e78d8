# Newer NixOS keeps the names as a set and loads them by name, `nvidia` before
# `vfio_pci` (nixpkgs, nixos/modules/system/boot/kernel.nix; nixpkgs#420419). It
# matters where vfio_pci is to take an NVIDIA GPU by its id.
{ facts, lib }:

let
  position =
    list: names:
    let
      at = lib.filter (i: i != null) (lib.imap0 (i: m: if lib.elem m names then i else null) list);
    in
    if at == [ ] then null else lib.head at;
  wrong =
    list:
    let
      nvidia = position list facts.stack;
      vfio = position list [ "vfio_pci" ];
    in
    facts.passthrough && nvidia != null && vfio != null && nvidia < vfio;
  told = lib.any (
    d: d.hiddenBy == null && d.module == "nvidia" && lib.elem "vfio_pci" d.pre
  ) facts.softdeps;
  finding = option: list: {
    says = "${option} is no order: NixOS loads ${
      lib.concatStringsSep ", " (lib.filter (m: lib.elem m (facts.stack ++ [ "vfio_pci" ])) list)
    }, so nvidia takes the GPU before vfio_pci";
    write = ''
      services.nvpreflight.softdeps.nvidia.pre = [ "vfio-pci" ];
    '';
  };
in
{
  code = "NVP109";
  severity = "warning";
  findings =
    lib.optional (!told && wrong facts.initrdModules) (
      finding "boot.initrd.kernelModules" facts.initrdModules
    )
    ++ lib.optional (!told && wrong facts.rootModules) (finding "boot.kernelModules" facts.rootModules);
}
