# A softdep against a hard dependency cannot be obeyed: kmod cuts the circle
# without a word and loads the other module afterwards (libkmod-module.c,
# `kmod_module_get_softdeps`).
{ facts, lib }:

let
  needs = m: facts.below.${m} or [ ];
  wrong =
    d:
    let
      before = lib.filter (m: lib.elem d.module (needs m)) d.pre;
      behind = lib.filter (m: lib.elem m (needs d.module)) d.post;
    in
    before != [ ] || behind != [ ];
in
{
  code = "NVP107";
  severity = "note";
  findings = map (d: {
    says = "`${d.text}` says the reverse of what modprobe can do: the module that is to come first needs the other";
    at = [ (facts.place d) ];
    write =
      lib.optionalString (!lib.elem "nvidia_drm" (facts.early ++ facts.rootModules)) ''
        boot.initrd.kernelModules = [ "nvidia_drm" ];
      ''
      + "# drop from boot.extraModprobeConfig: ${d.text}";
  }) (lib.filter wrong facts.softdeps);
}
