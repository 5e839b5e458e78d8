# Parameters and the lines that give them: 3xx.
{
  lib,
  early,
  noModesetting,
  proprietary,
  modprobe,
  cmdline,
  all,
  ...
}:

[
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
    # The kernel reads the first letter of a boolean.
    code = "NVP302";
    fires = modprobe "options nvidia-drm modeset=0x1\n";
    quiet = modprobe "options nvidia-drm \"modeset=T\"\n";
    quietCodes = [ "NVP312" ];
  }
  {
    code = "NVP302";
    fires = cmdline [ "quiet nvidia-drm.modeset=N splash" ];
    quiet = cmdline [ "quiet \"nvidia-drm.modeset\" splash" ];
  }
  {
    code = "NVP302";
    fires = modprobe "options nvidia NVreg_EnableMSI=1 NVreg_EnableMSI=0\n";
    quiet = modprobe "options nvidia NVreg_RegistryDwords=\"A=1; B=2\"\noptions nvidia NVreg_RegistryDwords=A=1\n";
    quietCodes = [ "NVP307" ];
  }
  {
    code = "NVP303";
    driver = "535.288.01";
    fires = cmdline [ "nvidia-drm.fbdev=1" ];
    quiet = cmdline [ "nvidia-drm.foo=1" ];
  }
  {
    # To text nothing but the same is equal, and of dyndbg every setting counts.
    code = "NVP302";
    fires = modprobe "options nvidia NVreg_RmMsg=1 NVreg_RmMsg=Y\n";
    quiet = modprobe "options nvidia-uvm uvm_new=1 uvm_new=Y dyndbg=+p dyndbg=+pf\n";
  }
  {
    # Of a newer branch than the table was made from nothing is known but what it has.
    code = "NVP303";
    driver = "610.57";
    fires = modprobe "options nvidia NVreg_UsePageAttributeTable=1\n";
    quiet = modprobe "options nvidia-modeset vblank_sem_control=1\n";
  }
  {
    code = "NVP303";
    driver = "595.45.04";
    fires = modprobe "options nvidia-modeset vblank_sem_control=1\n";
    quiet = modprobe "options nvidia-modeset hdmi_deepcolor=1\n";
  }
  {
    code = "NVP304";
    fires = modprobe "options nvidia modeset=1\n";
    quiet = modprobe "options nvidia-uvm uvm_debug_prints=1\n";
  }
  {
    code = "NVP304";
    fires = modprobe "options nvidia uvm_debug_prints=1\n";
    quiet = modprobe "options nvidia-modeset hdmi_deepcolor=1\n";
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
    code = "NVP307";
    fires = modprobe "options nvidia NVreg_RegistryDwords=A=1; B=2\n";
    quiet = modprobe "options nvidia NVreg_RegistryDwords=\"A=1; B=2\"\n";
  }
  {
    # Every module has these.
    code = "NVP307";
    fires = modprobe "options nvidia NVreg_RegistryDwords=A=1; dyndbg-x=+p\n";
    quiet = modprobe "options nvidia NVreg_RegistryDwords=A=1 dyndbg=+p async_probe=1\n";
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
    code = "NVP308";
    fires = modprobe "install nvidia-u* /bin/false\n";
    quiet = modprobe "install nvidia-uvm /sbin/modprobe --ignore-install nvidia-uvm\ninstall nvidia-u* /bin/false\n";
  }
  {
    # A softdep in force has kmod insert the module itself.
    code = "NVP308";
    fires = modprobe "install nvidia-drm /bin/false\nsoftdep nvidia-drm post: nvidia-uvm,x\n";
    also = [ "NVP108" ];
    quiet = modprobe "install nvidia-drm /bin/false\nsoftdep nvidia-drm post: nvidia-uvm\n";
  }
  {
    # The first line whose pattern names the module, and no other.
    code = "NVP308";
    fires = modprobe "install nvidia-drm /bin/false\nsoftdep nvidia_m* post: nvidia-uvm\n";
    quiet = modprobe "install nvidia-drm /bin/false\nsoftdep nvidia_[dm]* post: nvidia-uvm\n";
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
    code = "NVP318";
    fires = modprobe "options nvidia-modeset\n";
    quiet = modprobe "options nvidia-modeset \\\nhdmi_deepcolor=1\n";
  }
  {
    code = "NVP318";
    fires = modprobe "options nvidia_[drm modeset=1\n";
    quiet = modprobe "softdep nvidia_[d]rm post: nvidia-uvm\n";
  }
]
