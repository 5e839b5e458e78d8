# `gsp.enable = false` leaves the firmware out and tells the driver nothing: it
# asks for the firmware all the same (nixpkgs#465310). The data centre part of
# the module adds no firmware at all (nixpkgs#454772).
{ facts, lib }:

let
  gspOff = facts.isDeclared "hardware.nvidia.gsp.enable" && !(facts.on "hardware.nvidia.gsp.enable");
  datacenter = facts.on "hardware.nvidia.datacenter.enable";
in
{
  code = "NVP405";
  # The firmware may come from a package that evaluation does not know.
  severity = "warning";
  findings =
    lib.optional
      (
        facts.enabled
        && !datacenter
        && gspOff
        && facts.open != true
        && facts.atLeast "555"
        && facts.valuesOf "nvidia" "NVreg_EnableGpuFirmware" == [ ]
      )
      {
        says = "hardware.nvidia.gsp.enable = false leaves the firmware out, but driver ${facts.version} still asks the GPU to start with it";
        write = facts.setParameter "nvidia" "NVreg_EnableGpuFirmware" "0";
      }
    ++ lib.optional (datacenter && facts.atLeast "525" && !facts.firmwareGiven) {
      says = "hardware.nvidia.datacenter.enable adds no GSP firmware: the driver has none to start the GPUs with";
      write = ''
        hardware.firmware = [ config.hardware.nvidia.package.firmware ];
      '';
    };
}
