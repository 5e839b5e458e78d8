# Kernel notifiers and nvidia-suspend.service exclude each other: with notifiers
# /proc/driver/nvidia/suspend is not there, and the unit fails
# (nvidia/nv-procfs.c). Only the open modules from 595 on have notifiers.
{ facts, lib }:

let
  name = "NVreg_UseKernelSuspendNotifiers";
  on = facts.valueOf "nvidia" name "0" == "1";
  units = facts.powerManagement && !facts.suspendNotifier;
  missing = facts.missingFrom {
    inherit name;
    module = "nvidia";
  };
  unable = facts.open != true || missing != null;
in
{
  code = "NVP604";
  severity = "warning";
  findings = lib.optional (facts.enabled && on && (units || unable)) {
    says =
      if unable then
        "${name}=1 needs the open modules of driver 595 or newer"
      else
        "${name}=1 is set by hand, and the nvidia-suspend units are enabled: they will fail";
    at = map facts.place (facts.valuesOf "nvidia" name);
    write =
      if unable || !(facts.isDeclared "hardware.nvidia.powerManagement.kernelSuspendNotifier") then
        ''
          # drop ${name}; the units of hardware.nvidia.powerManagement.enable do it
        ''
      else
        ''
          hardware.nvidia.powerManagement.kernelSuspendNotifier = true;    # and drop ${name}
        '';
  };
}
