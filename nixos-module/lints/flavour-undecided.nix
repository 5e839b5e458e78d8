# From driver 560 on nixpkgs refuses a configuration that leaves `open` unset
# (nixos/modules/hardware/video/nvidia.nix, since 24.11).
{ facts, lib }:

{
  code = "NVP311";
  severity = "error";
  findings = lib.optional (facts.enabled && facts.open == null && facts.atLeast "560") {
    says = "hardware.nvidia.open is not set, which driver ${facts.version} needs";
    write = ''
      hardware.nvidia.open = true;     # Turing (GTX 16xx, RTX) and newer
      hardware.nvidia.open = false;    # older GPUs
    '';
  };
}
