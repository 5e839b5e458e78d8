# Scripted stage 1 that loads the driver itself.
{ lib, ... }:
{
  imports = [ ./early-kms.nix ];
  boot.initrd.systemd.enable = lib.mkForce false;
}
