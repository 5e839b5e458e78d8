# systemd stage 1 that leaves the driver to the running system.
{
  imports = [ ../driver.nix ];
  boot.initrd.systemd.enable = true;
  services.nvpreflight.enable = true;
}
