# Keeps the look at each boot, so that `nvpreflight why` can tell what changed since
# the last good one. Runs after the graphical target and holds nothing back.
{
  config,
  lib,
  ...
}:

let
  cfg = config.services.nvpreflight;
  keep = cfg.rememberBoots;
  exe = lib.getExe' cfg.toolPackage "nvpreflight";
in
{
  config = lib.mkIf (cfg.enable && keep.enable) {
    environment.systemPackages = [ cfg.toolPackage ];

    systemd.services.nvpreflight-remember = {
      description = "Record this boot's NVIDIA module state";
      wantedBy = [ "graphical.target" ];
      # After the target that wants it: systemd then leaves out the order the
      # other way round (systemd.target(5), "Default Dependencies").
      after = [
        "nvpreflight-pre-display.service"
        "display-manager.service"
        "graphical.target"
      ];
      unitConfig.ConditionPathExists = "/run/nvpreflight/pre-display.json";
      # A switch must not judge a boot that is long over.
      restartIfChanged = false;
      serviceConfig = {
        # Done once the program runs, so that nothing waits for it; `-` makes any
        # exit a success, a read-only /var too.
        Type = "exec";
        ExecStart = "-${exe} remember --good ${toString keep.good} --bad ${toString keep.bad}";
        StateDirectory = "nvpreflight";
        StateDirectoryMode = "0700";
        UMask = "0077";
        TimeoutStartSec = 10;
        RuntimeMaxSec = 120;
        Nice = 19;
        IOSchedulingClass = "idle";
        StandardInput = "null";
        StandardOutput = "null";
        StandardError = "journal";
      }
      // (import ./hardening.nix).remember;
    };
  };
}
