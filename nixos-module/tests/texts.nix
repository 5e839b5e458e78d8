# What single findings say and tell to write, where that depends on the release
# or on what else the configuration has.
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
  warnings = modules: (eval.machine modules).config.warnings;
  about = code: modules: lib.filter (lib.hasPrefix "nvpreflight ${code} ") (warnings modules);
  # The lines below `write:`, without the one on how to ignore it.
  write =
    message:
    let
      lines = lib.splitString "\n" message;
    in
    map (lib.removePrefix "    ") (lib.filter (lib.hasPrefix "    ") lines);
  written = code: modules: lib.concatMap write (about code modules);
  first = list: lib.head (list ++ [ "nothing" ]);
  heads = map (m: lib.head (lib.splitString "\n" m));
  asked =
    on:
    let
      s =
        (eval.machine [
          base
          {
            hardware.nvidia.open = lib.mkForce false;
            hardware.nvidia.powerManagement.enable = true;
            services.nvpreflight.sleep.suspendThenHibernate = on;
          }
        ]).config.systemd.services;
      ours = lib.filter (lib.hasInfix "then-hibernate");
    in
    [
      (ours (s.nvidia-suspend.before or [ ]))
      (ours (s.nvidia-resume.requiredBy or [ ]))
    ];
  enabled = {
    services.nvpreflight.enable = true;
  };
  stored =
    text:
    builtins.appendContext text {
      "/nix/store/00000000000000000000000000000000-program".path = true;
    };
  kepler.report.hardware.graphics_card = [
    {
      vendor.hex = "10de";
      device.hex = "1180";
    }
  ];
in
[
  (check "a value by hand against nixpkgs' own is given lines that take its place"
    (written "NVP302" [
      base
      { boot.kernelParams = [ "nvidia-drm.modeset=0" ]; }
    ])
    [
      "# for 0:"
      (
        if release.moduleParams then
          "hardware.nvidia.moduleParams.nvidia-drm.modeset = lib.mkForce 0;"
        else
          ''boot.kernelParams = lib.mkAfter [ "nvidia-drm.modeset=0" ];''
      )
      "# drop from boot.kernelParams: nvidia-drm.modeset=0"
      "# or, for 1 as hardware.nvidia has it, only drop"
    ]
  )
  (check "a parameter is set the way this release has"
    (first (
      written "NVP603" [
        base
        {
          hardware.nvidia.powerManagement.enable = true;
          boot.tmp.useTmpfs = true;
        }
      ]
    ))
    (
      if release.moduleParams then
        ''hardware.nvidia.moduleParams.nvidia.NVreg_TemporaryFilePath = "/var/tmp";''
      else
        ''boot.extraModprobeConfig = "options nvidia NVreg_TemporaryFilePath=/var/tmp";''
    )
  )
  (check "suspend-then-hibernate is told to nixpkgs' units where asked, and only where they are"
    (map asked [
      false
      true
    ])
    [
      [
        [ ]
        [ ]
      ]
      [
        [ "systemd-suspend-then-hibernate.service" ]
        [ "systemd-suspend-then-hibernate.service" ]
      ]
    ]
  )
  (check "sessions stay thawed where asked"
    (eval.machine [
      base
      { services.nvpreflight.sleep.thawedSessions = true; }
    ]).config.systemd.services.systemd-hibernate.environment.SYSTEMD_SLEEP_FREEZE_USER_SESSIONS
    "false"
  )
  (check "a machine that says nothing of NVIDIA has a note, not an error"
    (heads (about "NVP310" [ enabled ]))
    [
      "nvpreflight NVP310 (note): services.xserver.videoDrivers lacks \"nvidia\": there is no driver to look at"
    ]
  )
  (check "hardware.nvidia without effect is an error"
    (heads (
      about "NVP310" [
        enabled
        { hardware.nvidia.open = true; }
      ]
    ))
    [
      "nvpreflight NVP310 (error): services.xserver.videoDrivers lacks \"nvidia\": hardware.nvidia has no effect, and no NVIDIA module is built"
    ]
  )
]
++ [
  (check "lines and words with store paths in them are read as any other"
    (heads (
      about "NVP302" [
        base
        {
          boot.extraModprobeConfig = stored "options nvidia NVreg_EnableMSI=1\n";
          boot.kernelParams = [ (stored "nvidia.NVreg_EnableMSI=0") ];
        }
      ]
    ))
    [
      "nvpreflight NVP302 (warning): nvidia.NVreg_EnableMSI is given two values; the last one is in force: 0"
    ]
  )
]
++ lib.optionals (!real) [
  (check "a GPU is given the branch that drives it"
    (written "NVP504" [
      base
      (if release.facterMoved then { hardware.facter = kepler; } else { facter = kepler; })
      {
        hardware.nvidia.open = lib.mkForce false;
        hardware.nvidia.package = eval.driver "580.95.05";
      }
    ])
    [
      "hardware.nvidia = { open = false; package = config.boot.kernelPackages.nvidiaPackages.legacy_470; };"
    ]
  )
  (check "a Jetson has its driver from elsewhere" (about "NVP310" [
    enabled
    { hardware.nvidia-jetpack.enable = true; }
  ]) [ ])
]
