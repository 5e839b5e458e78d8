# What `tests/packages` looks at: the outputs of flake.nix and of default.nix
# over a nixpkgs tree, without the machinery of flakes, which would copy the
# tree. Every case is an attribute that evaluates to true, or fails saying why.
{ nixpkgs }:

let
  lib = import (nixpkgs + "/lib");
  systems = [
    "x86_64-linux"
    "aarch64-linux"
  ];

  inherit (import ./incomplete.nix { inherit nixpkgs; }) complete overlays;

  legacyPackages = lib.genAttrs systems (
    system:
    import nixpkgs {
      inherit system;
      config = { };
      inherit overlays;
    }
  );
  self = (import ../../flake.nix).outputs {
    inherit self;
    nixpkgs = {
      inherit lib legacyPackages;
      outPath = nixpkgs;
    };
  };
  plain = system: import ../.. { pkgs = legacyPackages.${system}; };

  reaches = what: drv: lib.hasSuffix ".drv" drv.drvPath || throw "${what} has no derivation";
  allReach = what: set: lib.all (name: reaches "${what}.${name}" set.${name}) (lib.attrNames set);
  same =
    what: a: b:
    a == b || throw "${what}: ${builtins.toJSON a}, not ${builtins.toJSON b}";

  # The boot tests boot unit files that the stand-in for NixOS renders. NixOS has
  # to write the same lines, but for its environment, the markers of its own
  # switch and the links that it makes of [Install].
  bootedUnits =
    let
      inherit (import ../../qemu-tests/nixos/early-kms.nix) age modules;
      stages = import ./units.nix;
      units = stage: stage.initrd.units // stage.system.units;
      added = [
        "["
        "Environment="
        "RequiredBy="
        "WantedBy="
        "X-"
      ];
      withoutHashes =
        text:
        lib.concatStringsSep builtins.storeDir (
          lib.filter lib.isString (builtins.split "${builtins.storeDir}/[a-z0-9]{32}" text)
        );
      lines =
        text:
        lib.sort lib.lessThan (
          lib.filter (line: line != "" && !lib.any (prefix: lib.hasPrefix prefix line) added) (
            lib.splitString "\n" (withoutHashes text)
          )
        );
      rendered = units (stages {
        inherit age modules;
      });
    in
    rendered != { }
    && same "the booted units" (lib.mapAttrs (_: lines) rendered) (
      lib.mapAttrs (_: lines) (
        units (stages {
          inherit nixpkgs;
          # The default of one release, not of all.
          modules = modules ++ [ { boot.initrd.systemd.enable = true; } ];
        })
      )
    );

  perSystem = system: {
    packages =
      let
        packages = self.packages.${system};
      in
      allReach "packages" packages
      && same "the programs" (lib.mapAttrs (_: p: p.meta.mainProgram) packages) (
        lib.mapAttrs (name: _: if name == "default" then "nvpreflight" else name) packages
      );

    meta-is-whole =
      let
        wanted = [
          "description"
          "license"
          "longDescription"
          "mainProgram"
          "maintainers"
          "platforms"
          "sourceProvenance"
        ];
        lacks = lib.mapAttrs (_: p: lib.filter (name: !(p.meta ? ${name})) wanted) self.packages.${system};
      in
      same "what meta lacks" (lib.filterAttrs (_: names: names != [ ]) lacks) { };

    the-verifier-is-static =
      let
        verifier = self.packages.${system}.nvpreflight-verifier;
      in
      verifier.stdenv.hostPlatform.isStatic && verifier.stdenv.hostPlatform.isMusl;

    checks = allReach "checks" self.checks.${system};

    demo = lib.hasPrefix builtins.storeDir self.apps.${system}.demo.program;

    development =
      reaches "the shell" self.devShells.${system}.default
      && reaches "formatter" self.formatter.${system};

    default-nix-gives-the-same = same "packages by default.nix" (lib.mapAttrs (_: p: p.drvPath) (
      lib.filterAttrs (name: _: lib.hasPrefix "nvpreflight" name) (plain system)
    )) (lib.mapAttrs (_: p: p.drvPath) (removeAttrs self.packages.${system} [ "default" ]));

    # With each of the two modules a system runs this flake's verifier.
    modules =
      lib.all
        (
          module:
          let
            inherit
              (import (nixpkgs + "/nixos/lib/eval-config.nix") {
                system = null;
                modules = [
                  module
                  {
                    nixpkgs.hostPlatform = system;
                    system.stateVersion = "24.05";
                    boot.initrd.systemd.enable = true;
                    services.nvpreflight.enable = true;
                  }
                ];
              })
              config
              ;
            verifier = lib.getExe self.packages.${system}.nvpreflight-verifier;
          in
          lib.elem verifier config.boot.initrd.systemd.storePaths
          || throw "${verifier} is not among the store paths of the initrd"
        )
        [
          self.nixosModules.default
          (plain system).nixosModules.default
        ];
  };
in
{
  inherit complete;
  cases =
    lib.concatMapAttrs (system: lib.mapAttrs' (name: lib.nameValuePair "${name}-${system}")) (
      lib.genAttrs systems perSystem
    )
    // {
      the-booted-units-are-those-of-nixos = bootedUnits;
    };
}
