# One entry a lint: a configuration that fires it and a near one that does not.
# The codes are compared as a whole, so that nothing else may fire either;
# `also` names those that must fire beside it, `quietCodes` those of the near
# one. `needs` and `lacks` name what the NixOS has to have or not to have
# (`stand-in/releases.nix`), `driver` is a version.
{ lib, release }:

let
  early = {
    boot.initrd.kernelModules = [ "nvidia_drm" ];
  };
  wayland = goals [ "wayland" ];
  goals = list: { services.nvpreflight.settings.goals = list; };
  noModesetting = {
    hardware.nvidia.modesetting.enable = lib.mkForce false;
  };
  proprietary = {
    hardware.nvidia.open = lib.mkForce false;
  };
  modprobe = text: { boot.extraModprobeConfig = text; };
  cmdline = words: { boot.kernelParams = words; };
  all = modules: { imports = modules; };
  facter =
    id:
    let
      report.hardware.graphics_card = [
        {
          vendor.hex = "10de";
          device.hex = id;
        }
      ];
    in
    if release.facterMoved then
      { hardware.facter = { inherit report; }; }
    else
      { facter = { inherit report; }; };
  gnome =
    let
      both = {
        desktopManager.gnome.enable = true;
        displayManager.gdm.enable = true;
      };
    in
    if release.gdmMoved then { services = both; } else { services.xserver = both; };
  luks = {
    boot.initrd.luks.devices.root.device = "/dev/disk/by-label/root";
  };
