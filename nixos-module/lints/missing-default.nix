# A value that is wanted, that nothing sets, and that is not this driver's default yet.
{ facts, lib }:

let
  since.nvidia_drm = lib.genAttrs [ "modeset" "fbdev" ] (facts.onSince "nvidia_drm");
  wanted =
    module: name:
    let
      value = facts.get "services.nvpreflight.settings.options.${module}.${name}" null;
    in
    value == true || (value != false && value != null && facts.text.boolean (toString value) == true);
  missing =
    module: name: default:
    lib.optional
      (
        facts.enabled && wanted module name && facts.valuesOf module name == [ ] && facts.olderThan default
      )
      {
        says = "${module}.${name} is wanted on, nothing sets it, and it is the driver's default only from ${default} on (here: ${facts.version})";
        write = facts.setParameter module name "1";
      };
in
{
  code = "NVP305";
  own = true;
  findings = lib.concatLists (
    lib.concatLists (
      lib.mapAttrsToList (module: params: lib.mapAttrsToList (missing module) params) since
    )
  );
}
