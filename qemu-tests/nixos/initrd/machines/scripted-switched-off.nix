# The same in a scripted stage 1.
{ lib, ... }:
{
  imports = [ ./switched-off.nix ];
  boot.initrd.systemd.enable = lib.mkForce false;
}
