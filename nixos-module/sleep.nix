# What nixpkgs' units for NVIDIA leave out of sleep: suspend-then-hibernate
# (nixpkgs#440422), and the freezing of user sessions, which systemd does since 256
# and the driver's saving of video memory does not survive everywhere
# (nixpkgs#371058; systemd-suspend.service(8)). Both only where asked for.
{
  config,
  options,
  lib,
  ...
}:

let
  cfg = config.services.nvpreflight;
  facts = import ./facts { inherit config options lib; };
  both = "systemd-suspend-then-hibernate.service";
in
{
  options.services.nvpreflight.sleep = {
    suspendThenHibernate = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = ''
        Whether {file}`nvidia-suspend.service` and {file}`nvidia-resume.service` of
        {option}`hardware.nvidia.powerManagement.enable` take part in
        {command}`systemctl suspend-then-hibernate` too, as NVIDIA's own units do.
        Without it the driver refuses that suspend. Drivers that hear of sleep from
        the kernel need no units, and then it does nothing.
      '';
    };

    thawedSessions = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = ''
        Whether user sessions stay as they are while the machine falls asleep and
        wakes, in the place of being frozen by systemd, as NVIDIA's own packages
        for other distributions have it.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services = lib.mkMerge [
      (lib.mkIf (cfg.sleep.suspendThenHibernate && facts.sleepUnits) {
        nvidia-suspend = {
          before = [ both ];
          requiredBy = [ both ];
        };
        nvidia-resume = {
          after = [ both ];
          requiredBy = [ both ];
        };
      })
      (lib.mkIf cfg.sleep.thawedSessions (
        lib.genAttrs facts.sleepServices (_: {
          environment.SYSTEMD_SLEEP_FREEZE_USER_SESSIONS = "false";
        })
      ))
    ];
  };
}
