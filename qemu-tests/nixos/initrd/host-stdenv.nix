# A stdenv of the host's own tools in place of nixpkgs' bootstrap, so that its
# derivations build without a binary cache and without the network. Given to
# nixpkgs as `stdenvStages`.
nixpkgs:
{
  lib,
  localSystem,
  config,
  overlays,
  ...
}:
let
  shell = "/bin/bash";
  makeStdenv =
    {
      cc,
      fetchurl,
      overrides ? (_self: _super: { }),
    }:
    import (nixpkgs + "/pkgs/stdenv/generic") {
      buildPlatform = localSystem;
      hostPlatform = localSystem;
      targetPlatform = localSystem;
      # Without a sandbox Nix's home for builders, /homeless-shelter, can be made by one
      # (cargo does), and Nix builds nothing as long as it is there.
      preHook = "export NIX_ENFORCE_PURITY=\nexport HOME=$NIX_BUILD_TOP\n";
      initialPath = [
        "/"
        "/usr"
        "/usr/local"
      ];
      fetchurlBoot = fetchurl;
      inherit
        shell
        cc
        overrides
        config
        ;
    };
  native = {
    runtimeShell = shell;
    expand-response-params = "";
    nativePrefix = "/usr";
    nativeTools = true;
    nativeLibc = true;
    inherit lib;
  };
in
[
  (_: rec {
    __raw = true;
    stdenv = makeStdenv {
      cc = null;
      fetchurl = null;
    };
    stdenvNoCC = stdenv;
    cc = import (nixpkgs + "/pkgs/build-support/cc-wrapper") (
      native
      // {
        name = "cc-native";
        bintools = import (nixpkgs + "/pkgs/build-support/bintools-wrapper") (
          native
          // {
            name = "bintools";
            inherit stdenvNoCC;
          }
        );
        inherit stdenvNoCC;
      }
    );
    fetchurl = import (nixpkgs + "/pkgs/build-support/fetchurl") {
      inherit lib stdenvNoCC;
      curl = null;
    };
  })
  (prevStage: {
    inherit config overlays;
    stdenv =
      makeStdenv {
        inherit (prevStage) cc fetchurl;
        # These win over overlays, which name a fetchurl of their own by another name.
        overrides = _self: super: { fetchurl = super.hostFetchurl or prevStage.fetchurl; };
      }
      // {
        inherit (prevStage) fetchurl;
      };
  })
]
