# The checks of the flake that boot nothing: the module's cases over the lib of this
# nixpkgs, and what formatter and linters say. Evaluation fails naming the cases that
# do not hold.
{ pkgs }:

let
  inherit (pkgs) lib;
  releases = [
    "24.05"
    "24.11"
    "25.05"
    "25.11"
    "26.05"
    "unstable"
  ];
  broken =
    age:
    map (case: "${age}: ${case.name}: ${case.detail}") (
      lib.filter (case: !case.ok && case.skip == null) (
        import ./tests/suite.nix {
          inherit age;
          nixpkgsLib = pkgs.path + "/lib";
        }
      )
    );
  all = lib.concatMap broken releases;

  looks =
    name: inputs: script:
    pkgs.runCommand "nvpreflight-${name}" { nativeBuildInputs = inputs; } ''
      cd ${./.}
      ${script}
      touch $out
    '';
in
{
  module-cases =
    if all == [ ] then
      pkgs.writeText "nvpreflight-module-cases" "every case holds on ${lib.concatStringsSep ", " releases}\n"
    else
      throw "nixos-module: ${lib.concatStringsSep "\n" all}";
  nix-format = looks "nix-format" [
    pkgs.nixfmt
  ] "find . -name '*.nix' -exec nixfmt --check {} +";
  nix-lint =
    looks "nix-lint"
      [
        pkgs.deadnix
        pkgs.statix
      ]
      ''
        deadnix --fail .
        statix check --config statix.toml .
      '';
}
