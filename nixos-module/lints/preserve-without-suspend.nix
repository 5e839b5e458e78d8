# With the parameter the driver refuses to suspend unless it is told, by
# nvidia-suspend.service or by the kernel's notifiers (nvidia/nv.c, "System Power
# Management attempted without driver procfs suspend interface").
{ facts, lib }:

let
  name = "NVreg_PreserveVideoMemoryAllocations";
in
{
  code = "NVP601";
  severity = "warning";
  findings =
    lib.optional
      (
        facts.enabled
        && facts.valueOf "nvidia" name null == "1"
        && !facts.powerManagement
        && facts.valueOf "nvidia" "NVreg_UseKernelSuspendNotifiers" "0" != "1"
      )
      {
        says = "${name}=1 alone makes every suspend fail: nothing tells the driver of it";
        at = map facts.place (facts.valuesOf "nvidia" name);
        write = ''
          hardware.nvidia.powerManagement.enable = true;    # sets the parameter too
        '';
      };
}
