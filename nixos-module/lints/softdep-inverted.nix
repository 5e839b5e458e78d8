# A softdep against a hard dependency cannot be obeyed: kmod cuts the circle
# without a word and loads the other module afterwards (libkmod-module.c,
# `kmod_module_get_softdeps`).
{ facts, lib }:

let
  needs = m: facts.below.${m} or [ ];
  # Pairs that the line has the wrong way round: `user` needs `used`. A line that
  # kmod does not obey turns nothing round.
  wrong =
    d:
    lib.optionals (d.hiddenBy == null) (
      lib.concatMap (
        module:
        map (m: {
          user = m;
          used = module;
        }) (lib.filter (m: lib.elem module (needs m)) d.pre)
        ++ map (m: {
          user = module;
          used = m;
        }) (lib.filter (m: lib.elem m (needs module)) d.post)
      ) d.modules
    );
  says =
    d:
    let
      pair = lib.head (wrong d);
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
  }) (lib.filter (d: wrong d != [ ]) facts.softdeps);
}
