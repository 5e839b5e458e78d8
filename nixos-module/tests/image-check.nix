# The shell text of the two image checks.
{ at }:

let
  c =
    ((import ./eval.nix { }).machine [
      {
        services.xserver.videoDrivers = [ "nvidia" ];
        services.nvpreflight.enable = true;
      }
    ]).config;
in
{
  build = (builtins.head c.system.checks).text;
  switch = c.system.preSwitchChecks.nvpreflight;
}
.${at}
