# What this configuration says of the NVIDIA stack, read from whichever options
# this NixOS has: 24.05 (lists, kernel command line) and 26.05 (sets of modules,
# `hardware.nvidia.moduleParams`). Judges nothing and never fails on an option
# that is not there.
{
  config,
  options,
  lib,
}:

let
  text = import ./text.nix { inherit lib; };
  inherit (text) norm;

  get = path: default: lib.attrByPath path default config;
  on = path: get path false == true;
  nvidia = name: get ([ "hardware" "nvidia" ] ++ name);

  # The definitions of an option with the file each stands in; one definition
  # without a file where the module system does not tell.
  definitions =
    path: default:
    lib.attrByPath (path ++ [ "definitionsWithLocations" ]) [
      {
        file = null;
        value = get path default;
      }
    ] options;

  origin =
    file:
    let
      inside = if file == null then null else builtins.match ".*/(nixos/modules/.*)" (toString file);
    in
    {
      nixpkgs = inside != null;
      file = if inside != null then "nixpkgs ${lib.head inside}" else file;
    };

  lines = lib.concatMap (
    d: map (line: line // origin d.file) (text.modprobeLines d.value)
  ) (definitions [ "boot" "extraModprobeConfig" ] "");

  parameters = lib.concatMap (d: map (word: { inherit word; } // origin d.file) d.value) (
    definitions [ "boot" "kernelParams" ] [ ]
  );

  stack = [
    "nvidia"
    "nvidia_modeset"
    "nvidia_uvm"
    "nvidia_drm"
  ];
  # The hard dependencies (`modinfo -F depends`): asking for a module asks for
  # what is below it.
  below = {
    nvidia = [ ];
    nvidia_modeset = [ "nvidia" ];
    nvidia_uvm = [ "nvidia" ];
    nvidia_drm = [
      "nvidia"
      "nvidia_modeset"
    ];
  };
  closed =
    modules:
    let
      all = modules ++ lib.concatMap (m: below.${m} or [ ]) modules;
    in
    lib.filter (m: lib.elem m all) stack;

  ofKind = kind: lib.filter (line: line.kind == kind) lines;

  # Every value given to a module, in the order in which the kernel meets them:
  # modprobe.d first, the command line last.
  values =
    lib.concatMap (
      line:
      map (
        arg:
        text.assignment arg
        // {
          module = norm line.name;
          option = "boot.extraModprobeConfig";
          shown = "options ${line.name} ${arg}";
          inherit (line) nixpkgs file;
        }
      ) line.args
    ) (ofKind "options")
    ++ lib.concatMap (
      parameter:
      let
        word = text.moduleWord parameter.word;
      in
      lib.optional (word != null) (
        word
        // {
          option = "boot.kernelParams";
          shown = parameter.word;
          inherit (parameter) nixpkgs file;
        }
      )
    ) parameters;

  enabled = lib.elem "nvidia" (get [ "services" "xserver" "videoDrivers" ] [ ]) || on [
    "hardware"
    "nvidia"
    "datacenter"
    "enable"
  ];
  version = if enabled then (nvidia [ "package" ] { }).version or null else null;
