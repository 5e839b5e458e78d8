# forceFullCompositionPipeline is a line of xorg.conf (nvidia.nix,
# `screenSection`); a Wayland compositor never reads it. An X server may be there
# beside it, for sessions that nobody starts.
{ facts, lib }:

let
  forX = facts.on "hardware.nvidia.forceFullCompositionPipeline";
  byHand = lib.hasInfix "CompositionPipeline" (facts.get "services.xserver.screenSection" "");
  nobody =
    if !facts.xserver then
      "without an X server"
    else if facts.waylandDesktop != null then
      "for ${facts.waylandDesktop} on Wayland"
    else
      null;
in
{
  code = "NVP222";
  severity = "note";
  findings = lib.optional (facts.enabled && forX && nobody != null) {
    says = "hardware.nvidia.forceFullCompositionPipeline does nothing ${nobody}: it is a line of xorg.conf";
    write = ''
      hardware.nvidia.forceFullCompositionPipeline = false;${lib.optionalString byHand "    # and drop the line from services.xserver.screenSection"}
    '';
  };
}
