# The driver as these machines have it: the stand-ins in place of NVIDIA's modules.
# `pcispoof` makes an NVIDIA GPU of the emulated one before anything looks.
{ pkgs, lib, ... }:
{
  boot.initrd.kernelModules = lib.mkBefore [ "pcispoof" ];
  services.xserver.enable = true;
  services.xserver.videoDrivers = [ "nvidia" ];
  hardware.nvidia = {
    package = pkgs.nvidiaStandIn;
    open = true;
    modesetting.enable = true;
  };
  # nixpkgs' own line for nvidia_uvm does nothing beside the open modules.
  services.nvpreflight.loadUvm = true;
}
