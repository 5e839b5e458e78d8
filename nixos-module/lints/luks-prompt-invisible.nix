# A disk asks for its passphrase while no driver can draw: the firmware's
# framebuffer was turned off, or plymouth passes over it, and the initrd loads no
# driver of its own. plymouth waits eight seconds for a real DRM driver before it
# takes simpledrm, newer ones for good, unless plymouth.use-simpledrm is given
# (nixpkgs#266804, archinstall#4585).
{ facts, lib }:

let
  off = lib.filter facts.hasWord facts.framebufferOff;
  simpledrm = lib.any (lib.hasPrefix "plymouth.use-simpledrm") facts.words;
  drivers = [ "nvidia_drm" ] ++ facts.otherDrivers;
  dark = facts.luksPrompt && !lib.any (m: lib.elem m drivers) (facts.early ++ facts.initrdModules);
  early = "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];";
in
{
  code = "NVP206";
  findings =
    lib.optional (dark && off != [ ]) {
      says = "a disk asks for its passphrase in the initrd, `${lib.head off}` disables the firmware framebuffer, and no GPU driver loads there: the prompt is invisible";
      write = ''
        # drop it from boot.kernelParams, or load the driver early:
        ${early}
      '';
    }
    ++
      lib.optional
        (
          dark
          && off == [ ]
          && facts.enabled
          && !facts.secondary
          && facts.on "boot.plymouth.enable"
          && !simpledrm
        )
        {
          severity = "warning";
          says = "a disk asks for its passphrase through plymouth, which waits for a DRM driver, and none loads in the initrd: the prompt comes late, as text or not at all";
          write =
            if facts.hibernates then
              ''
                boot.kernelParams = [ "plymouth.use-simpledrm" ];    # this machine hibernates: no early driver
              ''
            else
              ''
                ${early}
                # or, without the driver in the image:
                boot.kernelParams = [ "plymouth.use-simpledrm" ];
              '';
        };
}
