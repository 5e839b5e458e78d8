# The driver of 2026 with the open modules, KMS in the initrd, a Wayland
# session, boots that are assessed.
{
  age = "26.05";
  modules = [
    {
      services.nvpreflight = {
        enable = true;
        loadUvm = true;
        bootAssessment.enable = true;
        settings.gpus = 1;
      };
      services.xserver.videoDrivers = [ "nvidia" ];
      services.greetd.enable = true;
      hardware.nvidia.open = true;
      boot.initrd.kernelModules = [
        "nvidia"
        "nvidia_modeset"
        "nvidia_drm"
      ];
    }
  ];
}
