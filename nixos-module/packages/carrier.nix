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
  # Compiled as fast as can be: what is asked is whether it is right.
  env.CARGO_PROFILE_DEV_OPT_LEVEL = "0";
  cargoTestFlags = [ "--package=nvpreflight-carrier" ];

  meta = import ./meta.nix { inherit lib; } // {
    description = "Carries the verifier's report out of an initrd under test";
    longDescription = ''
      The first program of an initrd under test: it starts the image's own init, waits for
      the verifier's report and sends it out over a serial port. `nvpreflight-boot` puts
      it into the images that it boots.
    '';
    mainProgram = "nvpreflight-carrier";
    platforms = [ "x86_64-linux" ];
  };
}
