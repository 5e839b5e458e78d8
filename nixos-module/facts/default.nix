# What this configuration says of the NVIDIA stack, as plain data, read from
# whichever options this NixOS has: 24.05 (lists, kernel command line) and 26.05
# (sets of modules, `hardware.nvidia.moduleParams`). Judges nothing.
{
  config,
  options,
  lib,
}:

let
  # The verifier's own tables of the driver.
  driver = builtins.fromJSON (builtins.readFile ../generated/driver.json);
  text = import ./text.nix { inherit driver lib; };
  access = import ./access.nix { inherit config options lib; };
  sources = import ./sources.nix { inherit access text lib; };
  stack = import ./stack.nix {
    inherit
      driver
      access
      sources
      text
      lib
      ;
  };
  softdeps = import ./softdeps.nix {
    inherit
      access
      sources
      stack
      text
      lib
      ;
  };
  purpose = import ./purpose.nix {
    inherit
      access
      sources
      stack
      lib
      ;
  };
  sleep = import ./sleep.nix { inherit access stack lib; };
  earlyKms = import ./early-kms.nix {
    inherit
      access
      sources
      stack
      purpose
      lib
      ;
  };
in
access // sources // stack // softdeps // purpose // sleep // earlyKms // { inherit text; }
