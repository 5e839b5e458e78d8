# Lines that kmod passes over: no directive of modprobe.d(5), or a module name
# in another case or with wildcards, which options lines compare letter by letter
# (libkmod-config.c, `kmod_config_parse`; libkmod-module.c).
{ facts, lib }:

let
  directives = [
    "alias"
    "blacklist"
    "config"
    "include"
    "install"
    "options"
    "remove"
    "softdep"
    "weakdep"
  ];
  lower = lib.replaceStrings (lib.splitString " " "A D E I M N O R S T U V") (
    lib.splitString " " "a d e i m n o r s t u v"
  );
  about = lib.hasInfix "nvidia";
  why =
    l:
    if !lib.elem l.kind directives && about (lower l.text) then
      "modprobe.d has no directive `${l.kind}`"
    else if
      l.kind == "options" && about (lower l.name) && (lower l.name != l.name || lib.hasInfix "*" l.name)
    then
      "no module has the name `${l.name}`, letter by letter"
    else
      null;
in
{
  code = "NVP318";
  severity = "warning";
  findings = map (l: {
    says = "`${l.text}` is ignored: ${why l}";
    at = [ (facts.place l) ];
    write = ''
      boot.extraModprobeConfig = "options nvidia_drm modeset=1";    # directive and name exactly so
    '';
  }) (lib.filter (l: why l != null) facts.lines);
}
