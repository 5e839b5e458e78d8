# The configuration that many have copied, line by line as its author published it.
{ lib, ... }:
{
  imports = [ ../../../../nixos-module/tests/seed-config.nix ];
  boot.initrd.kernelModules = lib.mkBefore [ "pcispoof" ];
  boot.initrd.systemd.enable = true;
}
