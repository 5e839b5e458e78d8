# A lint has the severity of the verifier's rule of its code, but for the ones named here.
{ lib, check, ... }:

let
  codes = import ../codes.nix { inherit lib; };
  folder = ../lints;
  files = lib.filter (file: file != "default.nix") (lib.attrNames (builtins.readDir folder));
  # Code and severity ask nothing of a configuration.
  lints = map (
    file:
    import (folder + "/${file}") {
      inherit lib;
      facts = throw "${file} judges";
    }
  ) files;
  ofRules = lib.filter (lint: codes.severities ? ${lint.code}) lints;
  codesOf = map (lint: lint.code);
in
[
  # A GPU without a driver beside one that works; firmware that may come from a package
  # that evaluation does not know.
  (check "severities: lints that have another one than their rule"
    (codesOf (lib.filter (lint: lint ? severity) ofRules))
    [
      "NVP504"
      "NVP405"
    ]
  )
  (check "severities: codes that only lints judge have one" (codesOf (
    lib.filter (lint: !(codes.severities ? ${lint.code} || lint ? severity)) lints
  )) [ ])
]
