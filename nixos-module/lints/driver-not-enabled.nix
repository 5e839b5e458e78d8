# hardware.nvidia does nothing unless "nvidia" is a video driver, Wayland or not
# (nixpkgs, nixos/modules/hardware/video/nvidia.nix, `nvidiaEnabled`). On a machine
# whose configuration says nothing of NVIDIA there is nothing wrong, only nothing
# to look at.
{ facts, lib }:

{
  code = "NVP310";
  severity = "error";
  own = true;
  findings =
    lib.optional (!facts.enabled && !facts.passthrough && !facts.jetson && !lib.elem "vfio" facts.goals)
      {
        severity = if facts.meant then "error" else "note";
        says =
          "services.xserver.videoDrivers lacks \"nvidia\": "
          + (
            if facts.meant then
              "hardware.nvidia has no effect, and no NVIDIA module is built"
            else
              "there is no driver to look at"
          );
        write = ''
          services.xserver.videoDrivers = [ "nvidia" ];
        '';
      };
}
