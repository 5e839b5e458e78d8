# What the machine is for, as far as its configuration shows it.
{
  access,
  sources,
  stack,
  lib,
}:

let
  inherit (access) get on;
in
rec {
  # The goals in force, derived or given.
  goals = get "services.nvpreflight.settings.goals" [ ];

  xserver = on "services.xserver.enable";
  # With render offload the picture comes from the other GPU.
  secondary =
    on "hardware.nvidia.prime.offload.enable" || on "hardware.nvidia.prime.reverseSync.enable";
  # Whoever loads nvidia_drm early, with KMS and without an X server, wants it
  # for Wayland.
  wayland =
    waylandAsked
    || (stack.enabled && stack.modesetting && !xserver && lib.elem "nvidia_drm" stack.early);
  waylandAsked =
    lib.any on waylandOptions
    # It starts sessions of both kinds, and without an X server only Wayland's.
    || (on "services.displayManager.ly.enable" && !xserver);
  waylandOptions = [
    "programs.hyprland.enable"
    "programs.labwc.enable"
    "programs.miracle-wm.enable"
    "programs.niri.enable"
    "programs.river.enable"
    "programs.river-classic.enable"
    "programs.sway.enable"
    "programs.wayfire.enable"
    "services.cage.enable"
    "services.desktopManager.cosmic.enable"
    "services.desktopManager.gnome.enable"
    "services.desktopManager.plasma6.enable"
    "services.displayManager.cosmic-greeter.enable"
    "services.displayManager.gdm.enable"
    "services.displayManager.plasma-login-manager.enable"
    "services.displayManager.sddm.wayland.enable"
    "services.greetd.enable"
    "services.xserver.desktopManager.gnome.enable"
    "services.xserver.displayManager.gdm.enable"
  ];

  # The desktop whose session is Wayland although there is an X server too: GNOME,
  # unless GDM is told otherwise, and Plasma 6 (nixpkgs, services/display-managers
  # and services/desktop-managers).
  waylandDesktop =
    let
      session = get "services.displayManager.defaultSession" null;
      is = names: session == null || lib.elem session names;
      either = names: lib.any on names;
      gdm = either [
        "services.displayManager.gdm.enable"
        "services.xserver.displayManager.gdm.enable"
      ];
      # Both options are on where they are there.
      gdmWayland =
        get "services.displayManager.gdm.wayland" true
        && get "services.xserver.displayManager.gdm.wayland" true;
      gnome = either [
        "services.desktopManager.gnome.enable"
        "services.xserver.desktopManager.gnome.enable"
      ];
    in
    if
      gnome
      && is [
        "gnome"
        "gnome-wayland"
      ]
      && (!gdm || gdmWayland)
    then
      "GNOME"
    else if
      on "services.desktopManager.plasma6.enable"
      && is [
        "plasma"
        "plasmawayland"
      ]
    then
      "Plasma"
    else
      null;

  compute =
    lib.any on [
      "hardware.nvidia.datacenter.enable"
      "hardware.nvidia-container-toolkit.enable"
      "virtualisation.docker.enableNvidia"
      "virtualisation.podman.enableNvidia"
    ]
    || get "nixpkgs.config.cudaSupport" false == true
    || get "services.tabby.acceleration" null == "cuda"
    || get "services.ollama.acceleration" null == "cuda"
    || lib.any (service: on "services.${service}.enable" && forCuda "services.${service}.package") [
      "llama-cpp"
      "ollama"
    ];
  # ollama-cuda is called ollama, and says in its description what it is for
  # (nixpkgs, pkgs/by-name/ol/ollama).
  forCuda =
    option:
    let
      package = get option { };
    in
    lib.hasInfix "cuda" (package.name or "") || lib.hasInfix "CUDA" (package.meta.description or "");

  # systemd's generator and the scripted stage 1 read the word too
  # (systemd-hibernate-resume-generator(8); nixpkgs, stage-1-init.sh).
  hibernates =
    !(sources.hasWord "noresume")
    && (
      get "boot.resumeDevice" "" != ""
      || lib.any (w: lib.hasPrefix "resume=" w && w != "resume=") sources.words
    );

  # A disk that asks for its passphrase on the console.
  luksPrompt =
    let
      byItself =
        device:
        (device.keyFile or null) != null
        || lib.any (lib.hasPrefix "tpm2-device=") (device.crypttabExtraOpts or [ ]);
    in
    lib.any (device: !byItself device) (lib.attrValues (get "boot.initrd.luks.devices" { }));

  # An NVIDIA GPU is given away, and not some other device.
  passthrough = givenIds != [ ];
  givenIds = lib.concatMap (
    v:
    lib.optionals (v.module == "vfio_pci" && v.name == "ids") (
      lib.filter (lib.hasPrefix "10de:") (lib.splitString "," (toString v.value))
    )
  ) sources.values;
  # No NVIDIA GPU is left to the host. The driver is built for the one that is,
  # unless it is kept out, or the picture is another GPU's and nobody asks for it.
  allGivenAway =
    let
      keptOut = lib.any (m: lib.elem m sources.blacklist) stack.stack;
      otherReported = lib.any (id: !lib.elem "10de:${id}" givenIds) stack.reportedGpus;
      otherDriver =
        lib.any (d: d != "nvidia") (get "services.xserver.videoDrivers" [ ])
        || lib.any (m: lib.elem m otherDrivers) (stack.initrdModules ++ stack.rootModules);
      asked =
        stack.askedByHand != [ ]
        || otherReported
        || compute
        || get "services.nvpreflight.settings.gpus" null != null;
    in
    passthrough && (!stack.enabled || keptOut || otherDriver && !asked);
  # The DRM drivers of other vendors.
  otherDrivers = [
    "amdgpu"
    "i915"
    "xe"
  ];
}
