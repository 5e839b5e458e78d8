# `modeset` and `fbdev` are nvidia_drm's alone, NVreg_* are nvidia's alone
# (`modinfo -p`); elsewhere the kernel ignores them.
{ facts, lib }:

let
  owner =
    v:
    if
      lib.elem v.name [
        "modeset"
        "fbdev"
      ]
    then
      "nvidia_drm"
    else if lib.hasPrefix "NVreg_" v.name then
      "nvidia"
    else
      v.module;
in
{
  code = "NVP304";
  severity = "warning";
  findings = map (v: {
    says = "${v.module} has no parameter ${v.name}: it is ${owner v}'s";
    at = [ (facts.place v) ];
    write = facts.setParameter (owner v) v.name (if v.value == null then "1" else v.value);
  }) (lib.filter (v: lib.elem v.module facts.stack && owner v != v.module) facts.values);
}
