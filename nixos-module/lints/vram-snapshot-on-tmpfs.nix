# Video memory is saved to NVreg_TemporaryFilePath, /tmp by default
# (nvidia/nv-reg.h): into main memory where /tmp is a tmpfs.
{ facts, lib }:

{
  code = "NVP603";
  severity = "note";
  findings =
    lib.optional
      (
        facts.enabled
        && facts.valueOf "nvidia" "NVreg_PreserveVideoMemoryAllocations" null == "1"
        && facts.on "boot.tmp.useTmpfs"
        && facts.valuesOf "nvidia" "NVreg_TemporaryFilePath" == [ ]
      )
      {
        says = "video memory is saved to /tmp, which boot.tmp.useTmpfs keeps in main memory";
        write = facts.setParameter "nvidia" "NVreg_TemporaryFilePath" "/var/tmp";
      };
}
