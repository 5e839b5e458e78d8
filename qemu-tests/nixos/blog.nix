# The configuration that a blog recommends against a flickering greeter, on
# 24.05 with its scripted stage 1: values given twice, an inverted softdep.
{
  age = "24.05";
  modules = [
    {
      services.nvpreflight.enable = true;
      services.xserver.videoDrivers = [ "nvidia" ];
      hardware.nvidia = {
        modesetting.enable = true;
        powerManagement.enable = true;
        forceFullCompositionPipeline = true;
        package.version = "550.163.01";
      };
      boot.kernelParams = [
        "nvidia-drm.modeset=1"
        "nvidia.NVreg_PreserveVideoMemoryAllocations=1"
      ];
      boot.extraModprobeConfig = ''
        options nvidia-drm modeset=1
        softdep nvidia pre: nvidia-drm
      '';
      boot.initrd.kernelModules = [
        "nvidia"
        "nvidia_modeset"
        "nvidia_uvm"
        "nvidia_drm"
      ];
    }
  ];
}
