# `nix run .#demo`: boots the machines of the NixOS test `demo` by its driver.
{ pkgs, writeShellApplication }:

let
  inherit (import ../nixos-tests { inherit pkgs; }) demo;
in
writeShellApplication {
  name = "nvpreflight-demo";
  text = ''
    state=$(mktemp --directory)
    trap 'rm --recursive --force "$state"' EXIT
    ${demo.driver}/bin/nixos-test-driver -o "$state" "$@"
  '';
}
