# What the softdep lines of a configuration do, as kmod applies them: for each module only
# the first line whose pattern names it counts (libkmod-module.c
# `kmod_module_get_softdeps`), so that a pattern is judged module by module. Never reads
# the configuration.
{
  names,
  lines,
  driver,
  lib,
}:

let
  sides = line: lib.mapAttrs (_: map names.norm) (lines.softdep line.rest);
  # A line that names the same again loses nothing.
  sameTargets =
    a: b:
    lib.all
      (
        side:
        lib.subtractLists (sides a).${side} (sides b).${side}
        ++ lib.subtractLists (sides b).${side} (sides a).${side} == [ ]
      )
      [
        "pre"
        "post"
      ];
  needs = module: driver.needs.${names.norm module} or [ ];
in
rec {
  softdepSides = sides;

  # The modules that a line's pattern names, those of the stack before all.
  softdepModules =
    line:
    let
      known = lib.filter (names.matches line.name) driver.stack;
    in
    if known == [ ] then [ (names.norm line.name) ] else known;

  # The line that kmod obeys in a line's place for a module, or null.
  softdepShadow =
    all: line: module:
    let
      winner = lines.softdepOf all module;
    in
    if winner == null || sameTargets winner line then null else winner;

  # What a line has the wrong way round: `{ module; side; target; }`. For a module of
  # which kmod obeys another line it turns nothing round.
  softdepInversions =
    all: line:
    let
      deps = lines.softdep line.rest;
      wrong =
        module:
        map (target: {
          inherit module target;
          side = "pre";
        }) (lib.filter (target: lib.elem module (needs target)) deps.pre)
        ++ map (target: {
          inherit module target;
          side = "post";
        }) (lib.filter (target: lib.elem (names.norm target) (needs module)) deps.post);
    in
    lib.concatMap wrong (
      lib.filter (module: softdepShadow all line module == null) (softdepModules line)
    );
}
