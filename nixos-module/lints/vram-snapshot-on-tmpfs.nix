# Video memory is saved to NVreg_TemporaryFilePath, /tmp by default
# (nvidia/nv-reg.h): into main memory where /tmp is a tmpfs.
{ facts, lib }:

let
  number = facts.numberOf "nvidia";
  how = number "NVreg_PreserveVideoMemoryAllocations";
  # 2 leaves it to the driver, which saves where the kernel's notifiers tell it of sleep.
  saves = how == 1 || how == 2 && number "NVreg_UseKernelSuspendNotifiers" == 1;
in
{
  code = "NVP603";
  findings =
    lib.optional
      (
        facts.enabled
        && saves
        && facts.on "boot.tmp.useTmpfs"
        && facts.valuesOf "nvidia" "NVreg_TemporaryFilePath" == [ ]
      )
      {
        says = "video memory is saved to /tmp, which boot.tmp.useTmpfs keeps in main memory";
        write = facts.setParameter "nvidia" "NVreg_TemporaryFilePath" "/var/tmp";
      };
}
