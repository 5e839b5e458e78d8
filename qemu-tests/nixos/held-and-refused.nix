# A machine of 24.05 whose driver comes late: udev may not load it, and the
# display manager is held. A boot with a bad verdict shall not count as good.
{
  age = "24.05";
  modules = [
    {
      services.nvpreflight = {
        enable = true;
        bootAssessment.enable = true;
        holdDisplay = {
          enable = true;
          deadlineMs = 60000;
        };
      };
      services.xserver.videoDrivers = [ "nvidia" ];
      services.greetd.enable = true;
      hardware.nvidia.modesetting.enable = true;
      hardware.nvidia.package.version = "550.163.01";
      boot.initrd.systemd.enable = true;
      boot.blacklistedKernelModules = [
        "nvidia"
        "nvidia_drm"
      ];
    }
  ];
}
