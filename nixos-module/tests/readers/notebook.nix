{
  services.xserver.videoDrivers = [ "nvidia" ];
  hardware.nvidia = {
    open = true;
    modesetting.enable = true;
    prime = {
      offload.enable = true;
      intelBusId = "PCI:0:2:0";
      nvidiaBusId = "PCI:1:0:0";
    };
    powerManagement = {
      enable = true;
      finegrained = true;
    };
  };

  boot.initrd.kernelModules = [ "i915" ]; # the panel's driver draws the prompt
  boot.initrd.luks.devices.root.device = "/dev/disk/by-partlabel/root";
  boot.plymouth.enable = true;
  services.greetd.enable = true;

  services.nvpreflight = {
    enable = true;
    loadUvm = true;
    sleep.suspendThenHibernate = true; # where the lid does that
  };
}
