# One machine with an emulated NVIDIA GPU, its driver loaded in stage 1, and a
# stand-in for a display manager.
{
  config,
  lib,
  pkgs,
  ...
}:

{
  imports = [ ../. ];

  services.nvpreflight = {
    enable = true;
    loadUvm = true;
    # The initrd of a test is judged by booting it.
    imageCheck.atBuild = false;
  };

  # The stand-ins build with these kernels.
  boot.kernelPackages = pkgs.linuxPackages_6_12 or pkgs.linuxPackages_6_1;
  boot.initrd.kernelModules = [
    "nvidia"
    "nvidia_modeset"
    "nvidia_drm"
  ];
  boot.initrd.availableKernelModules = [ "pcispoof" ];

  # Stronger than the "modesetting" that nixpkgs gives all its virtual machines
  # (nixos/modules/virtualisation/qemu-vm.nix, `mkVMOverride`).
  services.xserver.videoDrivers = lib.mkOverride 5 [ "nvidia" ];
  hardware.nvidia = {
    package = pkgs.callPackage ./standin-driver.nix {
      inherit (config.boot.kernelPackages) kernel;
    };
    open = true;
    modesetting.enable = true;
    nvidiaSettings = false;
  };

  # QEMU's build for tests has no QXL; any display function can be relabelled.
  virtualisation.qemu.options = [
    "-vga none"
    "-device bochs-display"
  ];
  boot.extraModprobeConfig = ''
    options pcispoof from_vendor=0x1234 from_device=0x1111
  '';

  # Before anything looks at the PCI bus.
  boot.initrd.systemd.services.relabel-gpu = lib.mkIf config.boot.initrd.systemd.enable {
    unitConfig.DefaultDependencies = false;
    wantedBy = [ "sysinit.target" ];
    before = [
      "systemd-modules-load.service"
      "systemd-udevd.service"
      "systemd-udev-trigger.service"
    ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      ExecStart = "/bin/modprobe pcispoof";
    };
  };

  systemd.services.greeter = {
    description = "Stand-in for a display manager";
    aliases = [ "display-manager.service" ];
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      ExecStart = "${pkgs.coreutils}/bin/true";
    };
  };
}
