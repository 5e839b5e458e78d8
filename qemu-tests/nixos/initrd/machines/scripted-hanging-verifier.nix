# A verifier that never returns in a scripted stage 1.
{ lib, ... }:
{
  imports = [ ./hanging-verifier.nix ];
  boot.initrd.systemd.enable = lib.mkForce false;
}
