# Adds the packages of this project to nixpkgs, each by the name of its program.
final: _prev: {
  nvpreflight = final.callPackage ./tool.nix { };
  nvpreflight-boot = final.callPackage ./boot.nix { };
  nvpreflight-carrier = final.pkgsStatic.callPackage ./carrier.nix { };
  nvpreflight-verifier = final.pkgsStatic.callPackage ./verifier.nix { };
}
