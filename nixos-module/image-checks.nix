# The look at the initial ramdisk before the reboot: when the system is built,
# and on the machine when it is switched to. Both stop when there are findings,
# and when the image could not be judged; both say which and how to go without.
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
  here = cfg.enable && facts.hasInitrd;

  tool = lib.getExe' cfg.toolPackage "nvpreflight";
  # Shell text that leaves the tool's exit status in `status`.
  check = image: option: ''
    status=0
    ${tool} check ${image} --expect ${cfg.settingsFile} --threshold ${cfg.imageCheck.threshold} --format text || status=$?
    case $status in
      0) ;;
      1) echo "nvpreflight: the initial ramdisk has the findings above." >&2 ;;
      *) echo "nvpreflight: the initial ramdisk could not be checked (exit status $status)." >&2 ;;
    esac
    if [ "$status" != 0 ]; then
      echo "To go on without this check: services.nvpreflight.imageCheck.${option} = false;" >&2
      exit "$status"
    fi
  '';
in
{
  config = lib.mkMerge [
    (lib.mkIf (here && cfg.imageCheck.atBuild) {
      system.checks = [
        (pkgs.runCommand "nvpreflight-initrd-check" { } ''
          ${check "${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile}" "atBuild"}
          touch $out
        '')
      ];
    })
    # Since 24.11 (nixpkgs, nixos/modules/system/activation/pre-switch-check.nix).
    (lib.optionalAttrs (options.system ? preSwitchChecks) {
      system.preSwitchChecks = lib.mkIf (here && cfg.imageCheck.atSwitch) {
        # $1 is the new system, $2 the action. A test or a dry run boots nothing.
        nvpreflight = ''
          case "''${2-}" in
            switch | boot)
              ${check ''"$1/initrd"'' "atSwitch"}
              ;;
          esac
        '';
      };
    })
  ];
}
