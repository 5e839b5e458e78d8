# The look at the initial ramdisk before the reboot: when the system is built,
# and on the machine when it is switched to. Both stop when there are findings. An
# image that could not be judged is told of and, unless asked for, stops nothing:
# an update must not wait for a reader that does not know the image.
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
      *)
        echo "nvpreflight: the initial ramdisk could not be checked (exit status $status)." >&2
        ${lib.optionalString (!cfg.imageCheck.strict) ''
          echo "Nothing is known of it, and nothing is stopped; services.nvpreflight.imageCheck.strict = true; would." >&2
          status=0
        ''}
        ;;
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
