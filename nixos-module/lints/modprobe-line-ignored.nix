# Lines that kmod ignores: no directive of modprobe.d(5), one without its arguments, or
# a module name in another case or with wildcards, which options lines compare letter
# by letter (libkmod-config.c, `kmod_config_parse`; libkmod-module.c).
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
  why =
    l:
    if l.kind == "ignored" && about l then
      if lib.elem l.name directives then
        "`${l.name}` has too few arguments"
      else
        "modprobe.d has no directive `${l.name}`"
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
