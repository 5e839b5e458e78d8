# A disk asks for its passphrase while no driver can draw: the firmware's
# framebuffer was turned off, and the initrd loads no driver of its own.
{ facts, lib }:

let
  off = lib.filter (w: facts.hasWord w) [
    "initcall_blacklist=simpledrm_platform_driver_init"
    "video=efifb:off"
    "video=simplefb:off"
  ];
  drivers = [
    "nvidia_drm"
    "amdgpu"
    "i915"
    "xe"
  ];
in
{
  code = "NVP206";
  severity = "error";
  findings =
    lib.optional
      (
        facts.luksPrompt
        && off != [ ]
        && !lib.any (m: lib.elem m (facts.early ++ facts.initrdModules)) drivers
      )
      {
        says = "a disk asks for its passphrase in the initrd, `${lib.head off}` takes the firmware's screen away, and no GPU driver loads there: the prompt is invisible";
        write = ''
          # drop it from boot.kernelParams, or load the driver early:
          boot.initrd.kernelModules = [ "nvidia" "nvidia_modeset" "nvidia_drm" ];
        '';
      };
}
