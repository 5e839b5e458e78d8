# What brings the verifier's report out of an initrd under test: one static file,
# called with the packages of `pkgsStatic` as the verifier is.
{
  lib,
  rustPlatform,
}:

let
  manifest = lib.importTOML ../../Cargo.toml;
in
rustPlatform.buildRustPackage {
  pname = "nvpreflight-carrier";
  inherit (manifest.workspace.package) version;

  src = import ./source.nix { inherit lib; };
  cargoLock.lockFile = ../../Cargo.lock;

  # The same build as `cargo carrier`.
  buildType = "verifier";
  cargoBuildFlags = [ "--package=nvpreflight-carrier" ];
  checkType = "debug";
  cargoTestFlags = [ "--package=nvpreflight-carrier" ];

  meta = {
    description = "Carries the verifier's report out of an initrd under test";
    license = with lib.licenses; [
      asl20
      mit
    ];
    mainProgram = "nvpreflight-carrier";
    platforms = [ "x86_64-linux" ];
  };
}
