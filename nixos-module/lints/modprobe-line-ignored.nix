# Lines that kmod ignores: no directive of modprobe.d(5), one without its arguments, a
# bracket without its partner, or a module name in another case or with wildcards, which
# options lines compare letter by letter (libkmod-config.c, `kmod_config_parse`;
# shared/util.c, `underscores`; libkmod-module.c).
{ facts, lib }:

let
  inherit (facts) text;
  directives = [
    "alias"
    "blacklist"
    "install"
    "options"
    "remove"
    "softdep"
    "weakdep"
  ];
  about = l: lib.hasInfix "nvidia" (text.lower l.text);
  # The module that the author of another spelling meant.
  meant =
    l:
    lib.filter (
      m: text.underscores l.name != m && (text.norm (text.lower l.name) == m || text.matches l.name m)
    ) facts.stack;
  # Names whose brackets kmod refuses: the module's, and of an alias the other one too.
  unmatched =
    l:
    lib.filter (name: text.underscores name == null) (
      lib.take (if l.name == "alias" then 2 else 1) (lib.drop 1 (text.words l.text))
    );
  why =
    l:
    if l.kind == "ignored" && about l then
      if !lib.elem l.name directives then
        "modprobe.d has no directive `${l.name}`"
      else if unmatched l != [ ] then
        "`${lib.head (unmatched l)}` has a bracket without its partner"
      else
        "`${l.name}` has too few arguments"
    else if l.kind == "options" && meant l != [ ] then
      "no module has the name `${l.name}`, letter by letter"
    else
      null;
in
{
  code = "NVP318";
  findings = map (l: {
    says = "`${l.text}` is ignored: ${why l}";
    at = [ (facts.place l) ];
    write = ''
      boot.extraModprobeConfig = "options nvidia_drm modeset=1";    # directive and name exactly so
    '';
  }) (lib.filter (l: why l != null) facts.lines);
}