in
[
  {
    code = "NVP103";
    fires = wayland;
    quiet = all [
      wayland
      early
    ];
  }
  {
    code = "NVP107";
    fires = all [
      early
      (modprobe "softdep nvidia pre: nvidia-drm\n")
    ];
    # The open nvidia's own line hides both, and the near one is no less dead.
    also = [ "NVP108" ];
    quiet = all [
      early
      (modprobe "softdep nvidia post: nvidia-drm\n")
    ];
    quietCodes = [ "NVP108" ];
  }
  {
    code = "NVP108";
    fires = modprobe "softdep nvidia post nvidia-uvm\n";
    needs = "uvm";
    quiet = {
      services.nvpreflight.softdeps.nvidia.post = [ "nvidia-uvm" ];
    };
  }
  {
    # Before 25.05 the softdep alone loads nvidia_uvm, and the open nvidia hides it.
    code = "NVP108";
    fires = {
      services.nvpreflight.loadUvm = false;
    };
    lacks = "uvm";
    quiet = {
      services.nvpreflight.loadUvm = true;
    };
  }
  {
    code = "NVP109";
    fires = {
      boot.initrd.kernelModules = [
        "nvidia"
        "vfio_pci"
      ];
    };
    quiet = {
      boot.initrd.kernelModules = [
        "nvidia"
        "vfio_pci"
      ];
      services.nvpreflight.softdeps.nvidia = {
        pre = [ "vfio-pci" ];
        post = [ "nvidia-uvm" ];
      };
    };
  }
  {
    code = "NVP201";
    fires = all [
      wayland
      early
      noModesetting
      (cmdline [ "nvidia-drm.modeset=0" ])
    ];
    quiet = all [
      wayland
      early
      noModesetting
      (cmdline [ "nvidia_drm.modeset=Y" ])
    ];
  }
  {
    # Nothing sets it, and the driver's default is off.
    code = "NVP201";
    driver = "590.48.01";
    fires = all [
      wayland
      early
      noModesetting
    ];
    quiet = all [
      wayland
      early
    ];
  }
  {
    code = "NVP206";
    fires = all [
      luks
      (cmdline [ "video=efifb:off" ])
    ];
    also = [ "NVP705" ];
    driver = "580.95.05";
    quiet = all [
      luks
      early
      (cmdline [ "video=efifb:off" ])
    ];
    quietCodes = [ "NVP705" ];
  }
  {
    code = "NVP222";
    fires = {
      hardware.nvidia.forceFullCompositionPipeline = true;
    };
    quiet = all [
      { hardware.nvidia.forceFullCompositionPipeline = true; }
      { services.xserver.enable = true; }
    ];
  }
  {
    # With an X server that GNOME, on Wayland, does not use.
    code = "NVP222";
    fires = all [
      gnome
      { hardware.nvidia.forceFullCompositionPipeline = true; }
      { services.xserver.enable = true; }
    ];
    quiet = all [
      gnome
      { hardware.nvidia.forceFullCompositionPipeline = true; }
      { services.xserver.enable = true; }
      { services.displayManager.defaultSession = "gnome-xorg"; }
    ];
  }
  {
    code = "NVP301";
    fires = all [
      early
      { environment.etc."modprobe.d/nvidia.conf".text = "options nvidia-drm fbdev=1\n"; }
    ];
    quiet = {
      environment.etc."modprobe.d/nvidia.conf".text = "options nvidia-drm fbdev=1\n";
    };
  }
  {
    code = "NVP302";
    fires = cmdline [ "nvidia-drm.modeset=0" ];
    quiet = cmdline [ "nvidia-drm.modeset=1" ];
    quietCodes = [ "NVP312" ];
  }
  {
    code = "NVP303";
    driver = "535.288.01";
    fires = cmdline [ "nvidia-drm.fbdev=1" ];
    quiet = cmdline [ "nvidia-drm.foo=1" ];
  }
  {
    code = "NVP304";
    fires = modprobe "options nvidia modeset=1\n";
    quiet = modprobe "options nvidia-uvm uvm_debug_prints=1\n";
  }
  {
    code = "NVP305";
    driver = "560.35.03";
    fires = all [
      noModesetting
      { services.nvpreflight.settings.options.nvidia_drm.modeset = true; }
    ];
    quiet = {
      services.nvpreflight.settings.options.nvidia_drm.modeset = true;
    };
  }
  {
    code = "NVP308";
    fires = {
      boot.blacklistedKernelModules = [ "nvidia-drm" ];
    };
    quiet = {
      boot.blacklistedKernelModules = [ "nouveau" ];
    };
  }
  {
    code = "NVP308";
    fires = modprobe "install nvidia_uvm /bin/false\n";
    quiet = modprobe "install nouveau /bin/false\n";
  }
  {
    code = "NVP310";
    fires = {
      services.xserver.videoDrivers = lib.mkForce [ "modesetting" ];
    };
    quiet = {
      services.xserver.videoDrivers = lib.mkForce [ "modesetting" ];
      boot.kernelParams = [ "vfio-pci.ids=10de:2206,10de:1aef" ];
    };
  }
  {
    code = "NVP311";
    needs = "openUndecided";
    driver = "595.45.04";
    fires = {
      hardware.nvidia.open = lib.mkForce null;
    };
    quiet = proprietary;
  }
  {
    code = "NVP312";
    fires = cmdline [ "nvidia-drm.modeset=1" ];
    quiet = cmdline [ "nvidia-modeset.hdmi_deepcolor=1" ];
  }
  {
    code = "NVP314";
    fires = cmdline [ "nvidia.NVreg_EnableGpuFirmware=0" ];
    quiet = all [
      (cmdline [ "nvidia.NVreg_EnableGpuFirmware=0" ])
      proprietary
    ];
  }
  {
    code = "NVP318";
    fires = modprobe "option nvidia-drm modeset=1\n";
    quiet = modprobe "# option nvidia-drm modeset=1\n";
  }
  {
    code = "NVP318";
    fires = modprobe "options NVIDIA-DRM modeset=1\n";
    quiet = modprobe "options snd-hda-intel power_save=1\n";
  }
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
    quiet = cmdline [ "quiet" ];
  }
  {
    code = "NVP703";
    fires = cmdline [ "module_blacklist=nouveau,nvidia_drm" ];
    quiet = cmdline [ "module_blacklist=nouveau" ];
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
]
