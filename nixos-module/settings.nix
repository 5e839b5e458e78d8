# The expectations as typed options: the keys of docs/expectations-v1.schema.json,
# defaults from the configuration. The type is closed: the verifier refuses a file with an
# unknown key as a whole, so a misspelt key must fail here and not at boot.
{
  config,
  options,
  lib,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.services.nvpreflight;
  facts = import ./facts { inherit config options lib; };
  derived = import ./expectations.nix { inherit facts lib; };

  fromConfiguration = lib.literalMD "derived from the configuration";
  name = types.strMatching "[A-Za-z0-9_]{1,64}";
  names =
    what:
    mkOption {
      type = types.listOf name;
      description = what;
      defaultText = fromConfiguration;
    };
  # What the verifier itself takes, and what it does without a file.
  own = builtins.fromJSON (builtins.readFile ./generated/expectations.json);
  milliseconds = types.ints.between 0 own.waitMaxMs;
in
{
  options.services.nvpreflight = {
    settings = mkOption {
      default = { };
      description = ''
        What the owner wants of this machine, written to
        {file}`/etc/nvpreflight/expect.json` of the initrd and of the system.
        What is not given here follows from the configuration:
        {option}`hardware.nvidia`, {option}`boot.initrd.kernelModules`,
        {option}`boot.kernelParams`, {option}`boot.extraModprobeConfig`, the
        display manager, the resume device and the encrypted disks.
      '';
      type = types.submodule {
        options = {
          goals = mkOption {
            type = types.listOf (types.enum own.goals);
            default = derived.goals;
            defaultText = fromConfiguration;
            example = [
              "cuda"
              "headless"
            ];
            description = ''
              What the machine is for. Many states are faults only for a goal.
              A list given here replaces the derived one.
            '';
          };

          modules = {
            initrd = names "Modules that must be up when the initrd ends." // {
              default = derived.modules.initrd;
            };
            pre_display =
              names "Modules that must be up before the display manager, besides those of the initrd."
              // {
                default = derived.modules.pre_display;
              };
          };

          order = mkOption {
            type = types.listOf (types.listOf name);
            default = [ ];
            example = [
              [
                "vfio_pci"
                "nvidia"
              ]
            ];
            description = "Pairs of modules: the first must have begun before the second.";
          };

          options = mkOption {
            type = types.attrsOf (
              types.attrsOf (
                types.nullOr (
                  types.oneOf [
                    types.bool
                    types.int
                    types.str
                  ]
                )
              )
            );
            default = { };
            defaultText = fromConfiguration;
            example = lib.literalExpression ''
              {
                nvidia_drm.fbdev = true;
                # not judged, whatever the configuration says
                nvidia.NVreg_PreserveVideoMemoryAllocations = null;
              }
            '';
            description = ''
              Parameter values that must be in force, by module and parameter,
              both with underscores. They are compared, not set. Derived
              values stay beside those given here; `null` takes one out.
            '';
          };

          forbidden_drivers =
            names "Drivers that must not own an NVIDIA GPU. By default those of {option}`boot.blacklistedKernelModules` that could."
            // {
              default = derived.forbidden_drivers;
            };

          gpus = mkOption {
            type = types.nullOr types.ints.u8;
            default = null;
            example = 1;
            description = "Number of NVIDIA GPUs the driver must have; `null` judges none.";
          };

          deadline_ms = mkOption {
            type = milliseconds;
            default = own.deadlineMs;
            description = ''
              Longest wait for the modules and the DRM device, in milliseconds, in
              the initrd and again before the display manager. A healthy boot waits
              until they are there and no longer.
            '';
          };

          threshold = mkOption {
            type = types.enum own.severities;
            default = own.threshold;
            description = ''
              Findings at or above it are a bad verdict, for
              {option}`services.nvpreflight.onError` and for
              {option}`services.nvpreflight.bootAssessment.enable`.
            '';
          };

          severity = mkOption {
            type = types.attrsOf (
              types.submodule {
                options = {
                  severity = mkOption {
                    type = types.enum (own.severities ++ [ "off" ]);
                    description = "The severity from now on; `off` turns the rule off.";
                  };
                  reason = mkOption {
                    type = types.strMatching ".{1,240}";
                    description = "Why; it stands beside the finding.";
                  };
                };
              }
            );
            default = { };
            example = lib.literalExpression ''
              {
                NVP202 = {
                  severity = "note";
                  reason = "the console stays on the other GPU";
                };
              }
            '';
            description = "Severities of single rules, by code, at evaluation too.";
          };
        };
      };
    };
  };

  config = lib.mkIf cfg.enable {
    services.nvpreflight.settings.options = lib.mapAttrs (
      _: lib.mapAttrs (_: lib.mkDefault)
    ) derived.options;
  };
}