in
rec {
  inherit
    text
    get
    below
    closed
    on
    enabled
    version
    stack
    lines
    values
    ;

  # True when the driver's version is known and at least / older than `v`.
  atLeast = v: version != null && lib.versionAtLeast version v;
  olderThan = v: version != null && lib.versionOlder version v;

  # null: not decided, which nixpkgs refuses from driver 560 on.
  open = nvidia [ "open" ] false;
  hasModuleParams = lib.hasAttrByPath [ "hardware" "nvidia" "moduleParams" ] options;
  # True when somebody wrote the option, and not only its default holds
  # (1500: lib/modules.nix, `mkOptionDefault`).
  isSet = path: lib.attrByPath (path ++ [ "highestPrio" ]) 1500 options < 1500;

  modesetting = on [ "hardware" "nvidia" "modesetting" "enable" ] || on [
    "hardware"
    "nvidia"
    "prime"
    "offload"
    "enable"
  ];
  powerManagement = on [ "hardware" "nvidia" "powerManagement" "enable" ];
  finegrained = on [ "hardware" "nvidia" "powerManagement" "finegrained" ];
  suspendNotifier = on [ "hardware" "nvidia" "powerManagement" "kernelSuspendNotifier" ];

  # Containers have no initrd of their own.
  hasInitrd = get [ "boot" "initrd" "enable" ] true && !(on [ "boot" "isContainer" ]);
  initrdModules = map norm (get [ "boot" "initrd" "kernelModules" ] [ ]);
  rootModules = map norm (get [ "boot" "kernelModules" ] [ ]);
  # What loads in the initrd by name, and below it what that needs.
  early = closed (lib.filter (m: lib.elem m stack) initrdModules);

  words = map (p: p.word) parameters;
  hasWord = w: lib.elem w words;
  softdeps = map (
    line:
    text.softdep line.args
    // {
      module = norm line.name;
      inherit (line) text nixpkgs file;
    }
  ) (ofKind "softdep");
  blacklist = map norm (get [ "boot" "blacklistedKernelModules" ] [ ]) ++ map (l: norm l.name) (
    ofKind "blacklist"
  );

  valuesOf = module: name: lib.filter (v: v.module == module && v.name == name) values;
  # The value that wins, or `default` where nothing sets it.
  valueOf =
    module: name: default:
    let
      all = valuesOf module name;
    in
    if all == [ ] then
      default
    else
      let
        won = (lib.last all).value;
      in
      if won == null then "1" else won;

  xserver = on [ "services" "xserver" "enable" ];
  # Whoever turns KMS on by hand and has no X server wants it for Wayland.
  wayland = lib.any on waylandOptions || (!xserver && modesetting && isSet [
    "hardware"
    "nvidia"
    "modesetting"
    "enable"
  ]);
  waylandOptions = [
    [ "programs" "hyprland" "enable" ]
    [ "programs" "labwc" "enable" ]
    [ "programs" "miracle-wm" "enable" ]
    [ "programs" "niri" "enable" ]
    [ "programs" "river" "enable" ]
    [ "programs" "sway" "enable" ]
    [ "programs" "wayfire" "enable" ]
    [ "services" "cage" "enable" ]
    [ "services" "desktopManager" "cosmic" "enable" ]
    [ "services" "desktopManager" "gnome" "enable" ]
    [ "services" "desktopManager" "plasma6" "enable" ]
    [ "services" "displayManager" "cosmic-greeter" "enable" ]
    [ "services" "displayManager" "gdm" "enable" ]
    [ "services" "displayManager" "sddm" "wayland" "enable" ]
    [ "services" "greetd" "enable" ]
    [ "services" "xserver" "desktopManager" "gnome" "enable" ]
    [ "services" "xserver" "displayManager" "gdm" "enable" ]
  ];

  compute =
    lib.any on [
      [ "hardware" "nvidia" "datacenter" "enable" ]
      [ "hardware" "nvidia-container-toolkit" "enable" ]
      [ "virtualisation" "docker" "enableNvidia" ]
      [ "virtualisation" "podman" "enableNvidia" ]
    ]
    || get [ "nixpkgs" "config" "cudaSupport" ] false == true
    || get [ "services" "ollama" "acceleration" ] null == "cuda";

  # Our own soft dependency that brings nvidia_uvm.
  loadsUvm = lib.elem "nvidia_uvm" (
    map norm (get [ "services" "nvpreflight" "softdeps" "nvidia" "post" ] [ ])
  );

  hibernates = get [ "boot" "resumeDevice" ] "" != "";
  # A disk that asks for its passphrase on the console.
  luksPrompt = lib.any (device: (device.keyFile or null) == null) (
    lib.attrValues (get [ "boot" "initrd" "luks" "devices" ] { })
  );
  # The GPU itself is given away, and not some other device.
  passthrough = lib.any (
    v: v.module == "vfio_pci" && v.name == "ids" && lib.hasInfix "10de:" (toString v.value)
  ) values;
}
