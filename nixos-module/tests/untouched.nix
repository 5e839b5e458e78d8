# Whether a disabled module leaves a real NixOS as it is, to the derivation, and
# an enabled one evaluates to a whole system too.
{ nixpkgs }:

let
  eval = import ./eval.nix { inherit nixpkgs; };
  system = modules: (eval.machine modules).config.system.build.toplevel.drvPath;
  nvidia = {
    services.xserver.videoDrivers = [ "nvidia" ];
    hardware.nvidia.open = false;
  };
  enabled = {
    services.nvpreflight = {
      enable = true;
      loadUvm = true;
      bootAssessment.enable = true;
    };
  };
  without = (eval.plain [ nvidia ]).config.system.build.toplevel.drvPath;
in
system [ nvidia ] == without
&&
  system [
    nvidia
    enabled
  ] != without
