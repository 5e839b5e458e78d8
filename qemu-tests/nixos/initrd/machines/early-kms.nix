# systemd stage 1 that loads the driver itself.
{
  imports = [ ../driver.nix ];
  boot.initrd.systemd.enable = true;
  boot.initrd.kernelModules = [
    "nvidia"
    "nvidia_modeset"
    "nvidia_drm"
  ];
  services.nvpreflight.enable = true;
}
