# A machine whose boots are counted, and our verdict is part of what counts as good.
{
  imports = [ ./early-kms.nix ];
  services.nvpreflight.bootAssessment.enable = true;
  # What names the entry to bless.
  boot.initrd.availableKernelModules = [ "efivarfs" ];
}
