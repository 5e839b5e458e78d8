# `modeset` and `fbdev` are nvidia_drm's alone, NVreg_* are nvidia's alone
# (`modinfo -p`); elsewhere the kernel ignores them.
{ facts, lib }:

{
  code = "NVP304";
  findings = map (v: {
    says = "${v.module} has no parameter ${v.name}: it is ${facts.ownerOf v}'s";
    at = [ (facts.place v) ];
    write = facts.setParameter (facts.ownerOf v) v.name (if v.value == null then "1" else v.value);
  }) (lib.filter (v: lib.elem v.module facts.stack && facts.ownerOf v != v.module) facts.values);
}
