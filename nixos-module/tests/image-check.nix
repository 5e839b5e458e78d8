# The shell text of the two image checks.
{
  at,
  strict ? false,
}:

let
  c =
    ((import ./eval.nix { }).machine [
      {
        services.xserver.videoDrivers = [ "nvidia" ];
        services.nvpreflight.enable = true;
        services.nvpreflight.imageCheck = { inherit strict; };
      }
    ]).config;
in
{
  build = (builtins.head c.system.checks).text;
  switch = c.system.preSwitchChecks.nvpreflight;
}
.${at}
