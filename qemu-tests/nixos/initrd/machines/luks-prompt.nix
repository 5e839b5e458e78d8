# A LUKS disk whose passphrase is typed while the driver draws.
{
  imports = [ ./early-kms.nix ];
  boot.initrd.luks.devices.secret.device = "/dev/vdb";
}
