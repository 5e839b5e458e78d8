# NVIDIA's modules: which there are, what they need, and the driver chosen.
{
  driver,
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
  inherit (driver)
    framebufferOff
    rivals
    stack
    workarounds
    ;
  # The hard dependencies: asking for a module asks for what is below it.
  below = driver.needs;
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

  # True for one that the kernel itself takes, for any module.
  isOfEveryModule = name: lib.elem name driver.ofEveryModule;

  # The module that has a parameter of that name, as far as the lists go.
  ownerOf =
    v:
    let
      having = lib.filter (m: (driver.parameters.${m} or { }) ? ${v.name}) stack;
    in
    if having != [ ] then
      lib.head having
    else if lib.hasPrefix "NVreg_" v.name then
      "nvidia"
    else if lib.hasPrefix "uvm_" v.name then
      "nvidia_uvm"
    else
      v.module;

  # The rows of a parameter's defaults, the oldest first.
  defaultsOf = module: name: driver.defaults.${module}.${name} or [ ];
  # Whether the table of defaults was made from the source of this branch.
  compared =
    version != null
    && lib.versionAtLeast version driver.compared.first
    && branch <= branchOf driver.compared.newest;
  # Why this driver does not have a parameter, or null.
  missingFrom =
    v:
    let
      rows = defaultsOf v.module v.name;
      reached = lib.filter (row: lib.versionAtLeast version row.from) rows;
      row = lib.last ([ (lib.head rows) ] ++ reached);
      later = lib.filter (r: r.value != null && lib.versionOlder row.from r.from) rows;
      gone = driver.removed.${v.module}.${v.name} or null;
    in
    if version == null then
      null
    else if gone != null && lib.versionAtLeast version gone then
      "${v.module} has not had it since driver ${gone}"
    else if !compared || rows == [ ] || row.value != null then
      null
    else if later != [ ] then
      "${v.module} has it from driver ${(lib.head later).from} on"
    else
      "${v.module} has not had it since driver ${row.from}";
  # The version from which a boolean is on by itself, or null.
  onSince =
    module: name:
    let
      on = lib.filter (row: row.value != null && text.boolean row.value == true) (defaultsOf module name);
    in
    if on == [ ] then null else (lib.head on).from;

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
  # Each with what the driver needs for it: the branches that have it, the flavour;
  # ids beyond the table are left out.
  gpus = lib.concatMap (
    id:
    map (range: range // { inherit id; }) (
      lib.filter (range: range.from <= id && id <= range.to) driver.gpus
    )
  ) (lib.unique (lib.filter (id: builtins.match "[0-9a-f]{4}" id != null) reportedGpus));
  # The number before the first dot, 0 where the version is not known.
  branch = branchOf (if version == null then "" else version);
  branchOf =
    v:
    let
      number = builtins.match "([1-9][0-9]*)[.].*" v;
    in
    if number == null then 0 else builtins.fromJSON (lib.head number);
}
