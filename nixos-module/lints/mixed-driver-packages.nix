# Modules of another version than the driver chosen, among the packages that the
# module tree is made of: which of two equal names loads is nobody's choice
# (nixpkgs, nixos/modules/system/boot/kernel.nix, `aggregateModules`).
{ facts, lib }:

let
  # Driver versions are the only ones with three digits in front.
  versions =
    name:
    map lib.head (
      lib.filter builtins.isList (builtins.split "([4-9][0-9][0-9][.][0-9][0-9]+([.][0-9]+)?)" name)
    );
  other =
    package:
    let
      found = versions (package.name or "");
    in
    lib.hasInfix "nvidia" (package.name or "") && found != [ ] && !lib.elem facts.version found;
  wrong = lib.filter other (facts.get "boot.extraModulePackages" [ ]);
in
{
  code = "NVP413";
  findings = map (package: {
    says = "boot.extraModulePackages has ${package.name} beside the driver ${facts.version}: modules of two versions under the same names";
    write = ''
      # drop it from boot.extraModulePackages; hardware.nvidia.package brings the modules
    '';
  }) (lib.optionals (facts.enabled && facts.version != null) wrong);
}
