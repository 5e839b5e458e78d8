# The open modules drive a GPU through its firmware or not at all (osapi.c,
# `rm_set_rm_firmware_requested`).
{ facts, lib }:

let
  name = "NVreg_EnableGpuFirmware";
in
{
  code = "NVP314";
  findings =
    lib.optional (facts.enabled && facts.open == true && facts.valueOf "nvidia" name null == "0")
      {
        says = "${name}=0 does nothing with the open modules";
        at = map facts.place (facts.valuesOf "nvidia" name);
        write = ''
          hardware.nvidia.open = false;    # or drop the line
        '';
      };
}
