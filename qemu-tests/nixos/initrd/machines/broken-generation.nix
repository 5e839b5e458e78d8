# The next generation of `counted`, whose owner switched KMS off. It starts the
# machine again after its check, as a person would.
{ lib, ... }:
{
  imports = [ ./counted.nix ];
  boot.kernelParams = lib.mkAfter [ "nvidia-drm.modeset=0" ];
  systemd.services.end-of-test.environment.END = "b";
}
