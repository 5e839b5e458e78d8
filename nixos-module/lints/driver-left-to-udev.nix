# nixpkgs asks for the display modules by name only with an X server
# (nvidia.nix, `boot.kernelModules`): on a Wayland-only machine udev loads them
# when it gets there, beside the greeter, unless that is held back for them.
{ facts, lib }:

{
  code = "NVP103";
  severity = "warning";
  findings =
    lib.optional
      (
        facts.enabled
        && lib.elem "wayland" facts.goals
        && !facts.xserver
        && !facts.on "services.nvpreflight.holdDisplay.enable"
        && !lib.elem "nvidia_drm" (facts.early ++ facts.rootModules)
      )
      {
        says = "nothing asks for nvidia_drm: without services.xserver.enable it is left to udev, and the greeter may start first";
        write =
          if facts.hibernates then
            ''
              boot.kernelModules = [ "nvidia" "nvidia_modeset" "nvidia_drm" ];    # not in the initrd: this machine hibernates
            ''
          else
            ''
              boot.initrd.kernelModules = [ "nvidia" "nvidia_modeset" "nvidia_drm" ];
            '';
      };
}
