# One file of nixpkgs is so large that some copies lack it. All that comes of it
# here are programs that look at text; another stands in for them where it is not.
# Gives the overlays that a tree needs.
{ nixpkgs }:

let
  withoutHaskell = _final: prev: {
    shellcheck = prev.hello;
    shellcheck-minimal = prev.hello // {
      compiler = prev.hello;
    };
    nixfmt = prev.hello;
    nixfmt-tree = prev.hello;
  };
  complete = builtins.pathExists (nixpkgs + "/pkgs/development/haskell-modules/hackage-packages.nix");
in
{
  inherit complete;
  overlays = if complete then [ ] else [ withoutHaskell ];
}
