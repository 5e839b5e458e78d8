# The packages as nixpkgs' own code builds them, but by this machine's compiler and
# tools and from the crates that its cargo has fetched, so that no binary cache and no
# network is needed: `./by-nix` builds them.
{
  # A nixpkgs.
  nixpkgs,
  # The folder with cargo's archives of crates.
  crates,
  # The folder with cargo and rustc.
  toolchain,
}:
let
  host =
    platform:
    import nixpkgs {
      localSystem.system = "x86_64-linux";
      stdenvStages = import ../../qemu-tests/nixos/initrd/host-stdenv.nix nixpkgs;
      config = { };
      overlays = [
        (
          final: prev:
          let
            # Links to programs of this machine. Nix 2.8 kills a builder whose output pipe
            # closes, which a shell does that hands over to its last command.
            programs =
              name: from: list:
              (derivation {
                inherit name;
                system = "x86_64-linux";
                builder = "/bin/bash";
                args = [
                  "-euc"
                  ''
                    export PATH=/usr/bin:/bin:/usr/sbin:/sbin
                    mkdir -p $out/bin
                    for program in ${toString list}; do
                      ln -s "$(PATH=${from}:$PATH command -v $program)" $out/bin/$program
                    done
                    sleep 0.1
                    :
                  ''
                ];
              })
              // {
                meta.platforms = prev.lib.platforms.all;
              };
          in
          {
            stdenv = prev.stdenv // platform prev.lib;
            cargo = programs "cargo" toolchain [ "cargo" ];
            rustc = programs "rustc" toolchain [
              "rustc"
              "rustdoc"
            ];
            diffutils = programs "diffutils" "/usr/bin" [ "diff" ];
            # Leaves its record of the crates out.
            cargo-auditable.meta.broken = true;
            rustPlatform = final.makeRustPlatform { inherit (final) cargo rustc; };
            # The archive of a crate, which has to have the hash of Cargo.lock.
            hostFetchurl =
              { name, sha256, ... }:
              let
                crate = prev.lib.removeSuffix ".tar.gz" (prev.lib.removePrefix "crate-" name);
              in
              derivation {
                inherit name;
                system = "x86_64-linux";
                builder = "/bin/bash";
                args = [
                  "-euc"
                  "/bin/cp ${crates}/${crate}.crate $out; /bin/sleep 0.1; :"
                ];
                outputHashMode = "flat";
                outputHashAlgo = "sha256";
                outputHash = sha256;
              };
          }
        )
      ];
    };
  # As pkgsStatic has them.
  static = host (
    lib:
    let
      hostPlatform = lib.systems.elaborate {
        config = "x86_64-unknown-linux-musl";
        isStatic = true;
      };
    in
    {
      inherit hostPlatform;
      targetPlatform = hostPlatform;
    }
  );
  plain = host (_: { });
in
{
  nvpreflight = plain.callPackage ./tool.nix { };
  nvpreflight-carrier = static.callPackage ./carrier.nix { };
  nvpreflight-verifier = static.callPackage ./verifier.nix { };
}
