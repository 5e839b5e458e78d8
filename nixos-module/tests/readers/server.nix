{
  services.xserver.videoDrivers = [ "nvidia" ];
  hardware.nvidia = {
    open = true;
    nvidiaPersistenced = true;
  };
  hardware.nvidia-container-toolkit.enable = true;

  services.nvpreflight = {
    enable = true;
    loadUvm = true;
    onError = "fail-unit"; # systemctl --failed shows it, monitoring too
    settings = {
      goals = [
        "cuda"
        "headless"
      ];
      gpus = 2;
    };
  };
}
