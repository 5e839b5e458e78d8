# The driver in the initrd, or not: by the owner's word, or weighed from what else
# the machine does. Says at evaluation what was chosen and why.
{
  config,
  options,
  lib,
  ...
}:

let
  cfg = config.services.nvpreflight;
  facts = import ./facts { inherit config options lib; };
  chosen = facts.earlyKms;
  auto = cfg.earlyKms.mode == "auto";
  loads = cfg.earlyKms.mode == "on" || auto && chosen.on;

  said = lib.concatStringsSep "\n" (
    [
      "nvpreflight: earlyKms chose ${if chosen.on then "the initrd" else "the real root"}: ${chosen.why}."
    ]
    ++ lib.optionals chosen.on (
      [ "  it costs about ${toString chosen.costMiB} MiB in each initrd" ]
      ++ lib.optional (chosen.room != null) "  ${chosen.room}"
    )
    ++ map (line: "  for the prompt write: ${line}") chosen.instead
    ++ [
      "  to settle it: services.nvpreflight.earlyKms.mode = \"${if chosen.on then "on" else "off"}\";"
    ]
  );
in
{
  options.services.nvpreflight.earlyKms = {
    mode = lib.mkOption {
      type = lib.types.enum [
        "leave"
        "auto"
        "on"
        "off"
      ];
      default = "leave";
      example = "auto";
      description = ''
        Whether the display modules load in the initrd. `leave` changes nothing of
        {option}`boot.initrd.kernelModules`; `on` adds them; `auto` weighs a
        passphrase prompt, the boot splash, the greeter, hibernation, PRIME, given
        away GPUs and the room on the ESP, and evaluation says what it chose and
        why; `off` adds nothing and keeps that from being said.
      '';
    };

    espMiB = lib.mkOption {
      type = lib.types.nullOr lib.types.ints.positive;
      default = null;
      example = 512;
      description = ''
        Size in MiB of the partition that holds kernels and initrds, which no
        evaluation can see. With it `auto` leaves the driver out where the
        generations would not fit.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    boot.initrd.kernelModules = lib.mkIf (loads && facts.hasInitrd) chosen.modules;
    # A driver that is requested by name loads before the greeter all the same.
    boot.kernelModules = lib.mkIf (auto && !chosen.on && facts.enabled && facts.hibernates) [
      "nvidia"
      "nvidia_modeset"
      "nvidia_drm"
    ];
    warnings = lib.optional auto said;
  };
}
