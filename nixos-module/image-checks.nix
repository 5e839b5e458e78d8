# The look at the initial ramdisk before the reboot: when the system is built,
# and on the machine when it is switched to.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.nvpreflight;
  facts = import ./facts { inherit config options lib; };
  exe = lib.getExe' cfg.toolPackage "nvpreflight";
  image = "${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile}";
  arguments = "--expect ${cfg.settingsFile} --threshold ${cfg.imageCheck.threshold}";
  here = cfg.enable && facts.hasInitrd;
in
{
  config = lib.mkMerge [
    (lib.mkIf (here && cfg.imageCheck.atBuild) {
      system.checks = [
        (pkgs.runCommand "nvpreflight-initrd-check" { } ''
          status=0
          ${exe} check ${image} ${arguments} --format text || status=$?
          case $status in
            0) touch $out; exit 0 ;;
            1) echo "nvpreflight: the initial ramdisk has the findings above." >&2 ;;
            2) echo "nvpreflight: the initial ramdisk could not be checked, see above." >&2 ;;
          esac
          echo "Without this check: services.nvpreflight.imageCheck.atBuild = false;" >&2
          exit $status
        '')
      ];
    })
    # Since 24.11 (nixpkgs, nixos/modules/system/activation/pre-switch-check.nix).
    (lib.optionalAttrs (options.system ? preSwitchChecks) {
      system.preSwitchChecks = lib.mkIf (here && cfg.imageCheck.atSwitch) {
        # $1 is the new system, $2 the action; a failure stops the switch.
        nvpreflight = ''
          case "''${2-}" in
            switch | boot)
              ${exe} check "$1/initrd" ${arguments} --format text || {
                status=$?
                echo "nvpreflight: exit status $status for the initial ramdisk of $1." >&2
                echo "Without this check: services.nvpreflight.imageCheck.atSwitch = false;" >&2
                exit "$status"
              }
              ;;
          esac
        '';
      };
    })
  ];
}
