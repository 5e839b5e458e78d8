# Parameters that this driver does not have: the kernel ignores them with a line
# in its log (kernel-open by tag: fbdev from 545.23.06 on; UsePageAttributeTable
# until 610).
{ facts, lib }:

let
  unknown =
    v:
    if v.module == "nvidia_drm" && v.name == "fbdev" && facts.olderThan "545.23.06" then
      "nvidia_drm has it from driver 545.23.06 on"
    else if v.module == "nvidia" && v.name == "NVreg_UsePageAttributeTable" && facts.atLeast "610" then
      "nvidia has not had it since driver 610"
    else
      null;
in
{
  code = "NVP303";
  severity = "warning";
  findings = map (v: {
    says = "${v.module}.${v.name} is ignored: ${unknown v} (here: ${facts.version})";
    at = [ (facts.place v) ];
    write = ''
      # drop from ${v.option}: ${v.shown}
    '';
  }) (lib.filter (v: facts.enabled && unknown v != null) facts.values);
}
