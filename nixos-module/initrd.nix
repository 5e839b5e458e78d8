# The check inside the initrd: a unit under systemd, a hook in the scripted
# stage 1. What is copied into the image is the one static file and the
# expectations.
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
  here = cfg.enable && cfg.initrd.enable && facts.hasInitrd;
  systemd = config.boot.initrd.systemd.enable;

  # The verifier keeps its own deadline; this is for one that hangs. In seconds.
  limit = cfg.settings.deadline_ms / 1000 + 10;
in
{
  config = lib.mkMerge [
    (lib.mkIf (here && systemd) {
      boot.initrd.systemd = {
        # ExecStart= alone puts nothing into the image (nixpkgs,
        # nixos/modules/system/boot/systemd/initrd.nix).
        storePaths = [ exe ];
        contents."/etc/nvpreflight/expect.json".source = cfg.settingsFile;
        # By name in the emergency shell.
        extraBin.nvpreflight-verifier = exe;

        services.nvpreflight-initrd = {
          description = "Check that the NVIDIA modules are loaded (initrd)";
          unitConfig = {
            DefaultDependencies = false;
            ConditionKernelCommandLine = "!nvpreflight=off";
          };
          # Wanted, not required: initrd.target has OnFailure=emergency.target.
          wantedBy = [ "initrd.target" ];
          requiredBy = lib.optional cfg.initrd.required "initrd.target";
          after = [
            "systemd-modules-load.service"
            "systemd-udev-trigger.service"
            "systemd-journald.socket"
          ];
          # initrd-cleanup.service isolates initrd-switch-root.target, which
          # would end a verifier that still waits for the driver.
          before = [
            "initrd-cleanup.service"
            "initrd-switch-root.target"
            "shutdown.target"
          ]
          ++ lib.optional cfg.initrd.required "initrd.target"
          ++ lib.optional cfg.initrd.beforePlymouth "plymouth-start.service";
          conflicts = [ "shutdown.target" ];
          serviceConfig = {
            Type = "oneshot";
            ExecStart = "${exe} --phase initrd --as-unit --quiet";
            TimeoutStartSec = limit;
            TimeoutStopSec = 2;
            StandardInput = "null";
            StandardOutput = "null";
            StandardError = "journal";
          }
          // (import ./hardening.nix).initrd;
        };
      };
    })

    (lib.mkIf (here && !systemd) {
      boot.initrd = {
        extraFiles."/etc/nvpreflight/expect.json".source = cfg.settingsFile;
        extraUtilsCommands = ''
          copy_bin_and_libs ${exe}
        '';
        extraUtilsCommandsTest = ''
          $out/bin/timeout 60 $out/bin/nvpreflight-verifier --version
        '';
        # The place right after the module loop and before udev. stage-1-init.sh
        # ends in its rescue prompt when a command fails. The limit (busybox's timeout)
        # is the unit's.
        preDeviceCommands = lib.mkAfter ''
          case " $(cat /proc/cmdline) " in
            *" nvpreflight=off "*) echo "nvpreflight: skipped, as nvpreflight=off stands on the kernel command line" ;;
            *) timeout -s KILL ${toString limit} nvpreflight-verifier --phase initrd --as-unit --quiet || true ;;
          esac
        '';
      };
    })
  ];
}
