# The configuration this project began with: early NVIDIA modules by hand, in
# several places at once.
{
  _file = "configuration.nix";
  services.nvpreflight.enable = true;
  services.xserver.videoDrivers = [ "nvidia" ];
  hardware.nvidia = {
    modesetting.enable = true;
    powerManagement.enable = true;
    forceFullCompositionPipeline = true;
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
