# Of /etc/modprobe.d only nixos.conf and the distributions' files get into the
# initrd (nixpkgs, nixos/modules/system/boot/systemd/initrd.nix and stage-1.nix):
# a module that loads there does not see the others.
{ facts, lib }:

let
  known = map (n: "modprobe.d/${n}.conf") [
    "nixos"
    "debian"
    "ubuntu"
    "systemd"
    "firmware"
    "00-nvpreflight"
  ];
  # Options compare names; softdep and install lines, patterns.
  speaksOf =
    l: m:
    if l.kind == "options" then facts.text.underscores l.name == m else facts.text.matches l.name m;
  linked = name: facts.get "boot.initrd.systemd.contents" { } ? "/etc/${name}";
  about =
    entry:
    lib.filter (
      l:
      lib.elem l.kind [
        "options"
        "softdep"
        "install"
      ]
      && lib.any (speaksOf l) facts.early
    ) (facts.text.modprobeLines (if builtins.isString (entry.text or null) then entry.text else ""));
  files = lib.filterAttrs (
    name: entry:
    lib.hasPrefix "modprobe.d/" name && !lib.elem name known && !linked name && about entry != [ ]
  ) (facts.get "environment.etc" { });
in
{
  code = "NVP301";
  findings = lib.mapAttrsToList (name: entry: {
    says = "/etc/${name} is not in the initrd, where ${lib.concatStringsSep ", " facts.early} load: its lines come too late";
    at = map (l: ''environment.etc."${name}": ${l.text}'') (about entry);
    write = ''
      boot.extraModprobeConfig = "${lib.concatMapStringsSep "\\n" (l: l.text) (about entry)}";
    '';
  }) files;
}
