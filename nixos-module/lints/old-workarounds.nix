# Words that worked round faults of older drivers and cost something today.
{ facts, lib }:

let
  # From 570.86.15 on nvidia_drm takes the firmware framebuffer over by itself.
  framebuffer = "it keeps the boot picture away; from driver 570 on nvidia_drm takes the firmware framebuffer over itself";
  known = {
    "initcall_blacklist=simpledrm_platform_driver_init" = framebuffer;
    "video=efifb:off" = framebuffer;
    "video=simplefb:off" = framebuffer;
    "plymouth.ignore-udev" = "plymouth only uses the firmware framebuffer";
    "pci=nomsi" = "every device falls back to shared interrupts";
    "rd.driver.blacklist=nouveau" = "only dracut reads it, and NixOS has none";
  };
  old = lib.filter (
    w: known ? ${w} && (known.${w} != framebuffer || facts.atLeast "570.86.15")
  ) facts.words;
in
{
  code = "NVP705";
  severity = "note";
  findings = map (w: {
    says = "`${w}` is an old workaround: ${known.${w}}";
    write = ''
      # drop from boot.kernelParams: ${w}
    '';
  }) (lib.optionals (facts.enabled && !facts.passthrough) old);
}
