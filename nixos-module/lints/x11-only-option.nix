# forceFullCompositionPipeline is a line of xorg.conf (nvidia.nix,
# `screenSection`); a Wayland compositor never reads it.
{ facts, lib }:

{
  code = "NVP222";
  severity = "note";
  findings =
    lib.optional
      (facts.enabled && !facts.xserver && facts.on "hardware.nvidia.forceFullCompositionPipeline")
      {
        says = "hardware.nvidia.forceFullCompositionPipeline does nothing without an X server: it is a line of xorg.conf";
        write = ''
          hardware.nvidia.forceFullCompositionPipeline = false;
        '';
      };
}
