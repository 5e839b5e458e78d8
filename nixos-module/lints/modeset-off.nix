# Without KMS there is no Wayland session, and older drivers leave it off.
{ facts, lib }:

let
  values = facts.valuesOf "nvidia_drm" "modeset";
  value = facts.valueOf "nvidia_drm" "modeset" null;
  off = value != null && facts.text.boolean value == false;
  unset = value == null && facts.olderThan (facts.onSince "nvidia_drm" "modeset");
in
{
  code = "NVP201";
  findings = lib.optional (facts.enabled && lib.elem "wayland" facts.goals && (off || unset)) {
    says =
      if off then
        "nvidia_drm will have modeset=${value}: there will be no Wayland session"
      else
        "nothing sets nvidia_drm's modeset, and driver ${facts.version} leaves it off: there will be no Wayland session";
    at = map facts.place values;
    write = ''
      hardware.nvidia.modesetting.enable = true;${lib.optionalString off "    # and drop the value above"}
    '';
  };
}
