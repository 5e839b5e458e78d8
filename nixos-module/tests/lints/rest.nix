# The initrd, the GPU, power, the kernel command line: 4xx to 7xx.
{
  lib,
  eval,
  lid,
  early,
  goals,
  proprietary,
  cmdline,
  all,
  facter,
  ...
}:

[
  {
    code = "NVP402";
    fires = all [
      early
      { services.xserver.videoDrivers = lib.mkForce [ "modesetting" ]; }
    ];
    also = [ "NVP310" ];
    quiet = early;
  }
  {
    # The packages of one kernel, and the driver of another's.
    code = "NVP403";
    fires = all [
      { boot.kernelPackages = eval.kernelPackages "6.18.2"; }
      { hardware.nvidia.package = eval.driverFor "6.12.50" "580.95.05"; }
    ];
    quiet = all [
      { boot.kernelPackages = eval.kernelPackages "6.12.50"; }
      { hardware.nvidia.package = eval.driverFor "6.12.50" "580.95.05"; }
    ];
    standIn = true;
  }
  {
    code = "NVP413";
    driver = "580.95.05";
    fires.boot.extraModulePackages = [ (eval.described "nvidia-open-6.12.50-570.153.02" "") ];
    quiet.boot.extraModulePackages = [
      (eval.described "nvidia-open-6.12.50-580.95.05" "")
      (eval.described "v4l2loopback-0.15.2-6.12.50" "")
    ];
    standIn = true;
  }
  {
    code = "NVP405";
    needs = "gsp";
    driver = "595.45.04";
    fires = {
      hardware.nvidia = {
        open = lib.mkForce false;
        gsp.enable = false;
      };
    };
    quiet = {
      hardware.nvidia = {
        open = lib.mkForce false;
        gsp.enable = false;
      };
      boot.kernelParams = [ "nvidia.NVreg_EnableGpuFirmware=0" ];
    };
  }
  {
    code = "NVP504";
    driver = "595.45.04";
    needsFacter = true;
    fires = all [
      proprietary
      (facter "1b80")
    ];
    quiet = all [
      proprietary
      (facter "2206")
    ];
  }
  {
    # Kepler.
    code = "NVP504";
    driver = "550.163.01";
    needsFacter = true;
    fires = all [
      proprietary
      (facter "1180")
    ];
    quiet = all [
      proprietary
      (facter "1b80")
    ];
  }
  {
    # Blackwell.
    code = "NVP504";
    driver = "550.163.01";
    needsFacter = true;
    fires = facter "2b85";
    quiet = facter "2206";
  }
  {
    code = "NVP505";
    driver = "580.95.05";
    needsFacter = true;
    fires = all [
      proprietary
      (facter "2b85")
    ];
    quiet = facter "2b85";
  }
  {
    code = "NVP505";
    driver = "580.95.05";
    needsFacter = true;
    fires = facter "1d81";
    quiet = facter "1e04";
  }
  {
    code = "NVP601";
    fires = cmdline [ "nvidia.NVreg_PreserveVideoMemoryAllocations=1" ];
    quiet = {
      hardware.nvidia.powerManagement.enable = true;
    };
  }
  {
    code = "NVP602";
    fires = all [
      early
      { boot.resumeDevice = "/dev/disk/by-label/swap"; }
    ];
    quiet = {
      boot.kernelModules = [ "nvidia_drm" ];
      boot.resumeDevice = "/dev/disk/by-label/swap";
    };
  }
  {
    # The word does as much as the option.
    code = "NVP602";
    fires = all [
      early
      (cmdline [ "resume=/dev/disk/by-label/swap" ])
    ];
    quiet = all [
      early
      (cmdline [
        "resume=/dev/disk/by-label/swap"
        "noresume"
      ])
    ];
  }
  {
    # logind uses a kind of sleep that nixpkgs' units take no part in.
    code = "NVP601";
    fires = all [
      proprietary
      { hardware.nvidia.powerManagement.enable = true; }
      (lid "suspend-then-hibernate")
    ];
    quiet = all [
      proprietary
      { hardware.nvidia.powerManagement.enable = true; }
      (lid "suspend-then-hibernate")
      { services.nvpreflight.sleep.suspendThenHibernate = true; }
    ];
  }
  {
    code = "NVP603";
    fires = {
      hardware.nvidia.powerManagement.enable = true;
      boot.tmp.useTmpfs = true;
    };
    quiet = {
      hardware.nvidia.powerManagement.enable = true;
      boot.tmp.useTmpfs = true;
      boot.kernelParams = [ "nvidia.NVreg_TemporaryFilePath=/var/tmp" ];
    };
  }
  {
    code = "NVP604";
    driver = "595.45.04";
    needs = "moduleParams";
    fires = {
      hardware.nvidia.powerManagement = {
        enable = true;
        kernelSuspendNotifier = false;
      };
      boot.kernelParams = [ "nvidia.NVreg_UseKernelSuspendNotifiers=1" ];
    };
    quiet = {
      hardware.nvidia.powerManagement = {
        enable = true;
        kernelSuspendNotifier = true;
      };
    };
  }
  {
    code = "NVP701";
    fires = cmdline [ "nomodeset" ];
    quiet = cmdline [
      "quiet"
      "--"
      "nomodeset"
    ];
  }
  {
    # A server has no screen to lose.
    code = "NVP701";
    fires = cmdline [ "nomodeset" ];
    quiet = {
      boot.kernelParams = [ "nomodeset" ];
      services.nvpreflight.settings.goals = lib.mkForce [ "headless" ];
    };
  }
  {
    code = "NVP703";
    fires = cmdline [ "module_blacklist=nouveau,nvidia_drm" ];
    quiet = cmdline [ "module_blacklist=nouveau" ];
  }
  {
    # The kernel and kmod's own word compare names with underscores.
    code = "NVP703";
    fires = cmdline [ "modprobe.blacklist=nvidia_drm" ];
    quiet = cmdline [
      "modprobe.blacklist=nvidia-drm"
      "module_blacklist=nvidia-drm"
      "--"
      "module_blacklist=nvidia"
    ];
  }
  {
    code = "NVP704";
    fires = all [
      (goals [ "x11" ])
      { security.lockKernelModules = true; }
    ];
    quiet = all [
      early
      (goals [ "x11" ])
      { security.lockKernelModules = true; }
    ];
  }
  {
    code = "NVP705";
    fires = cmdline [ "pci=nomsi" ];
    quiet = cmdline [ "pci=realloc" ];
  }
  {
    code = "NVP705";
    fires = cmdline [ "ibt=off" ];
    quiet = all [
      (cmdline [ "ibt=off" ])
      proprietary
    ];
  }
  {
    code = "NVP705";
    driver = "580.95.05";
    fires = cmdline [ "initcall-blacklist=simpledrm_platform_driver_init" ];
    # The kernel compares the function's name byte by byte.
    quiet = cmdline [ "initcall_blacklist=simpledrm-platform-driver-init" ];
  }
]
