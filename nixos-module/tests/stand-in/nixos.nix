# The options of NixOS that the module reads or writes, declared with no more
# behaviour than it needs, in two ages: lists of modules and the scripted stage 1
# (24.05), sets of modules and the systemd stage 1 (26.05).
{ age }:
{ lib, config, ... }:

let
  inherit (lib) mkOption types;
  modern = age == "26.05";
  opt = type: default: mkOption { inherit type default; };
  flag = opt types.bool false;
  attrs = opt (types.attrsOf types.anything) { };
  strings = opt (types.listOf types.str) [ ];

  modules =
    if modern then
      mkOption {
        type = types.coercedTo (types.listOf types.str) (names: lib.genAttrs names (_: true)) (
          types.attrsOf types.bool
        );
        default = { };
        apply = set: lib.attrNames (lib.filterAttrs (_: v: v) set);
      }
    else
      strings;
in
{
  _file = "/nixpkgs/nixos/modules/stand-in.nix";

  options = {
    assertions = opt (types.listOf types.raw) [ ];
    warnings = strings;
    meta.maintainers = opt (types.listOf types.raw) [ ];
    environment.etc = attrs;
    environment.systemPackages = opt (types.listOf types.raw) [ ];
    systemd.services = attrs;
    hardware.firmware = opt (types.listOf types.raw) [ ];
    facter.report = attrs;
    security.lockKernelModules = flag;
    services = {
      xserver = {
        enable = flag;
        videoDrivers = strings;
      };
      greetd.enable = flag;
    };
    boot = {
      kernelModules = modules;
      kernelParams = strings;
      extraModprobeConfig = opt types.lines "";
      blacklistedKernelModules = strings;
      resumeDevice = opt types.str "";
      extraModulePackages = opt (types.listOf types.raw) [ ];
      plymouth.enable = flag;
      tmp.useTmpfs = flag;
      loader = {
        systemd-boot = {
          enable = flag;
        }
        // lib.optionalAttrs modern { bootCounting.enable = flag; };
      };
      initrd = {
        kernelModules = modules;
        availableKernelModules = modules;
        luks.devices = attrs;
        extraFiles = attrs;
        extraUtilsCommands = opt types.lines "";
        extraUtilsCommandsTest = opt types.lines "";
        preDeviceCommands = opt types.lines "";
        systemd = {
          enable = opt types.bool modern;
          storePaths = opt (types.listOf types.raw) [ ];
          contents = attrs;
          extraBin = attrs;
          services = attrs;
        };
      };
    };
    system = {
      checks = opt (types.listOf types.raw) [ ];
      build.initialRamdisk = opt types.raw "/nix/store/00000000000000000000000000000000-initrd";
      boot.loader.initrdFile = opt types.str "initrd";
    }
    // lib.optionalAttrs modern { preSwitchChecks = opt (types.attrsOf types.lines) { }; };
  };

  config.boot.initrd.kernelModules = [ "dm_mod" ];
}
