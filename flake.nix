{
  description = "Was the NVIDIA driver up before the greeter, and which line said so?";

  # The crates need Rust 1.85, as 25.05 has it; an older nixpkgs can be the
  # system's all the same, since the module brings packages built with this one.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      eachSystem =
        f:
        lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
          system: f (nixpkgs.legacyPackages.${system}.extend self.overlays.default)
        );
    in
    {
      overlays.default = import ./nixos-module/packages/overlay.nix;

      nixosModules.default =
        { pkgs, ... }:
        {
          imports = [ ./nixos-module ];
          services.nvpreflight =
            let
              packages = self.packages.${pkgs.stdenv.hostPlatform.system};
            in
            {
              package = lib.mkDefault packages.nvpreflight-verifier;
              toolPackage = lib.mkDefault packages.nvpreflight;
            };
        };

      packages = eachSystem (
        pkgs:
        {
          inherit (pkgs) nvpreflight nvpreflight-verifier;
          default = pkgs.nvpreflight;
        }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isx86_64 { inherit (pkgs) nvpreflight-boot; }
      );

      # Machines that boot, which need KVM, and what needs none.
      checks = eachSystem (
        pkgs:
        import ./nixos-module/nixos-tests { inherit pkgs; }
        // import ./nixos-module/checks.nix { inherit pkgs; }
      );

      # Two machines, one healthy, and what the verifier says of each.
      apps = eachSystem (pkgs: {
        demo = {
          type = "app";
          program = lib.getExe (pkgs.callPackage ./nixos-module/packages/demo.nix { });
          meta.description = "Boot a healthy and a broken machine and show both verdicts";
        };
      });

      devShells = eachSystem (pkgs: {
        default = pkgs.callPackage ./nixos-module/packages/shell.nix { };
      });

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree or pkgs.nixfmt);
    };
}
