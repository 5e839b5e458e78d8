# NVIDIA's modules: which there are, what they need, and the driver chosen.
{
  access,
  sources,
  text,
  lib,
}:

let
  inherit (access)
    definitions
    get
    isDeclared
    isGiven
    on
    ;
  modules = name: map text.norm (get name [ ]);
in
rec {
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
    names:
    let
      all = names ++ lib.concatMap (m: below.${m} or [ ]) names;
    in
    lib.filter (m: lib.elem m all) stack;

  enabled =
    lib.elem "nvidia" (get "services.xserver.videoDrivers" [ ])
    || on "hardware.nvidia.datacenter.enable";
  # Something in the configuration is about an NVIDIA GPU, the driver enabled or
  # not. nixpkgs itself sets these only where the driver is.
  meant =
    lib.any isGiven [
      "hardware.nvidia.open"
      "hardware.nvidia.package"
      "hardware.nvidia.modesetting.enable"
      "hardware.nvidia.powerManagement.enable"
      "hardware.nvidia.prime.nvidiaBusId"
      "hardware.nvidia.prime.offload.enable"
      "hardware.nvidia.prime.sync.enable"
      "hardware.nvidia.moduleParams"
      "hardware.nvidia.forceFullCompositionPipeline"
      "services.nvpreflight.settings.gpus"
    ]
    || lib.any (m: lib.elem m stack) (initrdModules ++ rootModules)
    || lib.any (v: lib.elem v.module stack) sources.values
    || reportedGpus != [ ];
  # NVIDIA's own kernel for Jetson brings its driver along (jetpack-nixos).
  jetson = on "hardware.nvidia-jetpack.enable";

  version = if enabled then (get "hardware.nvidia.package" { }).version or null else null;
  # Both false where the version is not known.
  atLeast = v: version != null && lib.versionAtLeast version v;
  olderThan = v: version != null && lib.versionOlder version v;

  # null: not decided, which nixpkgs refuses from driver 560 on.
  open = get "hardware.nvidia.open" false;
  modesetting = on "hardware.nvidia.modesetting.enable" || on "hardware.nvidia.prime.offload.enable";
  powerManagement = on "hardware.nvidia.powerManagement.enable";
  finegrained = on "hardware.nvidia.powerManagement.finegrained";
  suspendNotifier = on "hardware.nvidia.powerManagement.kernelSuspendNotifier";

  # Since 26.05 hardware.nvidia writes modprobe.d and not the command line.
  hasModuleParams = isDeclared "hardware.nvidia.moduleParams";
  moduleParams = get "hardware.nvidia.moduleParams" { };
  dashed = lib.replaceStrings [ "_" ] [ "-" ];
  quoted = value: if builtins.match "[0-9]+" value != null then value else ''"${value}"'';
  # The line to paste that gives a module's parameter a value.
  setParameter =
    module: name: value:
    if hasModuleParams then
      "hardware.nvidia.moduleParams.${dashed module}.${name} = ${quoted value};"
    else
      ''boot.extraModprobeConfig = "options ${dashed module} ${name}=${value}";'';
  # The same against a value of nixpkgs' own: two plain values in moduleParams do
  # not evaluate, and nixpkgs' word on the command line comes after others.
  forceParameter =
    module: name: value:
    if hasModuleParams then
      "hardware.nvidia.moduleParams.${dashed module}.${name} = lib.mkForce ${quoted value};"
    else
      ''boot.kernelParams = lib.mkAfter [ "${dashed module}.${name}=${value}" ];'';

  # Containers have no initrd of their own.
  hasInitrd = get "boot.initrd.enable" true && !(on "boot.isContainer");
  initrdModules = modules "boot.initrd.kernelModules";
  rootModules = modules "boot.kernelModules";
  # What loads in the initrd by name, and below it what that needs.
  early = closed (lib.filter (m: lib.elem m stack) initrdModules);
  # What can load in the initrd at all.
  inInitrd = initrdModules ++ early ++ modules "boot.initrd.availableKernelModules";
  # What the owner names by hand, and not nixpkgs.
  askedByHand =
    let
      names = v: if builtins.isAttrs v then lib.attrNames (lib.filterAttrs (_: x: x) v) else v;
      byHand =
        option:
        lib.concatMap (d: lib.optionals (!d.nixpkgs) (map text.norm (names d.value))) (
          definitions option [ ]
        );
    in
    lib.filter (m: lib.elem m stack) (
      byHand "boot.initrd.kernelModules" ++ byHand "boot.kernelModules"
    );

  # The module that a parameter is of, and whether the driver has it at all, as
  # far as either is known (`modinfo -p`; kernel-open by tag).
  ownerOf =
    v:
    if
      lib.elem v.name [
        "modeset"
        "fbdev"
      ]
    then
      "nvidia_drm"
    else if lib.hasPrefix "NVreg_" v.name then
      "nvidia"
    else
      v.module;
  missingFrom =
    v:
    if v.module == "nvidia_drm" && v.name == "fbdev" && olderThan "545.23.06" then
      "nvidia_drm has it from driver 545.23.06 on"
    else if v.module == "nvidia" && v.name == "NVreg_UsePageAttributeTable" && atLeast "610" then
      "nvidia has not had it since driver 610"
    else if v.module == "nvidia_modeset" && v.name == "vblank_sem_control" && olderThan "550.40.07" then
      "nvidia_modeset has it from driver 550.40.07 on"
    else if v.module == "nvidia_modeset" && v.name == "vblank_sem_control" && atLeast "595.44.02" then
      "nvidia_modeset has not had it since driver 595.44.02"
    else
      null;

  # Every parameter of the stack that is given a value, with all of them.
  parameters = text.grouped (lib.filter (v: lib.elem v.module stack) sources.values);

  firmwareGiven = lib.any (d: lib.any (package: lib.hasInfix "nvidia" (package.name or "")) d.value) (
    definitions "hardware.firmware" [ ]
  );

  # Device ids of NVIDIA's GPUs, four hexadecimal digits, where a hardware
  # report of nixos-facter is given.
  reportedGpus =
    let
      cards = lib.concatMap (report: get "${report}.hardware.graphics_card" [ ]) [
        "hardware.facter.report"
        "facter.report"
      ];
    in
    lib.concatMap (
      card: lib.optional ((card.vendor.hex or "") == "10de" && card ? device.hex) card.device.hex
    ) cards;
  # Every Turing GPU has this id or a higher one, every older one a lower
  # (pci.ids).
  beforeTuring = lib.filter (id: builtins.match "[0-9a-f]{4}" id != null && id < "1e00") reportedGpus;
}
