# The expectations that follow from a configuration, and what overriding does.
{
  eval,
  lib,
  check,
  base,
  release,
  real,
  ...
}:

let
  settings = modules: (eval.machine ([ base ] ++ modules)).config.services.nvpreflight.settings;
  # Without the empty goals of the base.
  derived =
    modules:
    (eval.machine (
      [
        (
          base
          // {
            services = base.services // {
              nvpreflight.enable = true;
            };
          }
        )
      ]
      ++ modules
    )).config.services.nvpreflight.settings;
  early = {
    boot.initrd.kernelModules = [ "nvidia_drm" ];
  };
in
[
  (check "asking for nvidia_drm in the initrd expects what it needs"
    (settings [ early ]).modules.initrd
    [
      "nvidia"
      "nvidia_modeset"
      "nvidia_drm"
    ]
  )
  (check "an X server expects the display modules before it"
    (settings [
      {
        services.xserver.enable = true;
        services.nvpreflight.loadUvm = lib.mkForce false;
        hardware.nvidia.open = lib.mkForce false;
      }
    ]).modules.pre_display
    [
      "nvidia"
      "nvidia_modeset"
      "nvidia_drm"
    ]
  )
  (check "hardware.nvidia's values are expected"
    (settings [
      {
        hardware.nvidia.powerManagement.enable = true;
        hardware.nvidia.open = lib.mkForce false;
      }
    ]).options
    {
      nvidia.NVreg_PreserveVideoMemoryAllocations = "1";
      nvidia_drm = {
        modeset = "1";
      }
      // lib.optionalAttrs release.fbdev { fbdev = "1"; };
    }
  )
  (check "a value that hardware.nvidia contradicts does not change what is expected"
    (settings [
      { boot.kernelParams = [ "nvidia-drm.modeset=0" ]; }
    ]).options.nvidia_drm.modeset
    "1"
  )
  (check "a value written by hand is expected where hardware.nvidia says nothing"
    (settings [
      { boot.extraModprobeConfig = "options nvidia NVreg_EnableS0ixPowerManagement=1\n"; }
    ]).options.nvidia.NVreg_EnableS0ixPowerManagement
    "1"
  )
  (check "a value that no module can have is not expected"
    (settings [
      {
        boot.extraModprobeConfig = "options nvidia modeset=1 #not,a=name\n";
        hardware.nvidia.modesetting.enable = lib.mkForce false;
        # 24.05 gives the open modules a value of its own.
        hardware.nvidia.open = lib.mkForce false;
      }
    ]).options
    { }
  )
  (check "null takes a derived value out of the file"
    (settings [
      { services.nvpreflight.settings.options.nvidia_drm.modeset = null; }
    ]).options.nvidia_drm.modeset
    null
  )
  (check "a list that is given replaces the derived one"
    (settings [
      early
      { services.nvpreflight.settings.modules.initrd = [ "nvidia" ]; }
    ]).modules.initrd
    [ "nvidia" ]
  )
  (check "blacklisted drivers must not own the GPU" (settings [ ]).forbidden_drivers (
    [ "nouveau" ] ++ lib.optional release.moduleParams "nova_core" ++ [ "nvidiafb" ]
  ))
  (check "a greeter for Wayland, a resume device and suspend are goals"
    (derived [
      {
        services.greetd.enable = true;
        boot.resumeDevice = "/dev/vda2";
        hardware.nvidia.powerManagement.enable = true;
      }
    ]).goals
    [
      "wayland"
      "hibernate"
      "suspend"
    ]
  )
  (check "a passphrase is a goal where the driver comes early enough to show the prompt"
    (map
      (
        m:
        lib.elem "luks-prompt"
          (derived ([ { boot.initrd.luks.devices.root.device = "/dev/vda2"; } ] ++ m)).goals
      )
      [
        [ ]
        [ early ]
      ]
    )
    [
      false
      true
    ]
  )
  (check "with render offload the picture is the other GPU's affair"
    (
      let
        s = derived [
          {
            services.greetd.enable = true;
            hardware.nvidia.prime.offload.enable = true;
          }
        ];
      in
      [
        s.goals
        (lib.elem "nvidia_drm" s.modules.pre_display)
        s.options.nvidia_drm.modeset
      ]
    )
    [
      [ ]
      false
      "1"
    ]
  )
  (check "a GPU that is given away beside another vendor's is expected nothing of"
    (
      let
        s = derived [
          { services.xserver.videoDrivers = [ "amdgpu" ]; }
          { boot.kernelParams = [ "vfio-pci.ids=10de:2206" ]; }
        ];
      in
      [
        (lib.elem "vfio" s.goals)
        s.modules.initrd
        s.options
      ]
    )
    [
      true
      [ ]
      { }
    ]
  )
  (check "of two GPUs the one that the host keeps is expected as ever"
    (
      let
        s = derived [
          early
          { boot.kernelParams = [ "vfio-pci.ids=10de:2206" ]; }
        ];
      in
      [
        (lib.elem "vfio" s.goals)
        s.modules.initrd
        s.options.nvidia_drm.modeset
      ]
    )
    [
      true
      [
        "nvidia"
        "nvidia_modeset"
        "nvidia_drm"
      ]
      "1"
    ]
  )
  (check "a driver that is kept out is expected nothing of"
    (derived [
      early
      {
        boot.kernelParams = [ "vfio-pci.ids=10de:2206" ];
        boot.blacklistedKernelModules = [ "nvidia" ];
      }
    ]).modules.initrd
    [ ]
  )
  (check "ollama's package tells that the machine computes"
    (
      let
        goals =
          description:
          (derived [
            {
              services.ollama = {
                enable = true;
                package = eval.described "ollama" description;
              };
            }
          ]).goals;
      in
      map (d: lib.elem "cuda" (goals d)) [
        "Get up and running with large language models locally, using CUDA for NVIDIA GPU acceleration"
        "Get up and running with large language models locally"
      ]
    )
    [
      true
      false
    ]
  )
]
++ lib.optionals (!real) (
  let
    many = lib.genAttrs (map (i: "NVreg_${toString i}") (builtins.genList (i: i) 17)) (_: 1);
    m =
      (eval.machine [
        base
        { services.nvpreflight.settings.options.nvidia = many; }
      ]).config;
    file = builtins.fromJSON m.services.nvpreflight.settingsFile.text;
  in
  [
    (check "more values than the verifier holds are left out, and said"
      [
        (lib.length file.options)
        (map (w: lib.hasPrefix "services.nvpreflight: these values are not judged" w) m.warnings)
      ]
      [
        16
        [ true ]
      ]
    )
  ]
)
