# The configuration this project began with, option by option as its author
# published it: early NVIDIA modules by hand, in several places at once, for GNOME
# on Wayland, with an xorg.conf setting that he calls critical.
{ config, ... }:

{
  _file = "configuration.nix";

  services.nvpreflight.enable = true;

  services.xserver = {
    enable = true;
    displayManager.gdm = {
      enable = true;
      wayland = true;
    };
    desktopManager.gnome.enable = true;
    videoDrivers = [ "nvidia" ];
    screenSection = ''
      Option "metamodes" "nvidia-auto-select +0+0 { ForceFullCompositionPipeline = On }"
      Option "TripleBuffer" "on"
    '';
  };
  hardware.nvidia = {
    modesetting.enable = true;
    powerManagement.enable = true;
    nvidiaSettings = true;
    package = config.boot.kernelPackages.nvidiaPackages.stable;
    forceFullCompositionPipeline = true;
  };
  boot.kernelParams = [
    "nvidia-drm.modeset=1"
    "nvidia.NVreg_PreserveVideoMemoryAllocations=1"
  ];
  boot.extraModprobeConfig = ''
    options nvidia-drm modeset=1
    softdep nvidia pre: nvidia-drm
  '';
  boot.initrd.kernelModules = [
    "nvidia"
    "nvidia_modeset"
    "nvidia_uvm"
    "nvidia_drm"
  ];
  nixpkgs.config.allowUnfree = true;
}
