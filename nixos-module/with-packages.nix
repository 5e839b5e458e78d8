# The module together with the overlay, for systems whose nixpkgs does not have
# the packages: `imports = [ ./nvpreflight/nixos-module/with-packages.nix ];`
{
  imports = [ ./. ];
  nixpkgs.overlays = [ (import ./packages/overlay.nix) ];
}
