# What can be switched on and off. The expectations themselves are options of
# `settings.nix`.
{ lib, pkgs, ... }:

let
  own = builtins.fromJSON (builtins.readFile ./generated/expectations.json);
in
{
  options.services.nvpreflight = {
    enable = lib.mkEnableOption "early-boot verification of the NVIDIA kernel modules";

    package = lib.mkPackageOption pkgs "nvpreflight-verifier" {
      extraDescription = ''
        It must hold {file}`bin/nvpreflight-verifier`, linked statically: the
        initrd gets this one file and no library.
      '';
    };

    toolPackage = lib.mkPackageOption pkgs "nvpreflight" {
      extraDescription = ''
        It must hold {file}`bin/nvpreflight`, which judges the initial ramdisk
        on the build host, and remembers boots on the machine. Only
        {option}`services.nvpreflight.imageCheck` and
        {option}`services.nvpreflight.rememberBoots` use it.
      '';
    };

    initrd = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = ''
          Whether to judge the modules inside the initrd. If false, only
          the check before the display manager runs, which cannot tell what the
          initrd did.
        '';
      };

      required = lib.mkOption {
        type = lib.types.bool;
        default = false;
        description = ''
          Whether a failed verdict stops the boot in the initrd. It takes
          effect together with
          {option}`services.nvpreflight.onError` set to `fail-unit`.

          ::: {.warning}
          The machine then ends in the initrd's emergency mode, which asks for
          a password that is locked unless
          {option}`boot.initrd.systemd.emergencyAccess` is set.
          :::
        '';
      };

      beforePlymouth = lib.mkOption {
        type = lib.types.bool;
        default = false;
        description = ''
          Whether the boot splash waits for the verdict. The splash then comes
          later by the time the verifier takes, at most
          {option}`services.nvpreflight.settings.deadline_ms`.
        '';
      };
    };

    onError = lib.mkOption {
      type = lib.types.enum [
        "log"
        "fail-unit"
      ];
      default = "log";
      description = ''
        What findings at or above
        {option}`services.nvpreflight.settings.threshold` do: `log` only says
        so; `fail-unit` also makes the unit fail, so that
        {command}`systemctl --failed` shows it and units that require it do
        not start.
      '';
    };

    holdDisplay = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = false;
        example = true;
        description = ''
          Whether to hold the display manager back until the GPU's render node
          is there. It starts at the deadline at the latest, whatever the verdict.
        '';
      };

      deadlineMs = lib.mkOption {
        type = lib.types.ints.between 0 own.waitMaxMs;
        default = own.holdMs;
        description = ''
          Longest time the display manager is held back, in milliseconds. Without
          {option}`services.nvpreflight.holdDisplay.enable` it is how long the
          check before the display manager waits for modules that still load, where its
          verdict counts: with {option}`services.nvpreflight.onError` set to
          `fail-unit`, or {option}`services.nvpreflight.bootAssessment.enable`.
        '';
      };
    };

    bootAssessment = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = false;
        example = true;
        description = ''
          Whether the verdict decides if a boot counts as good. The check
          before the display manager becomes a requirement of
          {file}`boot-complete.target`: with boot counting, a generation whose
          graphics are broken is not blessed, and the boot loader returns to the
          one before.
        '';
      };

      strict = lib.mkOption {
        type = lib.types.bool;
        default = false;
        description = ''
          Whether a boot is also refused when something could not be checked
          (exit status 2), and not only for findings.
        '';
      };
    };

    rememberBoots = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = ''
          Whether to keep what was seen of the last boots below
          {file}`/var/lib/nvpreflight/boots`, good and bad ones by the verdict of
          the check before the display manager. {command}`nvpreflight why` compares
          with them. It runs after {file}`graphical.target`, holds nothing back and
          fails no boot; 16 MiB are kept at most, without UUIDs, MAC addresses,
          serial numbers and the host's name.
        '';
      };

      good = lib.mkOption {
        type = lib.types.ints.between 1 100;
        default = 3;
        description = "Good boots that are kept.";
      };

      bad = lib.mkOption {
        type = lib.types.ints.between 0 100;
        default = 3;
        description = "Boots with findings that are kept.";
      };
    };

    imageCheck = {
      atBuild = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = ''
          Whether building the system judges its initial ramdisk with
          {command}`nvpreflight check` and fails on findings at or above
          {option}`services.nvpreflight.imageCheck.threshold`.
        '';
      };

      atSwitch = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = ''
          Whether {command}`nixos-rebuild switch` and `boot` judge the new
          initial ramdisk on the machine itself and stop on findings. It is
          there where NixOS has {option}`system.preSwitchChecks`, and sees an
          image that was built elsewhere too.
        '';
      };

      strict = lib.mkOption {
        type = lib.types.bool;
        default = false;
        description = ''
          Whether an image that could not be judged stops the build or the switch
          too, and not only findings. Without it that is only told.
        '';
      };

      threshold = lib.mkOption {
        type = lib.types.enum [
          "error"
          "warning"
          "note"
        ];
        default = "error";
        description = "Findings at or above this severity stop the build or the switch.";
      };
    };

    loadUvm = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = ''
        Whether `nvidia_uvm` is loaded together with `nvidia`, by a soft
        dependency that works with the open kernel modules too. It is short for
        `nvidia.post = [ "nvidia-uvm" ]` in
        {option}`services.nvpreflight.softdeps`.
      '';
    };

    softdeps = lib.mkOption {
      type = lib.types.attrsOf (
        lib.types.submodule {
          options = {
            pre = lib.mkOption {
              type = lib.types.listOf (lib.types.strMatching "[A-Za-z0-9_-]+");
              default = [ ];
              example = [ "vfio-pci" ];
              description = "Modules that {command}`modprobe` loads before this one.";
            };
            post = lib.mkOption {
              type = lib.types.listOf (lib.types.strMatching "[A-Za-z0-9_-]+");
              default = [ ];
              example = [ "nvidia-uvm" ];
              description = "Modules that {command}`modprobe` loads after this one.";
            };
          };
        }
      );
      default = { };
      example = lib.literalExpression ''{ nvidia.post = [ "nvidia-uvm" ]; }'';
      description = ''
        Soft dependencies by module, written as one line each to
        {file}`/etc/modprobe.d/00-nvpreflight.conf` of the initrd and of the
        system.

        {command}`modprobe` obeys only the first `softdep` line of a module,
        and reads {file}`modules.softdep`, which holds the lines built into
        the modules, between the files that sort before and after that name.
        A line in {option}`boot.extraModprobeConfig` comes after it and is
        without effect where the module has one of its own, as the open
        `nvidia` has. A line given here comes first, and replaces every other
        one of its module.
      '';
    };

    lints = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = ''
          Whether evaluation warns of what it can see in this configuration:
          soft dependencies that do nothing, values given twice, early loading
          together with hibernation. Each warning carries the code of its rule.
        '';
      };

      otherModules = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = ''
          Whether warnings about options of other modules are among them:
          {option}`hardware.nvidia`, {option}`boot.kernelParams`,
          {option}`boot.extraModprobeConfig` and their like. If false, only problems
          that prevent this module from working are reported.
        '';
      };

      threshold = lib.mkOption {
        type = lib.types.enum [
          "error"
          "warning"
          "note"
        ];
        default = "note";
        description = "The lowest severity that is shown.";
      };

      ignore = lib.mkOption {
        type = lib.types.listOf lib.types.str;
        default = [ ];
        example = [ "NVP302" ];
        description = ''
          Codes that are meant on this machine: evaluation does not warn of them, and
          they are off in the expectations, for the boot and for
          {command}`nvpreflight check`, as with
          {option}`services.nvpreflight.settings.severity` set to `off`.
        '';
      };

      fatal = lib.mkOption {
        type = lib.types.listOf lib.types.str;
        default = [ ];
        example = [ "NVP107" ];
        description = "Codes that fail the evaluation instead of warning.";
      };
    };
  };
}
