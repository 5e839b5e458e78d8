# seed-config.nix must evaluate, be expected what its author meant,
# and be told what in it is inverted, dead, given twice or for X11 only.
{
  eval,
  lib,
  check,
  codes,
  sorted,
  age,
  release,
  real,
  ...
}:

let
  seed = import ./seed-config.nix;
  # The same machine with the lines that docs/nixos.md gives instead.
  better = {
    services.nvpreflight.enable = true;
    services.nvpreflight.loadUvm = true;
    services.xserver = {
      enable = true;
      displayManager.gdm.enable = true;
      desktopManager.gnome.enable = true;
      videoDrivers = [ "nvidia" ];
    };
    hardware.nvidia = {
      open = true;
      modesetting.enable = true;
      powerManagement.enable = true;
    };
    boot.initrd.kernelModules = [
      "nvidia"
      "nvidia_modeset"
      "nvidia_drm"
    ];
  };
  c = (eval.machine [ seed ]).config;
  s = c.services.nvpreflight.settings;
  message = text: lib.filter (lib.hasInfix text) c.warnings;
in
[
  (check "the seed: what it is told" (sorted (codes c.warnings)) (
    [
      "NVP107"
      "NVP108"
      "NVP222"
    ]
    ++ lib.optional release.openUndecided "NVP311"
    ++ [ "NVP312" ]
  ))
  (check "the seed: its goals" s.goals [
    "wayland"
    "x11"
    "suspend"
  ])
  (check "the seed: the modules of its initrd" s.modules.initrd [
    "nvidia"
    "nvidia_modeset"
    "nvidia_uvm"
    "nvidia_drm"
  ])
  (check "the seed: the values" s.options {
    nvidia.NVreg_PreserveVideoMemoryAllocations = "1";
    nvidia_drm = {
      modeset = "1";
    }
    // lib.optionalAttrs release.fbdev { fbdev = "1"; };
  })
  (check "the seed: its softdep is inverted" (map (lib.hasInfix "`softdep nvidia pre: nvidia-drm`") (
    message "NVP107"
  )) [ true ])
  (check "the seed: nixpkgs' softdep is dead because of it"
    (map (lib.hasInfix "`softdep nvidia post: nvidia-uvm` has no effect") (message "NVP108"))
    [ true ]
  )
  (check
    "the seed: the setting its author calls critical is for X11, and GDM starts a Wayland session"
    (map (lib.hasInfix "forceFullCompositionPipeline does nothing for GNOME on Wayland") (
      message "NVP222"
    ))
    [ true ]
  )
  (check "the seed: both values are given more than once" (lib.length (message "NVP312")) 2)
  (check "the seed: the better lines have nothing to complain of" (codes
    (eval.machine [ better ]).config.warnings
  ) [ ])
  (check "the seed: it says which line to drop" (lib.length (
    message "# drop from boot.kernelParams: nvidia-drm.modeset=1"
  )) 1)
]
# The version of the driver stands in the text, and the page shows newer NixOS.
++ lib.optionals (age == "26.05" && !real) [
  (check "the seed: docs/nixos.md shows what it is told" (lib.unique (
    lib.filter (lib.hasPrefix "nvpreflight NVP") (
      lib.splitString "\n" (builtins.readFile ../../docs/nixos.md)
    )
  )) (map (w: lib.head (lib.splitString "\n" w)) c.warnings))
]
