# Order of loading, KMS, the passphrase prompt: 1xx and 2xx.
{
  lib,
  early,
  wayland,
  noModesetting,
  proprietary,
  modprobe,
  cmdline,
  all,
  gnome,
  luks,
  offload,
  vfioList,
  ...
}:

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
      proprietary
      { services.nvpreflight.loadUvm = lib.mkForce false; }
      (modprobe "softdep nvidia pre: nvidia-drm\n")
    ];
    # It takes the place of nixpkgs' own.
    also = [ "NVP108" ];
    # The open nvidia's own line, or that of loadUvm, comes first: nothing is turned round.
    quiet = all [
      early
      (modprobe "softdep nvidia pre: nvidia-drm\n")
    ];
    quietCodes = [ "NVP108" ];
  }
  {
    # A pattern is judged module by module: nvidia obeys another line, nvidia_modeset this.
    code = "NVP107";
    fires = modprobe "softdep nvidia* pre: nvidia-drm\n";
    also = [ "NVP108" ];
    quiet = modprobe "softdep nvidia* pre: nvidia-uvm\n";
    quietCodes = [ "NVP108" ];
  }
  {
    code = "NVP108";
    fires = modprobe "softdep nvidia-drm  post: nvidia-uvm\n";
    quiet = modprobe "softdep nvidia-drm   post: nvidia-uvm\n";
  }
  {
    code = "NVP108";
    fires = modprobe "softdep nvidia_d* post: vfio-pci\nsoftdep nvidia-drm post: nvidia-uvm\n";
    quiet = modprobe "softdep nvidia_d* post: nvidia_uvm\nsoftdep nvidia-drm post: nvidia-uvm\n";
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
    # Ly starts Wayland sessions only, where there is no X server.
    code = "NVP103";
    needs = "ly";
    derive = true;
    fires.services.displayManager.ly.enable = true;
    # What is held back for the driver does not start first.
    quiet.services = {
      displayManager.ly.enable = true;
      nvpreflight.holdDisplay.enable = true;
    };
  }
  {
    # The image holds hard dependencies only, and nvidia is not loaded again.
    code = "NVP108";
    derive = true;
    fires = all [
      proprietary
      early
      { services.nvpreflight.loadUvm = lib.mkForce false; }
      { hardware.nvidia-container-toolkit.enable = true; }
    ];
    quiet = all [
      proprietary
      early
      { services.nvpreflight.loadUvm = lib.mkForce false; }
      { boot.initrd.availableKernelModules = [ "nvidia_uvm" ]; }
      { hardware.nvidia-container-toolkit.enable = true; }
    ];
  }
  {
    # The order matters where vfio_pci is to take an NVIDIA GPU.
    code = "NVP109";
    fires = all [
      vfioList
      (cmdline [ "vfio-pci.ids=10de:2206,10de:1aef" ])
    ];
    quiet = vfioList;
  }
  {
    code = "NVP109";
    fires = all [
      vfioList
      (modprobe "options vfio-pci ids=10de:2206\n")
    ];
    quiet = all [
      vfioList
      (modprobe "options vfio-pci ids=10de:2206\n")
      {
        services.nvpreflight.softdeps.nvidia = {
          pre = [ "vfio-pci" ];
          post = [ "nvidia-uvm" ];
        };
      }
    ];
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
    # plymouth waits for a driver.
    code = "NVP206";
    fires = all [
      luks
      { boot.plymouth.enable = true; }
    ];
    quiet = all [
      luks
      { boot.plymouth.enable = true; }
      (cmdline [ "plymouth.use-simpledrm" ])
    ];
  }
  {
    # Render offload: the other GPU draws the prompt.
    code = "NVP206";
    fires = all [
      luks
      { boot.plymouth.enable = true; }
    ];
    quiet = all [
      luks
      { boot.plymouth.enable = true; }
      { hardware.nvidia.prime = offload; }
    ];
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
]
