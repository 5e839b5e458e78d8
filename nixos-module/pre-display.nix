# The look on the real root, before the display manager: reports, holds the
# display manager where asked, decides whether the boot counts as good where
# asked.
{
  config,
  options,
  lib,
  ...
}:

let
  cfg = config.services.nvpreflight;
  exe = lib.getExe' cfg.package "nvpreflight-verifier";
  facts = import ./facts { inherit config options lib; };

  # Boot counting of systemd-boot (since 26.05) and of lanzaboote.
  bootCounting = "boot.loader.systemd-boot.bootCounting";
  counted =
    facts.on "${bootCounting}.enable" || facts.get "boot.lanzaboote.bootCounting.initialTries" 0 > 0;

  # With it the exit status follows `on_error`; without it, the verdict.
  asUnit = lib.optionalString (!cfg.bootAssessment.enable) " --as-unit";

  # How long the modules that udev still loads are waited for, by events. Where
  # the verdict counts, a boot that is a moment early must not be called broken.
  counts = cfg.bootAssessment.enable || cfg.onError == "fail-unit";
  wait = if counts then cfg.holdDisplay.deadlineMs else cfg.settings.deadline_ms;
  # A hold has its own deadline in the expectations.
  deadline = lib.optionalString (!cfg.holdDisplay.enable) " --deadline-ms ${toString wait}";
in
{
  config = lib.mkIf cfg.enable {
    warnings = lib.optional (cfg.bootAssessment.enable && !counted) (
      "services.nvpreflight.bootAssessment.enable has no effect: no boot is counted, so none can count as bad. "
      + (
        if facts.on "boot.loader.systemd-boot.enable" && facts.isDeclared bootCounting then
          "Write: boot.loader.systemd-boot.bootCounting.enable = true;"
        else
          "It needs systemd-boot with boot.loader.systemd-boot.bootCounting, or lanzaboote with boot.lanzaboote.bootCounting.initialTries; GRUB has nothing like it."
      )
    );

    environment.etc."nvpreflight/expect.json".source = cfg.settingsFile;
    environment.systemPackages = [ cfg.package ];

    systemd.services.nvpreflight-pre-display = {
      description = "Check that the NVIDIA modules are loaded (before the display manager)";
      wantedBy = [ "multi-user.target" ];
      requiredBy = lib.optional cfg.bootAssessment.enable "boot-complete.target";
      after = [
        "systemd-modules-load.service"
        "systemd-udev-trigger.service"
      ];
      # Every display manager of NixOS is this unit or carries it as an alias,
      # greetd too. Order alone cannot keep it from starting.
      before = [
        "display-manager.service"
      ]
      ++ lib.optional cfg.bootAssessment.enable "boot-complete.target";
      # A switch must not judge a boot that is long over.
      restartIfChanged = false;
      # One word for both stages; without the look the boot counts as good.
      unitConfig.ConditionKernelCommandLine = "!nvpreflight=off";
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${exe} --phase pre-display${asUnit}${deadline} --quiet";
        # A hold ends by its own rule; this is for a read that hangs in the
        # kernel.
        TimeoutStartSec = (if cfg.holdDisplay.enable then cfg.holdDisplay.deadlineMs else wait) / 1000 + 10;
        TimeoutStopSec = 2;
        StandardInput = "null";
        StandardOutput = "null";
        StandardError = "journal";
      }
      // (import ./hardening.nix).preDisplay
      // lib.optionalAttrs (cfg.bootAssessment.enable && !cfg.bootAssessment.strict) {
        # "Could not check" is said in the journal and refuses no boot.
        SuccessExitStatus = 2;
      };
    };
  };
}
