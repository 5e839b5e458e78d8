# Leftovers that keep a module of the stack out: udev and systemd-modules-load
# obey a blacklist, and everything obeys `install MODULE /bin/false`.
{ facts, lib }:

let
  listed = lib.filter (m: lib.elem m facts.blacklist) facts.stack;
  replaced = lib.filter (
    l:
    (l.kind == "install" || l.kind == "alias" && l.args == [ "off" ])
    && lib.elem (facts.text.norm l.name) facts.stack
  ) facts.lines;
in
{
  code = "NVP308";
  severity = "error";
  findings =
    lib.optional (facts.enabled && listed != [ ]) {
      says = "${lib.concatStringsSep ", " listed} is blacklisted: neither udev nor systemd-modules-load will load it";
      write = ''
        # drop it from boot.blacklistedKernelModules, or the blacklist line from boot.extraModprobeConfig
      '';
    }
    ++ map (l: {
      says = "`${l.text}` keeps ${facts.text.norm l.name} out, as a dependency too";
      at = [ (facts.place l) ];
      write = ''
        # drop from boot.extraModprobeConfig: ${l.text}
      '';
    }) (lib.optionals facts.enabled replaced);
}
