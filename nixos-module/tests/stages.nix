# What the module puts into each stage, and that it puts nothing where it is off
# or has no place.
{
  eval,
  lib,
  check,
  base,
  units,
  age,
  real,
  ...
}:

let
  kind = systemd: {
    boot.initrd.systemd.enable = lib.mkForce systemd;
  };
  off = {
    services.nvpreflight.enable = false;
  };
  named = text: lib.hasInfix "nvpreflight" text;
  storePathsIn =
    text:
    map (w: lib.removePrefix "ExecStart=" w) (
      lib.filter (w: lib.isString w && lib.hasPrefix "ExecStart=" w) (builtins.split "[ \n]" text)
    );

  systemd = units [
    base
    (kind true)
    {
      services.nvpreflight.loadUvm = true;
      boot.initrd.kernelModules = [ "nvidia_drm" ];
    }
  ];
  scripted = units [
    base
    (kind false)
    { services.nvpreflight.loadUvm = true; }
  ];
  initrdUnit = systemd.initrd.units."nvpreflight-initrd.service";
  systemUnit = systemd.system.units."nvpreflight-pre-display.service";
  has = text: line: lib.elem line (lib.splitString "\n" text);

  nothing =
    u:
    u.initrd.units == { }
    && u.initrd.files == { }
    && !lib.any named u.initrd.storePaths
    && !named (lib.concatStrings (lib.attrValues u.initrd.scripted))
    && u.system.units == { }
    && u.system.files == { };

  early =
    (eval.machine [
      base
      {
        services.nvpreflight.loadUvm = true;
        boot.initrd.kernelModules = [ "nvidia_drm" ];
      }
    ]).config;
in
[
  (check "disabled, it leaves no unit, no file, no hook and no warning" (
    let
      u = units [
        base
        off
        (kind true)
      ];
      v = units [
        base
        off
        (kind false)
      ];
    in
    nothing u && nothing v && !lib.any named (u.warnings ++ v.warnings ++ u.failed ++ v.failed)
  ) true)
  (check "the systemd initrd holds every file that its unit starts"
    (lib.subtractLists systemd.initrd.storePaths (storePathsIn initrdUnit))
    [ ]
  )
  (check "each unit starts one program, without a shell"
    (map (t: lib.length (storePathsIn t)) [
      initrdUnit
      systemUnit
    ])
    [
      1
      1
    ]
  )
  (check "both stages start the same file" (storePathsIn initrdUnit) (storePathsIn systemUnit))
  (check "the initrd unit is wanted, not required" (
    has initrdUnit "WantedBy=initrd.target" && !lib.hasInfix "RequiredBy" initrdUnit
  ) true)
  (check "the initrd unit has no default dependencies" (has initrdUnit "DefaultDependencies=false")
    true
  )
  (check "the initrd unit ends before the root is switched"
    (has initrdUnit "Before=initrd-cleanup.service initrd-switch-root.target shutdown.target")
    true
  )
  (check "the check before the display manager is ordered and not required" (
    has systemUnit "Before=display-manager.service" && !lib.hasInfix "RequiredBy" systemUnit
  ) true)
  (check "the files of the systemd initrd" (lib.attrNames systemd.initrd.files) [
    "/etc/modprobe.d/00-nvpreflight.conf"
    "/etc/nvpreflight/expect.json"
  ])
  (check "the files of the scripted initrd" (lib.attrNames scripted.initrd.files) [
    "/etc/modprobe.d/00-nvpreflight.conf"
    "/etc/nvpreflight/expect.json"
  ])
  (check "the verifier has a name in the emergency shell and on the system"
    [
      (named (toString (early.boot.initrd.systemd.extraBin.nvpreflight-verifier or "")))
      (lib.any named (map (p: p.name or "") early.environment.systemPackages))
    ]
    [ early.boot.initrd.systemd.enable true ]
  )
  (check "both stages have the same expectations" systemd.initrd.files."/etc/nvpreflight/expect.json"
    systemd.system.files."/etc/nvpreflight/expect.json"
  )
  (check "the scripted hooks are empty under systemd" (named (
    lib.concatStrings (lib.attrValues systemd.initrd.scripted)
  )) false)
  (check "nothing of systemd is there under the scripted stage 1" (
    scripted.initrd.units == { } && !lib.any named scripted.initrd.storePaths
  ) true)
  (check "the scripted hook cannot stop the boot, nor wait for good"
    (lib.hasInfix "*) timeout -s KILL 12 nvpreflight-verifier --phase initrd --as-unit --quiet || true ;;" scripted.initrd.scripted.preDeviceCommands)
    true
  )
  (check "the scripted initrd copies the file that its hook starts, and tries it" (
    lib.hasInfix "/bin/nvpreflight-verifier" scripted.initrd.scripted.extraUtilsCommands
    && lib.hasInfix "/bin/timeout 60 $out/bin/nvpreflight-verifier --version" scripted.initrd.scripted.extraUtilsCommandsTest
  ) true)
  (check "the soft dependencies sort before modules.softdep" (
    "00-nvpreflight.conf" < "modules.softdep"
  ) true)
  (check "the line of loadUvm" systemd.system.files."/etc/modprobe.d/00-nvpreflight.conf"
    "softdep nvidia post: nvidia-uvm\n"
  )
  (check "what a module of the initrd is to bring is in the initrd"
    (lib.elem "nvidia-uvm" early.boot.initrd.availableKernelModules)
    true
  )
  (check "without the initrd's look only the second one is left" (
    let
      u = units [
        base
        (kind true)
        {
          services.nvpreflight = {
            initrd.enable = false;
            rememberBoots.enable = false;
          };
        }
      ];
    in
    u.initrd.units == { } && lib.attrNames u.system.units == [ "nvpreflight-pre-display.service" ]
  ) true)
  (check "the boot splash waits only where asked"
    (map
      (
        on:
        lib.hasInfix "plymouth-start.service"
          (units [
            base
            (kind true)
            { services.nvpreflight.initrd.beforePlymouth = on; }
          ]).initrd.units."nvpreflight-initrd.service"
      )
      [
        false
        true
      ]
    )
    [
      false
      true
    ]
  )
]
++ lib.optionals (!real) [
  (check "a container has no initrd to look into" (
    let
      u = units [
        base
        { options.boot.isContainer = lib.mkOption { default = true; }; }
      ];
    in
    u.initrd.units == { } && u.initrd.storePaths == [ ]
  ) true)
  (check "a NixOS without hardware.nvidia evaluates, and is told" (
    let
      m =
        (import ./eval.nix {
          inherit age;
          withNvidia = false;
        }).machine
          [ { services.nvpreflight.enable = true; } ];
    in
    map (w: lib.hasPrefix "nvpreflight NVP310" w) m.config.warnings
  ) [ true ])
]
