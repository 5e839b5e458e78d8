# How the stand-ins for packages are made: by this machine's own tools, with as much of
# a package about them as nixpkgs' modules ask for.
{ final, lib }:
let
  # Made by the host's own tools, without a stdenv. Nix 2.8 kills a builder whose
  # output pipe closes, which a shell does that hands over to its last command.
  raw =
    name: script:
    derivation {
      inherit name;
      system = "x86_64-linux";
      builder = "/bin/bash";
      args = [
        "-euc"
        "export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n${script}\nsleep 0.1\n:\n"
      ];
    };
  words = text: lib.filter (it: lib.isString it && it != "") (builtins.split "[ \n]+" text);
  # As much of a package as nixpkgs' modules ask of one.
  package =
    drv: extra:
    drv
    // {
      pname = drv.name;
      version = "0";
      outputs = [ "out" ];
      override = _: package drv extra;
      overrideAttrs = _: package drv extra;
      getOutput = _: drv;
      inherit (final) stdenv;
      passthru = extra;
      meta = {
        mainProgram = drv.name;
        priority = 5;
        outputsToInstall = [ "out" ];
        platforms = lib.platforms.all;
      };
    }
    // lib.genAttrs [ "bin" "dev" "lib" "man" "doc" ] (_: drv)
    // extra;
  file =
    path:
    builtins.path {
      inherit path;
      name = baseNameOf path;
    };
  empty = name: script: package (raw name "mkdir -p $out/bin\n${script}") { };
in
{
  inherit
    raw
    package
    file
    words
    empty
    ;
}
