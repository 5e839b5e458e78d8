# The options of NixOS that the module reads or writes, declared with no more
# behaviour than it needs, as the release `age` has them.
{ age }:
{
  lib,
  options,
  ...
}:

let
  inherit (lib) mkOption types;
  release = import ./releases.nix { inherit age; };
  opt = type: default: mkOption { inherit type default; };
  flag = opt types.bool false;
  attrs = opt (types.attrsOf types.anything) { };
  strings = opt (types.listOf types.str) [ ];

  modules =
    if release.moduleSets then
      mkOption {
        type = types.coercedTo (types.listOf types.str) (names: lib.genAttrs names (_: true)) (
          types.attrsOf types.bool
        );
        default = { };
        apply = set: lib.attrNames (lib.filterAttrs (_: v: v) set);
      }
    else
      strings;

  # What is left of an option: declared, not visible, and whoever reads it gets
  # an error, or a trace and the new one's value (lib/modules.nix).
  removed = mkOption {
    visible = false;
    apply = _: throw "this option was removed and can no longer be used";
  };
  renamed =
    to:
    mkOption {
      visible = false;
      apply = _: builtins.trace "Obsolete option is used. It was renamed to `${to}'." true;
    };
  # The definitions of the old option are those of the new one.
  forward =
    old:
    lib.mkIf (old.definitionsWithLocations != [ ]) (
      lib.mkMerge (map (d: d.value) old.definitionsWithLocations)
    );
in
{
  _file = "/nixpkgs/nixos/modules/stand-in.nix";

  options = {
    assertions = opt (types.listOf types.raw) [ ];
    warnings = strings;
    nixpkgs.config = attrs;
    meta.maintainers = opt (types.listOf types.raw) [ ];
    environment.etc = attrs;
    environment.systemPackages = opt (types.listOf types.raw) [ ];
    systemd.services = attrs;
    hardware = {
      nvidia-container-toolkit.enable = flag;
      nvidia-jetpack.enable = flag;
      firmware = opt (types.listOf types.raw) [ ];
    }
    // lib.optionalAttrs release.facterMoved { facter.report = attrs; };
    security.lockKernelModules = flag;
    services = {
      xserver = {
        enable = flag;
        videoDrivers = strings;
        screenSection = opt types.lines "";
      };
      greetd.enable = flag;
      logind =
        if release.logindSettings then
          {
            lidSwitch = renamed "services.logind.settings.Login.HandleLidSwitch";
            extraConfig = removed;
            settings.Login = attrs;
          }
        else
          {
            lidSwitch = opt types.str "suspend";
            extraConfig = opt types.lines "";
          };
      displayManager = {
        defaultSession = opt (types.nullOr types.str) null;
        ly.enable = flag;
        sddm.enable = flag;
        sddm.wayland.enable = flag;
      }
      // lib.optionalAttrs release.gdmMoved {
        gdm.enable = flag;
        gdm.wayland = opt types.bool true;
      };
      xserver.displayManager.gdm =
        if release.gdmMoved then
          {
            enable = renamed "services.displayManager.gdm.enable";
            wayland = renamed "services.displayManager.gdm.wayland";
          }
        else
          {
            enable = flag;
            wayland = opt types.bool true;
          };
      xserver.desktopManager.gnome.enable =
        if release.gdmMoved then renamed "services.desktopManager.gnome.enable" else flag;
      desktopManager = {
        plasma6.enable = flag;
      }
      // lib.optionalAttrs release.gdmMoved { gnome.enable = flag; };
      ollama = {
        enable = flag;
        package = opt types.raw { name = "ollama-0.1"; };
        acceleration = if release.ollamaByPackage then removed else opt (types.nullOr types.str) null;
      };
    };
    programs =
      if release.riverMoved then
        {
          river.enable = renamed "programs.river-classic.enable";
          river-classic.enable = flag;
        }
      else
        { river.enable = flag; };
    boot = {
      kernelModules = modules;
      kernelPackages = opt types.raw { nvidiaPackages.stable.version = release.driver; };
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
          configurationLimit = opt (types.nullOr types.int) null;
        }
        // lib.optionalAttrs release.bootCounting { bootCounting.enable = flag; };
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
          enable = opt types.bool release.systemdStage1;
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
    // lib.optionalAttrs release.preSwitchChecks {
      preSwitchChecks = opt (types.attrsOf types.lines) { };
    };
  }
  // lib.optionalAttrs (!release.facterMoved) { facter.report = attrs; };

  config = {
    boot.initrd.kernelModules = [ "dm_mod" ];
  }
  // lib.optionalAttrs release.gdmMoved {
    services.displayManager.gdm.enable = forward options.services.xserver.displayManager.gdm.enable;
    services.displayManager.gdm.wayland = forward options.services.xserver.displayManager.gdm.wayland;
    services.desktopManager.gnome.enable = forward options.services.xserver.desktopManager.gnome.enable;
  };
}
