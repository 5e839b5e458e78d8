# What nixpkgs' nixos/modules/hardware/video/nvidia.nix makes of the options, as
# far as this module looks: on the kernel command line, or since 26.05 in
# modprobe.d through `moduleParams`.
{ age }:
{ lib, config, ... }:

let
  inherit (lib) mkOption types;
  release = import ./releases.nix { inherit age; };
  opt = type: default: mkOption { inherit type default; };
  flag = opt types.bool false;
  cfg = config.hardware.nvidia;
  enabled = lib.elem "nvidia" config.services.xserver.videoDrivers;
  since = lib.versionAtLeast cfg.package.version;
  modeset = cfg.modesetting.enable || cfg.prime.offload.enable;
  notifier = release.moduleParams && cfg.powerManagement.kernelSuspendNotifier;
  line =
    module: params:
    "options ${module} ${
      lib.concatStringsSep " " (lib.mapAttrsToList (k: v: "${k}=${toString v}") params)
    }";
in
{
  _file = "/nixpkgs/nixos/modules/hardware/video/nvidia.nix";

  options.hardware.nvidia = {
    package = opt types.raw { version = release.driver; };
    open = opt (types.nullOr types.bool) (
      if !release.openUndecided || lib.versionOlder cfg.package.version "560" then false else null
    );
    datacenter.enable = flag;
    modesetting.enable = opt types.bool (release.gsp && since "535");
    forceFullCompositionPipeline = flag;
    nvidiaPersistenced = flag;
    nvidiaSettings = opt types.bool true;
    prime = {
      offload.enable = flag;
      sync.enable = flag;
      nvidiaBusId = opt types.str "";
      intelBusId = opt types.str "";
    };
    powerManagement = {
      enable = flag;
      finegrained = flag;
    }
    // lib.optionalAttrs release.moduleParams {
      kernelSuspendNotifier = opt types.bool (cfg.open == true && since "595");
    };
  }
  // lib.optionalAttrs release.gsp {
    gsp.enable = opt types.bool (cfg.open == true || since "555");
  }
  // lib.optionalAttrs release.moduleParams {
    moduleParams = opt (types.attrsOf (types.attrsOf types.raw)) { };
  };

  config = lib.mkIf enabled (
    lib.mkMerge [
      {
        boot.blacklistedKernelModules = [
          "nouveau"
          "nvidiafb"
        ]
        ++ lib.optional release.moduleParams "nova_core";
        boot.extraModprobeConfig = "softdep nvidia post: nvidia-uvm\n";
        boot.kernelModules =
          lib.optionals config.services.xserver.enable [
            "nvidia"
            "nvidia_modeset"
            "nvidia_drm"
          ]
          ++ lib.optional (
            cfg.open == true && (release.uvm || release.uvmWithX && config.services.xserver.enable)
          ) "nvidia_uvm";
      }
      (lib.mkIf (cfg.powerManagement.enable && !notifier) {
        systemd.services = lib.genAttrs [ "nvidia-suspend" "nvidia-hibernate" "nvidia-resume" ] (_: {
          serviceConfig.Type = "oneshot";
        });
      })
      (lib.optionalAttrs (!release.moduleParams) {
        boot.kernelParams =
          lib.optional modeset "nvidia-drm.modeset=1"
          ++ lib.optional (release.fbdev && modeset && since "545") "nvidia-drm.fbdev=1"
          ++ lib.optional cfg.powerManagement.enable "nvidia.NVreg_PreserveVideoMemoryAllocations=1";
        boot.extraModprobeConfig = lib.optionalString cfg.powerManagement.finegrained ''
          options nvidia "NVreg_DynamicPowerManagement=0x02"
        '';
      })
      (lib.optionalAttrs release.moduleParams {
        hardware.nvidia.moduleParams = lib.mkMerge [
          (lib.mkIf modeset { nvidia-drm.modeset = 1; })
          (lib.mkIf (modeset && since "545") { nvidia-drm.fbdev = 1; })
          (lib.mkIf cfg.powerManagement.enable { nvidia.NVreg_PreserveVideoMemoryAllocations = 1; })
          (lib.mkIf (cfg.powerManagement.enable && notifier) { nvidia.NVreg_UseKernelSuspendNotifiers = 1; })
          (lib.mkIf cfg.powerManagement.finegrained { nvidia.NVreg_DynamicPowerManagement = "0x02"; })
        ];
        boot.extraModprobeConfig = lib.concatStringsSep "\n" (lib.mapAttrsToList line cfg.moduleParams);
      })
    ]
  );
}
