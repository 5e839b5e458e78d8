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
  own = lib.mapAttrsToList (
    module: dep:
    lib.head (text.modprobeLines (text.softdepLine module dep))
    // {
      name = module;
      option = "services.nvpreflight.softdeps";
      shown = module;
      file = null;
      nixpkgs = false;
      by = "the one of services.nvpreflight.softdeps";
    }
  ) (access.get "services.nvpreflight.softdeps" { });

  # The open nvidia has one built in (kernel-open nvidia/libspdm_ecc.c, from 535.86.05 on),
  # and modules.softdep sorts before nixos.conf.
  builtIn = lib.optional (stack.open == true && stack.atLeast "535.86.05") {
    kind = "softdep";
    name = "nvidia";
    rest = "pre: ecdh_generic,ecdsa_generic";
    by = "the one built into the open nvidia: modules.softdep sorts before nixos.conf";
  };

  written = sources.ofKind "softdep";
  # In the order in which kmod meets them.
  all = own ++ builtIn ++ written;

  judge =
    line:
    let
      modules = text.softdepModules line;
      shadowed = lib.filter (module: text.softdepShadow all line module != null) modules;
      module = lib.head (shadowed ++ modules);
      shadow = text.softdepShadow all line module;
    in
    text.softdepSides line
    // {
      inherit module modules;
      inherit (line)
        option
        shown
        text
        file
        nixpkgs
        ;
      hiddenSide = text.hiddenSide line.rest;
      hiddenBy = if shadow == null then null else shadow.by or "`${shadow.text}`";
      # The line of nixos.conf that takes this one's place, where it is one.
      hiddenByLine = if shadow == null || shadow ? by then null else shadow.text;
      inversions = text.softdepInversions all line;
    };
in
{
  softdeps = map judge (own ++ written);

  # The softdep that kmod obeys for a module, as `{ pre; post; }`.
  softdepInForce =
    module:
    let
      line = text.softdepOf all module;
    in
    if line == null then
      {
        pre = [ ];
        post = [ ];
      }
    else
      text.softdepSides line;

  # What our own line of a module brings.
  promised =
    module:
    lib.concatMap (
      line:
      let
        deps = text.softdepSides line;
      in
      lib.optionals (text.norm line.name == module) (deps.pre ++ deps.post)
    ) own;
}
