# The driver is to load in the initrd, and a blacklist keeps it out.
{
  imports = [ ../driver.nix ];
  boot.initrd.systemd.enable = true;
  boot.initrd.kernelModules = [
    "nvidia"
    "nvidia_modeset"
    "nvidia_drm"
  ];
  boot.blacklistedKernelModules = [
    "nvidia"
    "nvidia_drm"
  ];
  services.nvpreflight.enable = true;
}
