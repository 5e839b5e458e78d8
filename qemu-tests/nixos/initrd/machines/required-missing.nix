# The owner expects the driver in the initrd, and no line loads it there.
{
  imports = [ ../driver.nix ];
  boot.initrd.systemd.enable = true;
  services.nvpreflight = {
    enable = true;
    settings.modules.initrd = [
      "nvidia"
      "nvidia_drm"
    ];
  };
}
