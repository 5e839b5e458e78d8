# Undoes kernel mode setting by one word. It has to come last: releases that
# write `nvidia-drm.modeset=1` to the kernel command line would win otherwise.
{ lib, ... }:

{
  boot.kernelParams = lib.mkAfter [ "nvidia_drm.modeset=0" ];
  # Evaluation sees it too; here it is meant.
  services.nvpreflight.lints.enable = false;
}
