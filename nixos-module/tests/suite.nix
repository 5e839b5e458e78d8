# All cases over one ground, as a list of `{ name; ok; detail; skip; }`. A case
# that this ground cannot show says why in `skip`.
{
  age ? "26.05",
  nixpkgsLib ? null,
  nixpkgs ? null,
}:

let
  eval = import ./eval.nix { inherit age nixpkgsLib nixpkgs; };
  inherit (eval) lib;
  args = {
    inherit
      eval
      lib
      check
      base
      units
      ;
    inherit release;
    age = ground;
    real = nixpkgs != null;
  };

  ground = if nixpkgs == null then age else lib.trivial.release;
  release = import ./stand-in/releases.nix { age = ground; };

  # An NVIDIA machine with nothing to complain of.
  base = {
    _file = "configuration.nix";
    services.xserver.videoDrivers = [ "nvidia" ];
    hardware.nvidia.open = true;
    hardware.nvidia.modesetting.enable = lib.mkDefault true;
    services.nvpreflight = {
      enable = lib.mkDefault true;
      # What older ones lack for the open modules.
      loadUvm = lib.mkDefault (!release.uvm);
      settings.goals = lib.mkDefault [ ];
    };
  };

  units =
    modules:
    import ./units.nix {
      inherit
        age
        nixpkgsLib
        nixpkgs
        modules
        ;
    };

  check = name: found: wanted: {
    inherit name;
    ok = found == wanted;
    detail = "found ${builtins.toJSON found}, wanted ${builtins.toJSON wanted}";
    skip = null;
  };

  codeOf =
    message: builtins.match "nvpreflight (NVP[0-9]+) .*" (lib.head (lib.splitString "\n" message));
  codes =
    messages:
    lib.unique (
      lib.concatMap (
        m:
        let
          c = codeOf m;
        in
        if c == null then [ ] else c
      ) messages
    );
  sorted = builtins.sort (a: b: a < b);

  lintCase =
    case:
    let
      driver = lib.optional (case ? driver) { hardware.nvidia.package = eval.driver case.driver; };
      # The goals are given and none, unless the case is about deriving them.
      ground' =
        if case.derive or false then
          base
          // {
            services = base.services // {
              nvpreflight = removeAttrs base.services.nvpreflight [ "settings" ];
            };
          }
        else
          base;
      found =
        module:
        sorted (
          codes
            (eval.machine (
              [
                ground'
                module
              ]
              ++ driver
            )).config.warnings
        );
      name = "${case.code}${lib.optionalString (case ? driver) " (driver ${case.driver})"}";
      skip =
        if case ? needs && !release.${case.needs} then
          "NixOS ${ground} has no ${case.needs}"
        else if case ? lacks && release.${case.lacks} then
          "NixOS ${ground} has ${case.lacks}"
        else if (case.standIn or false) && nixpkgs != null then
          "it takes packages that a real NixOS would build"
        else if (case.needsFacter or false) && nixpkgs != null && !release.facterMoved then
          "this NixOS has no facter report"
        else
          null;
      skipped = name: {
        inherit name skip;
        ok = false;
        detail = "";
      };
    in
    if skip != null then
      [ (skipped "${name} fires and is quiet") ]
    else
      [
        (check "${name} fires" (found case.fires) (sorted ([ case.code ] ++ case.also or [ ])))
        (check "${name} is quiet near it" (found case.quiet) (sorted (case.quietCodes or [ ])))
      ];
in
[
  (check "the base of the lint cases has nothing to complain of" (codes
    (eval.machine [ base ]).config.warnings
  ) [ ])
]
++
  map
    (
      reader:
      check "the lines of docs/nixos.md for the ${reader} have nothing to complain of" (codes
        (eval.machine [ (./readers + "/${reader}.nix") ]).config.warnings
      ) [ ]
    )
    [
      "desktop"
      "notebook"
      "server"
    ]
++ lib.concatMap lintCase (import ./lints.nix { inherit eval lib release; })
++ import ./kmod-cases.nix args
++ import ./severities.nix args
++ import ./stages.nix args
++ import ./expectations.nix args
++ import ./policy.nix args
++ import ./releases.nix args
++ import ./texts.nix args
++ import ./early-kms.nix args
++ import ./seed.nix (args // { inherit codes sorted; })
