# Leftovers that keep a module of the stack out: udev and systemd-modules-load
# obey a blacklist, and everything obeys `install MODULE /bin/false`, unless a softdep
# of the module is in force: kmod then inserts the module itself (kmod issue 446).
{ facts, lib }:

let
  blocks = lib.concatMap (
    module: map (b: b // { inherit module; }) (facts.text.blockedByLines facts.lines module)
  ) facts.stack;
  listed = lib.filter (m: lib.elem m facts.blacklist) facts.stack;
  bypassed = b: b.how == "install" && loads (facts.softdepInForce b.module);
  # What stands between commas is no module.
  loads = d: lib.any (m: !lib.hasInfix "," m) (d.pre ++ d.post);
  replaced = lib.filter (b: b.how != "blacklist" && !bypassed b) blocks;
in
{
  code = "NVP308";
  findings =
    lib.optional (facts.enabled && listed != [ ]) {
      says = "${lib.concatStringsSep ", " listed} is blacklisted: neither udev nor systemd-modules-load will load it";
      write = ''
        # drop it from boot.blacklistedKernelModules, or the blacklist line from boot.extraModprobeConfig
      '';
    }
    ++ map (b: {
      says = "`${b.line.text}` keeps ${b.module} out, as a dependency too";
      at = [ (facts.place b.line) ];
      write = ''
        # drop from boot.extraModprobeConfig: ${b.line.text}
      '';
    }) (lib.optionals facts.enabled replaced);
}
