# A softdep against a hard dependency cannot be obeyed: kmod cuts the circle
# without a word and loads the other module afterwards (libkmod-module.c,
# `kmod_module_get_softdeps`).
{ facts, lib }:

let
  # `user` needs `used`.
  pairOf =
    i:
    if i.side == "pre" then
      {
        user = i.target;
        used = i.module;
      }
    else
      {
        user = i.module;
        used = i.target;
      };
  says =
    d:
    let
      pair = lib.mapAttrs (_: facts.text.norm) (pairOf (lib.head d.inversions));
    in
    "`${d.text}` is inverted: ${pair.user} needs ${pair.used}, so ${pair.used} comes first whatever the line says";
in
{
  code = "NVP107";
  findings = map (d: {
    says = says d;
    at = [ (facts.place d) ];
    write =
      lib.optionalString (!lib.elem "nvidia_drm" (facts.early ++ facts.rootModules)) ''
        boot.initrd.kernelModules = [ "nvidia_drm" ];
      ''
      + "# drop from boot.extraModprobeConfig: ${d.text}";
  }) (lib.filter (d: d.inversions != [ ]) facts.softdeps);
}
