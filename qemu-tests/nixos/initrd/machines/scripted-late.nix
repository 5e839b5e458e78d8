# Scripted stage 1 that leaves the driver to the running system.
{ lib, ... }:
{
  imports = [ ./late-kms.nix ];
  boot.initrd.systemd.enable = lib.mkForce false;
}
