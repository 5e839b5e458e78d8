# The softdep lines in the order in which kmod meets them, and which of them
# count: only the first whose pattern names a module does (libkmod-module.c,
# `kmod_module_get_softdeps`), and files are read by name, depmod's
# modules.softdep among them (libkmod-config.c, `kmod_config_new`).
{
  access,
  sources,
  stack,
  text,
  lib,
}:

let
  inherit (text) norm;

  own = lib.mapAttrsToList (module: dep: {
    module = norm module;
    modules = [ (norm module) ];
    hiddenSide = null;
    pre = map norm dep.pre;
    post = map norm dep.post;
    option = "services.nvpreflight.softdeps";
    shown = module;
    text = text.softdepLine module dep;
    file = null;
    nixpkgs = false;
    hiddenBy = null;
    hiddenByLine = null;
  }) (access.get "services.nvpreflight.softdeps" { });

  # The open nvidia has one built in, `pre: ecdh_generic,ecdsa_generic`
  # (kernel-open nvidia/libspdm_ecc.c, from 535.86.05 on).
  builtIn = module: module == "nvidia" && stack.open == true && stack.atLeast "535.86.05";

  written = sources.ofKind "softdep";
  # The modules that a line's pattern names, those of the stack before all.
  modulesOf =
    line:
    let
      known = lib.filter (text.matches line.name) stack.stack;
    in
    if known == [ ] then [ (norm line.name) ] else known;
  targetsOf =
    line:
    let
      deps = text.softdep line.rest;
    in
    {
      pre = map norm deps.pre;
      post = map norm deps.post;
    };
  # A line that names the same again loses nothing.
  sameTargets =
    a: b:
    lib.all
      (side: lib.subtractLists a.${side} b.${side} ++ lib.subtractLists b.${side} a.${side} == [ ])
      [
        "pre"
        "post"
      ];

  # What kmod obeys in a line's place for a module: `{ module; by; line; }`, or null.
  shadowOf =
    line: module:
    let
      targets = targetsOf line;
      mine = lib.findFirst (d: d.module == module) null own;
      first = text.softdepOf written module;
      shadow = by: line: { inherit module by line; };
    in
    if mine != null then
      if sameTargets mine targets then null else shadow "the one of services.nvpreflight.softdeps" null
    else if builtIn module then
      shadow "the one built into the open nvidia: modules.softdep sorts before nixos.conf" null
    else if first != null && !sameTargets (targetsOf first) targets then
      shadow "`${first.text}`" first.text
    else
      null;
  judge =
    line:
    let
      modules = modulesOf line;
      shadows = lib.filter (s: s != null) (map (shadowOf line) modules);
      shadow = if shadows == [ ] then null else lib.head shadows;
    in
    targetsOf line
    // {
      module = if shadow == null then lib.head modules else shadow.module;
      inherit modules;
      hiddenSide = text.hiddenSide line.rest;
      inherit (line)
        option
        shown
        text
        file
        nixpkgs
        ;
      hiddenBy = if shadow == null then null else shadow.by;
      # The line of nixos.conf that takes this one's place, where it is one.
      hiddenByLine = if shadow == null then null else shadow.line;
    };
in
{
  softdeps = own ++ map judge written;

  # What our own line of a module brings.
  promised = module: lib.concatMap (d: lib.optionals (d.module == module) (d.pre ++ d.post)) own;
}
