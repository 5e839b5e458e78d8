# Softdep lines that do nothing: without `pre:` or `post:`, with commas, behind
# another line of the same module, in nixos.conf behind the line that the open
# nvidia has built in, or in an initrd that lacks what they name (libkmod-module.c, `kmod_module_get_softdeps`;
# libkmod-config.c, `kmod_config_new`; kernel-open nvidia/libspdm_ecc.c; nixpkgs,
# pkgs/build-support/kernel/modules-closure.sh).
{ facts, lib }:

let
  # What the line asks for comes up anyway.
  covered =
    d:
    lib.all (m: lib.elem m (facts.early ++ facts.rootModules ++ facts.promised d.module)) (
      d.pre ++ d.post
    );
  named =
    d:
    lib.any (m: lib.elem m facts.stack) d.modules
    || lib.any (m: lib.elem m facts.stack) (d.pre ++ d.post);
  # What loads in the initrd is not loaded again on the root, and the image holds
  # hard dependencies only.
  absent =
    d:
    lib.optionals (lib.elem d.module facts.early) (
      lib.subtractLists (facts.inInitrd ++ facts.promised d.module) (d.pre ++ d.post)
    );
  wantsCuda = lib.elem "cuda" facts.goals;
  why =
    d:
    if d.hiddenSide != null then
      "an extra space before `${d.hiddenSide}`, or `${d.module}` at the start of a continuation line, makes kmod miss it"
    else if d.pre ++ d.post == [ ] then
      "it has neither `pre:` nor `post:`"
    else if lib.any (lib.hasInfix ",") (d.pre ++ d.post) then
      "modprobe separates names by blanks, not by commas"
    else if d.hiddenBy == null && wantsCuda && absent d != [ ] && !covered d then
      "${d.module} loads in the initrd, which has no ${lib.concatStringsSep ", " (absent d)}, and is not loaded again"
    else if d.hiddenBy == null then
      null
    else
      "modprobe obeys the first softdep of ${d.module} only, and that is ${d.hiddenBy}";
  # nixpkgs' own line is told of only where something is lost by it, or where
  # a line of the owner's took its place.
  quiet = d: d.nixpkgs && (!facts.enabled || covered d && d.hiddenByLine == null);
  dead = lib.filter (d: named d && why d != null && !quiet d) facts.softdeps;
  # nixpkgs gives one; so does whoever wants more.
  wanted =
    d:
    lib.unique (
      map (lib.replaceStrings [ "_" ] [ "-" ]) (
        d.post ++ lib.optional (d.module == "nvidia") "nvidia_uvm"
      )
    );
  fix =
    d:
    if d.nixpkgs && d.hiddenByLine != null then
      lib.optionalString (!covered d) "services.nvpreflight.loadUvm = true;\n"
      + "# drop from boot.extraModprobeConfig: ${d.hiddenByLine}"
    else if d.post == [ "nvidia_uvm" ] then
      ''
        services.nvpreflight.loadUvm = true;
      ''
    else if d.pre ++ d.post == [ ] || covered d then
      ''
        # drop from boot.extraModprobeConfig: ${d.text}
      ''
    else
      ''
        services.nvpreflight.softdeps.${d.module} = {
          pre = [ ${lib.concatMapStringsSep " " (m: ''"${m}"'') d.pre} ];
          post = [ ${lib.concatMapStringsSep " " (m: ''"${m}"'') (wanted d)} ];
        };
      '';
in
{
  code = "NVP108";
  findings = map (d: {
    says = "`${d.text}` has no effect: ${why d}";
    at = [ (facts.place d) ];
    severity = if covered d then "note" else "warning";
    write = fix d;
  }) dead;
}
