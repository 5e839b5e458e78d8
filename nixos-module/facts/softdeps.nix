# The softdep lines in the order in which kmod meets them, and which of them
# count: only the first of a module does (libkmod-module.c,
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

  written = lib.imap0 (i: line: {
    inherit i line;
    module = norm line.name;
  }) (sources.ofKind "softdep");
  judge =
    entry:
    let
      first = lib.filter (e: e.i < entry.i && e.module == entry.module) written;
      ours = lib.any (d: d.module == entry.module) own;
      byLine = first != [ ] && !ours && !builtIn entry.module;
      hiddenBy =
        if ours then
          "the one of services.nvpreflight.softdeps"
        else if builtIn entry.module then
          "the one built into the open nvidia: modules.softdep sorts before nixos.conf"
        else if byLine then
          "`${(lib.head first).line.text}`"
        else
          null;
    in
    text.softdep entry.line.args
    // {
      inherit (entry) module;
      inherit (entry.line)
        option
        shown
        text
        file
        nixpkgs
        ;
      inherit hiddenBy;
      # The line of nixos.conf that takes this one's place, where it is one.
      hiddenByLine = if byLine then (lib.head first).line.text else null;
    };
in
{
  softdeps = own ++ map judge written;

  # What our own line of a module brings.
  promised = module: lib.concatMap (d: lib.optionals (d.module == module) (d.pre ++ d.post)) own;
}
