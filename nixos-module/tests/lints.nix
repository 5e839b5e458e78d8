# One entry a lint: a configuration that fires it and a near one that does not.
# The codes are compared as a whole, so that nothing else may fire either;
# `also` names those that must fire beside it, `quietCodes` those of the near
# one. `needs` and `lacks` name what the NixOS has to have or not to have
# (`stand-in/releases.nix`), `driver` is a version, `standIn` that a real NixOS
# would have to build packages for it.
{
  eval,
  lib,
  release,
}:

let
  early = {
    boot.initrd.kernelModules = [ "nvidia_drm" ];
  };
  wayland = goals [ "wayland" ];
  goals = list: { services.nvpreflight.settings.goals = list; };
  noModesetting = {
    hardware.nvidia.modesetting.enable = lib.mkForce false;
  };
  proprietary = {
    hardware.nvidia.open = lib.mkForce false;
  };
  modprobe = text: { boot.extraModprobeConfig = text; };
  cmdline = words: { boot.kernelParams = words; };
  all = modules: { imports = modules; };
  facter =
    id:
    let
      report.hardware.graphics_card = [
        {
          vendor.hex = "10de";
          device.hex = id;
        }
      ];
    in
    if release.facterMoved then
      { hardware.facter = { inherit report; }; }
    else
      { facter = { inherit report; }; };
  gnome =
    let
      both = {
        desktopManager.gnome.enable = true;
        displayManager.gdm.enable = true;
      };
    in
    if release.gdmMoved then { services = both; } else { services.xserver = both; };
  luks = {
    boot.initrd.luks.devices.root.device = "/dev/disk/by-label/root";
  };
  offload = {
    offload.enable = true;
    nvidiaBusId = "PCI:1:0:0";
    intelBusId = "PCI:0:2:0";
  };
  # What the lid does.
  lid =
    action:
    if release.logindSettings then
      { services.logind.settings.Login.HandleLidSwitch = action; }
    else
      { services.logind.lidSwitch = action; };
  vfioList = {
    boot.initrd.kernelModules = [
      "nvidia"
      "vfio_pci"
    ];
  };
  words = {
    inherit
      lib
      release
      early
      wayland
      goals
      noModesetting
      proprietary
      modprobe
      cmdline
      all
      facter
      gnome
      luks
      offload
      eval
      lid
      vfioList
      ;
  };
in
import ./lints/loading.nix words
++ import ./lints/options.nix words
++ import ./lints/rest.nix words
