# What earlyKms chooses, what it says of it, and that it leaves alone what it is
# not asked about.
{
  eval,
  lib,
  check,
  base,
  ...
}:

let
  machine =
    earlyKms: modules:
    (eval.machine (
      [
        base
        { services.nvpreflight = { inherit earlyKms; }; }
      ]
      ++ modules
    )).config;
  modulesOf =
    c:
    lib.filter (lib.hasInfix "nvidia") (
      map (lib.replaceStrings [ "-" ] [ "_" ]) c.boot.initrd.kernelModules
    );
  said = c: lib.filter (lib.hasPrefix "nvpreflight: earlyKms") c.warnings;
  # Whether `auto` loads it early, and the reason given.
  auto =
    modules:
    let
      c = machine { mode = "auto"; } modules;
      line = lib.head (lib.splitString "\n" (lib.head (said c)));
    in
    {
      early = modulesOf c != [ ];
      because = lib.last (lib.splitString ": " line);
    };
  display = [
    "nvidia"
    "nvidia_drm"
    "nvidia_modeset"
  ];
  sorted = builtins.sort (a: b: a < b);

  luks.boot.initrd.luks.devices.root.device = "/dev/disk/by-label/root";
  plymouth.boot.plymouth.enable = true;
  greeter.services.greetd.enable = true;
  hibernates.boot.resumeDevice = "/dev/disk/by-label/swap";
  prime.hardware.nvidia.prime = {
    offload.enable = true;
    nvidiaBusId = "PCI:1:0:0";
    intelBusId = "PCI:0:2:0";
  };
  given.boot.kernelParams = [ "vfio-pci.ids=10de:2206" ];
  limit = {
    boot.loader.systemd-boot.enable = true;
    boot.loader.systemd-boot.configurationLimit = 9;
  };
in
[
  (check "earlyKms leaves the initrd alone by default"
    (
      let
        c = machine { } [ luks ];
      in
      [
        (modulesOf c)
        (said c)
      ]
    )
    [
      [ ]
      [ ]
    ]
  )
  (check "earlyKms on loads the display modules and says nothing"
    (
      let
        c = machine { mode = "on"; } [ ];
      in
      [
        (sorted (modulesOf c))
        (said c)
      ]
    )
    [
      display
      [ ]
    ]
  )
  (check "a passphrase prompt wants the driver early" (auto [ luks ]) {
    early = true;
    because = "a disk asks for its passphrase, and the prompt needs a driver to draw it.";
  })
  (check "a boot splash wants the driver early" (auto [ plymouth ]).early true)
  (check "a Wayland greeter without an X server wants the driver early" (auto [ greeter ]).early true)
  (check "a greeter that is held waits for it anyway"
    (auto [
      greeter
      { services.nvpreflight.holdDisplay.enable = true; }
    ]).early
    false
  )
  (check "hibernation rules it out, prompt or not"
    (auto [
      luks
      hibernates
    ])
    {
      early = false;
      because = "the machine hibernates, and a driver that resumes in the initrd loses the session (NVP602).";
    }
  )
  (check "a machine that hibernates gets the driver on the real root" (lib.elem "nvidia_drm"
    (machine { mode = "auto"; } [ hibernates ]).boot.kernelModules
  ) true)
  (check "with PRIME render offload the other GPU draws"
    (auto [
      luks
      prime
    ]).early
    false
  )
  (check "a GPU that is given away is left free"
    (auto [
      luks
      given
    ]).early
    false
  )
  (check "a server needs no picture" (auto [ ]) {
    early = false;
    because = "nothing is drawn before the driver comes by itself.";
  })
  (check "generations that do not fit the ESP keep it out, and the prompt gets another line"
    (
      let
        c =
          machine
            {
              mode = "auto";
              espMiB = 512;
            }
            [
              luks
              plymouth
              limit
            ];
      in
      [
        (modulesOf c)
        (lib.any (lib.hasInfix "512 MiB of ESP do not hold 10 generations") (said c))
        (lib.any (lib.hasInfix "plymouth.use-simpledrm") (said c))
      ]
    )
    [
      [ ]
      true
      true
    ]
  )
  (check "a large ESP holds them" (
    modulesOf (
      machine
        {
          mode = "auto";
          espMiB = 4096;
        }
        [
          luks
          limit
        ]
    ) != [ ]
  ) true)
  (check "the room for all generations is told where the ESP is not known" (lib.any
    (lib.hasInfix "10 generations take 800 MiB of the ESP")
    (
      said (
        machine { mode = "auto"; } [
          luks
          limit
        ]
      )
    )
  ) true)
  (check "the proprietary driver takes nvidia_uvm along for CUDA, the open one does not"
    (map
      (
        open:
        lib.elem "nvidia_uvm" (
          modulesOf (
            machine { mode = "on"; } [
              {
                hardware.nvidia.open = lib.mkForce open;
                hardware.nvidia-container-toolkit.enable = true;
              }
            ]
          )
        )
      )
      [
        false
        true
      ]
    )
    [
      true
      false
    ]
  )
]
