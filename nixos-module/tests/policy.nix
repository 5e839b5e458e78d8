# What a bad verdict does, and what the lints and the image checks can be told.
{
  eval,
  lib,
  check,
  base,
  units,
  release,
  real,
  ...
}:

let
  with' = nvpreflight: [
    base
    { services = { inherit nvpreflight; }; }
    { boot.initrd.systemd.enable = lib.mkForce true; }
  ];
  unit = nvpreflight: (units (with' nvpreflight)).system.units."nvpreflight-pre-display.service";
  initrd = nvpreflight: (units (with' nvpreflight)).initrd.units."nvpreflight-initrd.service";
  config = nvpreflight: (eval.machine (with' nvpreflight)).config;
  policy =
    nvpreflight:
    let
      file = builtins.fromJSON (config nvpreflight).services.nvpreflight.settingsFile.text;
    in
    {
      inherit (file) on_error hold_ms;
    };
  failed =
    nvpreflight:
    builtins.sort (a: b: a < b) (
      map (a: a.message) (lib.filter (a: !a.assertion) (config nvpreflight).assertions)
    );
  deadlineOf =
    nvpreflight:
    builtins.match ".*--deadline-ms ([0-9]+) .*" (
      lib.replaceStrings [ "\n" ] [ " " ] (unit nvpreflight)
    );
  has = text: line: lib.elem line (lib.splitString "\n" text);
  counting = lib.hasInfix "bootAssessment.enable has no effect";
  requirers = nvpreflight: (config nvpreflight).systemd.services.nvpreflight-pre-display.requiredBy;

  hold = {
    holdDisplay = {
      enable = true;
      deadlineMs = 20000;
    };
  };
  assess.bootAssessment.enable = true;
  broken = {
    boot.kernelParams = [ "nomodeset" ];
  };
  lint =
    lints:
    (eval.machine [
      base
      broken
      { services.nvpreflight = { inherit lints; }; }
    ]).config;
  quieter = {
    severity = "off";
    reason = "x";
  };
  told = messages: lib.length (lib.filter (lib.hasInfix "NVP701") messages);
  remember =
    nvpreflight: (units (with' nvpreflight)).system.units."nvpreflight-remember.service" or "no unit";
in
[
  (check "boots are remembered after the graphical target, and nothing waits for it"
    (map (has (remember { })) [
      "WantedBy=graphical.target"
      "Type=exec"
      "StateDirectory=nvpreflight"
    ])
    [
      true
      true
      true
    ]
  )
  (check "remembering follows the graphical target and can fail no boot"
    [
      (lib.hasInfix "After=nvpreflight-pre-display.service display-manager.service graphical.target" (
        remember { }
      ))
      (lib.hasInfix "ExecStart=-/" (remember { }))
    ]
    [
      true
      true
    ]
  )
  (check "how many boots are remembered is the owner's choice" (lib.hasInfix
    "remember --good 5 --bad 0"
    (remember {
      rememberBoots = {
        good = 5;
        bad = 0;
      };
    })
  ) true)
  (check "nothing is remembered where that is off" (remember {
    rememberBoots.enable = false;
  }) "no unit")
  (check "systemd waits longer than the hold" (has (unit hold) "TimeoutStartSec=30") true)
  (check "the check waits for modules that udev still loads, longer where its verdict counts"
    (map deadlineOf [
      { }
      { settings.deadline_ms = 500; }
      { onError = "fail-unit"; }
      assess
      (
        assess
        // {
          holdDisplay.deadlineMs = 20000;
        }
      )
    ])
    [
      [ "2000" ]
      [ "500" ]
      [ "5000" ]
      [ "5000" ]
      [ "20000" ]
    ]
  )
  (check "a hold has its own deadline" (deadlineOf hold) null)
  (check "systemd waits longer than the check" (has (unit (
    assess // { holdDisplay.deadlineMs = 20000; }
  )) "TimeoutStartSec=30") true)
  (check "a word on the command line skips both looks"
    (map (text: has text "ConditionKernelCommandLine=!nvpreflight=off") [
      (unit { })
      (initrd { })
    ])
    [
      true
      true
    ]
  )
  (check "holding and failing exclude each other, and it is said" (lib.length (
    failed (hold // { onError = "fail-unit"; })
  )) 1)
  (check "a module with a dash in its name is refused" (lib.length (failed {
    settings.options.nvidia-drm.modeset = true;
  })) 1)
  (check "a code that is none is named, with the codes near it"
    (failed {
      lints.ignore = [
        "NVP302"
        "NVP310"
        "NVP999"
      ];
      lints.fatal = [ "NVP032" ];
      settings.severity.nvp202 = quieter;
    })
    [
      "services.nvpreflight.lints.fatal: there is no code NVP032 (docs/rules/index.md)\nNear it:\n  NVP302: a parameter is set twice, to different values"
      "services.nvpreflight.lints.ignore: there is no code NVP999 (docs/rules/index.md)"
      "services.nvpreflight.settings.severity: there is no code nvp202 (docs/rules/index.md)\nNear it:\n  NVP202: the firmware framebuffer stays next to nvidia_drm"
    ]
  )
  (check "a code that nothing reports says what answers for it"
    (failed {
      lints.ignore = [ "NVP207" ];
      settings.severity.NVP310 = quieter;
    })
    [
      "services.nvpreflight.lints.ignore: nothing reports NVP207: checked by NVP206"
      "services.nvpreflight.settings.severity: NVP310 is judged at evaluation alone (services.nvpreflight.lints)"
    ]
  )
  (check "names of codes are held where the lints are off" (lib.length (failed {
    lints = {
      enable = false;
      ignore = [ "NVP999" ];
    };
  })) 1)
  (check "an initrd unit that is required is required in time" (
    let
      text = initrd { initrd.required = true; };
    in
    lib.hasInfix "initrd.target" (
      lib.head (lib.filter (lib.hasPrefix "Before=") (lib.splitString "\n" text))
    )
    &&
      (config { initrd.required = true; }).boot.initrd.systemd.services.nvpreflight-initrd.requiredBy
      == [ "initrd.target" ]
  ) true)
  (check "boot assessment requires the check before the boot counts as good"
    [
      (requirers assess)
      (has (unit assess) "Before=display-manager.service boot-complete.target")
      (lib.hasInfix "--as-unit" (unit assess))
      (has (unit assess) "SuccessExitStatus=2")
    ]
    [
      [ "boot-complete.target" ]
      true
      false
      true
    ]
  )
  (check "without boot assessment nothing requires it" (requirers { }) [ ])
  (check "strict assessment refuses what could not be checked" (lib.hasInfix "SuccessExitStatus"
    (unit {
      bootAssessment = {
        enable = true;
        strict = true;
      };
    })
  ) false)
  (check "boot assessment without boot counting is told to have no effect" (lib.length (
    lib.filter counting (config assess).warnings
  )) 1)
  (check "a lint can be ignored" (told (lint { ignore = [ "NVP701" ]; }).warnings) 0)
  (check "a severity of the expectations is a lint's too"
    (map
      (
        severity:
        let
          warnings =
            (eval.machine [
              base
              broken
              {
                services.nvpreflight.settings.severity.NVP701 = {
                  inherit severity;
                  reason = "x";
                };
              }
            ]).config.warnings;
        in
        map (w: lib.hasPrefix "nvpreflight NVP701 (${severity})" w) (
          lib.filter (lib.hasInfix "NVP701") warnings
        )
      )
      [
        "error"
        "off"
      ]
    )
    [
      [ true ]
      [ ]
    ]
  )
  (check "a lint below the threshold is not shown" (told (lint { threshold = "error"; }).warnings) 0)
  (check "lints can be turned off" (told (lint { enable = false; }).warnings) 0)
  (check "lints about other modules' options have a switch of their own" (told
    (lint { otherModules = false; }).warnings
  ) 0)
  (check "without them it is still told that there is no driver" (lib.length (
    lib.filter (lib.hasInfix "NVP310")
      (eval.machine [
        {
          services.nvpreflight = {
            enable = true;
            lints.otherModules = false;
          };
        }
      ]).config.warnings
  )) 1)
  (check "a fatal lint fails the evaluation instead of warning"
    (
      let
        c = lint { fatal = [ "NVP701" ]; };
      in
      [
        (told c.warnings)
        (told (map (a: a.message) (lib.filter (a: !a.assertion) c.assertions)))
      ]
    )
    [
      0
      1
    ]
  )
  (check "the image is checked when the system is built, unless turned off"
    (map
      (
        on:
        lib.length (
          lib.filter (d: lib.hasInfix "nvpreflight" (d.name or ""))
            (config { imageCheck.atBuild = on; }).system.checks
        )
      )
      [
        true
        false
      ]
    )
    [
      1
      0
    ]
  )
]
++ lib.optionals release.bootCounting [
  (check "with boot counting there is nothing to tell" (lib.length (
    lib.filter counting
      (eval.machine (with' assess ++ [ { boot.loader.systemd-boot.bootCounting.enable = true; } ]))
      .config.warnings
  )) 0)
]
++ lib.optionals release.preSwitchChecks [
  (check "the image is checked when it is switched to, unless turned off"
    (map (on: (config { imageCheck.atSwitch = on; }).system.preSwitchChecks ? nvpreflight) [
      true
      false
    ])
    [
      true
      false
    ]
  )
]
++ lib.optionals (!real) [
  (check "the policy of the expectations file follows from the options"
    (map policy [
      { }
      { onError = "fail-unit"; }
      hold
    ])
    [
      {
        on_error = "log";
        hold_ms = 5000;
      }
      {
        on_error = "fail-unit";
        hold_ms = 5000;
      }
      {
        on_error = "hold-display";
        hold_ms = 20000;
      }
    ]
  )
  (check "a code that is ignored is off in the expectations, unless they say something else"
    (builtins.fromJSON
      (config {
        lints.ignore = [
          "NVP302"
          "NVP310"
          "NVP201"
          "NVP302"
        ];
        settings.severity.NVP201 = {
          severity = "note";
          reason = "x";
        };
      }).services.nvpreflight.settingsFile.text
    ).severity
    [
      {
        code = "NVP201";
        severity = "note";
        reason = "x";
      }
      {
        code = "NVP302";
        severity = "off";
        reason = "services.nvpreflight.lints.ignore";
      }
    ]
  )
  (check "more ignored codes than the expectations hold are told"
    (
      let
        rules = lib.attrNames (import ../codes.nix { inherit lib; }).rules;
        c = config { lints.ignore = lib.take 18 rules; };
      in
      [
        (lib.length (builtins.fromJSON c.services.nvpreflight.settingsFile.text).severity)
        (lib.filter (lib.hasInfix "ignored at evaluation only") c.warnings)
      ]
    )
    [
      16
      [
        "services.nvpreflight: these codes are ignored at evaluation only, the expectations hold at most 16: NVP204, NVP205.\n"
      ]
    ]
  )
  (check "the build's check runs the tool with the expectations and the threshold" (
    let
      c = config { imageCheck.threshold = "warning"; };
      text = (lib.head c.system.checks).text;
    in
    lib.hasInfix "/bin/nvpreflight check /nix/store/00000000000000000000000000000000-initrd/initrd --expect ${c.services.nvpreflight.settingsFile} --threshold warning --format text" text
  ) true)
]
