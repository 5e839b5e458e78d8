# What nixpkgs' nixos/modules/hardware/video/nvidia.nix makes of the options, as
# far as this module looks: on the kernel command line in 24.05, in modprobe.d
# through `moduleParams` in 26.05.
{ age }:
{ lib, config, ... }:

let
  inherit (lib) mkOption types;
  modern = age == "26.05";
  opt = type: default: mkOption { inherit type default; };
  flag = opt types.bool false;
  cfg = config.hardware.nvidia;
  enabled = lib.elem "nvidia" config.services.xserver.videoDrivers;
  since = lib.versionAtLeast cfg.package.version;
  modeset = cfg.modesetting.enable || cfg.prime.offload.enable;
  notifier = modern && cfg.powerManagement.kernelSuspendNotifier;
  line =
    module: params:
    "options ${module} ${
      lib.concatStringsSep " " (lib.mapAttrsToList (k: v: "${k}=${toString v}") params)
    }";
in
{
  _file = "/nixpkgs/nixos/modules/hardware/video/nvidia.nix";

  options.hardware.nvidia = {
    package = opt types.raw { version = if modern then "595.45.04" else "550.78"; };
    open = opt (types.nullOr types.bool) (
      if !modern || lib.versionOlder cfg.package.version "560" then false else null
    );
    datacenter.enable = flag;
    modesetting.enable = opt types.bool (modern && since "535");
    forceFullCompositionPipeline = flag;
    prime.offload.enable = flag;
    powerManagement = {
      enable = flag;
      finegrained = flag;
    }
    // lib.optionalAttrs modern {
      kernelSuspendNotifier = opt types.bool (cfg.open == true && since "595");
    };
  }
  // lib.optionalAttrs modern {
    gsp.enable = opt types.bool (cfg.open == true || since "555");
    moduleParams = opt (types.attrsOf (types.attrsOf types.raw)) { };
  };

  config = lib.mkIf enabled (
    lib.mkMerge [
      {
        boot.blacklistedKernelModules = [
          "nouveau"
          "nvidiafb"
        ]
        ++ lib.optional modern "nova_core";
        boot.extraModprobeConfig = "softdep nvidia post: nvidia-uvm\n";
        boot.kernelModules =
          lib.optionals config.services.xserver.enable [
            "nvidia"
            "nvidia_modeset"
            "nvidia_drm"
          ]
          ++ lib.optional (modern && cfg.open == true) "nvidia_uvm";
      }
      (lib.optionalAttrs (!modern) {
        boot.kernelParams =
          lib.optional modeset "nvidia-drm.modeset=1"
          ++ lib.optional cfg.powerManagement.enable "nvidia.NVreg_PreserveVideoMemoryAllocations=1";
        boot.extraModprobeConfig = lib.optionalString cfg.powerManagement.finegrained ''
          options nvidia "NVreg_DynamicPowerManagement=0x02"
        '';
      })
      (lib.optionalAttrs modern {
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
