{
  services.xserver.videoDrivers = [ "nvidia" ];
  hardware.nvidia = {
    open = true; # Turing and newer
    modesetting.enable = true; # the default from 24.11 on
  };

  services.displayManager.sddm = {
    enable = true;
    wayland.enable = true;
  };
  services.desktopManager.plasma6.enable = true;

  services.nvpreflight = {
    enable = true;
    loadUvm = true; # CUDA, NVENC, Blender; leave it out where nobody computes
    holdDisplay.enable = true;
  };
}
