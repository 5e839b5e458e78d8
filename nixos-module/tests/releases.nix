# What differs between the releases (stand-in/releases.nix), each with what the module
# makes of it: the same machine, asked for in the words of its release.
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
  machine =
    lines:
    (eval.machine [
      base
      lines
    ]).config;
  derived =
    lines:
    (eval.machine [
      (
        base
        // {
          services = base.services // {
            nvpreflight = removeAttrs base.services.nvpreflight [ "settings" ];
          };
        }
      )
      lines
    ]).config.services.nvpreflight.settings;
  early = names: { boot.initrd.kernelModules = names; };
  ollama =
    if release.ollamaByPackage then
      { package = eval.described "ollama" "Language models, using CUDA for NVIDIA GPU acceleration"; }
    else
      { acceleration = "cuda"; };
  gnome = {
    displayManager.gdm.enable = true;
    desktopManager.gnome.enable = true;
  };
in
[
  (check "modules as a list or as a set: the stack of the initrd is expected in its own order"
    (derived (early [
      "nvidia_drm"
      "nvidia"
    ])).modules.initrd
    [
      "nvidia"
      "nvidia_modeset"
      "nvidia_drm"
    ]
  )
  (check "GDM and GNOME at their place of this release are Wayland" (lib.elem "wayland"
    (derived { services = if release.gdmMoved then gnome else { xserver = gnome; }; }).goals
  ) true)
  (check "the image is checked at a switch where NixOS has checks for that" (
    (machine { }).system.preSwitchChecks or { } ? nvpreflight
  ) release.preSwitchChecks)
  (check "boots that are not counted are told" (lib.length (
    lib.filter (lib.hasPrefix "services.nvpreflight.bootAssessment.enable has no effect")
      (machine {
        services.nvpreflight.bootAssessment.enable = true;
        boot.loader.systemd-boot.enable = true;
      }).warnings
  )) 1)
  (check "the line that counts boots is named where the option is there" (lib.any
    (lib.hasInfix "boot.loader.systemd-boot.bootCounting.enable = true;")
    (machine {
      services.nvpreflight.bootAssessment.enable = true;
      boot.loader.systemd-boot.enable = true;
    }).warnings
  ) release.bootCounting)
  (check "without a line the check in the initrd is made for the stage 1 of this release" (
    (units [ base ]).initrd.units ? "nvpreflight-initrd.service"
  ) release.systemdStage1)
  (check "KMS is expected from where this release writes it" (derived { }).options.nvidia_drm (
    { modeset = "1"; } // lib.optionalAttrs release.fbdev { fbdev = "1"; }
  ))
]
++ lib.optionals (!real) [
  (check "a machine whose Ollama computes is for CUDA" (lib.elem "cuda"
    (derived {
      services.ollama = {
        enable = true;
      }
      // ollama;
    }).goals
  ) true)
  (check "river by its name of this release is Wayland" (lib.elem "wayland"
    (derived {
      programs.${if release.riverMoved then "river-classic" else "river"}.enable = true;
    }).goals
  ) true)
]
