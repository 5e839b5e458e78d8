# For people without flakes; what flake.nix gives, by the same names:
#   nix-build -A nvpreflight
#   imports = [ (import ./nvpreflight { }).nixosModules.default ];
{
  pkgs ? import <nixpkgs> { },
}:

let
  extended = pkgs.extend (import ./nixos-module/packages/overlay.nix);
  inherit (pkgs) lib;
in
{
  inherit (extended) nvpreflight nvpreflight-verifier;
  nixosModules.default = ./nixos-module/with-packages.nix;
  overlays.default = import ./nixos-module/packages/overlay.nix;
  checks = import ./nixos-module/nixos-tests { pkgs = extended; };
  shell = extended.callPackage ./nixos-module/packages/shell.nix { };
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isx86_64 { inherit (extended) nvpreflight-boot; }
