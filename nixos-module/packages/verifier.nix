# The verifier that goes into the initrd. Called with the packages of
# `pkgsStatic`, so that it is one file without an interpreter: both kinds of
# initrd then take exactly this file and no library with it.
{
  lib,
  stdenv,
  rustPlatform,
}:

let
  manifest = lib.importTOML ../../Cargo.toml;
in
rustPlatform.buildRustPackage {
  pname = "nvpreflight-verifier";
  inherit (manifest.workspace.package) version;

  src = import ./source.nix { inherit lib; };
  cargoLock.lockFile = ../../Cargo.lock;

  # The same build as `cargo verifier`: small, no unwinding, stripped.
  buildType = "verifier";
  buildNoDefaultFeatures = true;
  buildFeatures = [ "live" ];
  cargoBuildFlags = [
    "--package=nvpreflight"
    "--bin=nvpreflight-verifier"
  ];

  checkType = "debug";
  # Compiled as fast as can be: what is asked is whether it is right.
  env.CARGO_PROFILE_DEV_OPT_LEVEL = "0";
  checkNoDefaultFeatures = false;
  checkFeatures = [ ];
  cargoTestFlags = [ "--package=nvpreflight" ];
  # The first takes minutes and asks nothing of this compiler; the others look at pages of
  # the project that are not part of the source here.
  checkFlags = [
    "--skip=no_finding_goes_without_a_word_when_a_source_is_lost"
    "--skip=every_path_named_in_the_documents_exists"
    "--skip=texts_use_the_words_of_the_glossary"
  ];

  # For systems whose units come from packages; the NixOS module writes its own.
  postInstall = ''
    for unit in nvpreflight-initrd nvpreflight-pre-display; do
      install -D --mode=444 --target-directory=$out/lib/systemd/system verifier/dist/$unit.service
      substituteInPlace $out/lib/systemd/system/$unit.service \
        --replace-fail /usr/bin/nvpreflight-verifier $out/bin/nvpreflight-verifier
    done
    install -D --mode=444 --target-directory=$out/share/nvpreflight docs/*.schema.json
  '';

  doInstallCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  installCheckPhase = ''
    runHook preInstallCheck
    $out/bin/nvpreflight-verifier --version
    if $READELF --dynamic --wide $out/bin/nvpreflight-verifier | grep NEEDED; then
      echo "nvpreflight-verifier is not static" >&2
      exit 1
    fi
    runHook postInstallCheck
  '';

  meta = import ./meta.nix { inherit lib; } // {
    description = "Verifier for the NVIDIA kernel modules in early boot";
    longDescription = ''
      Runs in the initrd and again before the display manager, checks whether
      the NVIDIA modules loaded correctly, and names the line that kept them from it.
    '';
    mainProgram = "nvpreflight-verifier";
  };
}
