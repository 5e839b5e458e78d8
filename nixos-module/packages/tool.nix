# The host tool: the same rules over an initrd image, before the reboot.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
}:

let
  manifest = lib.importTOML ../../Cargo.toml;
in
rustPlatform.buildRustPackage {
  pname = "nvpreflight";
  inherit (manifest.workspace.package) version;

  src = import ./source.nix { inherit lib; };
  cargoLock.lockFile = ../../Cargo.lock;

  cargoBuildFlags = [ "--bin=nvpreflight" ];
  # Its tests make images with the generators of other distributions, which
  # `./qemu-tests/run test` fetches; there is no network here.
  doCheck = false;

  nativeBuildInputs = [ installShellFiles ];
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    installShellCompletion --cmd nvpreflight \
      --bash <($out/bin/nvpreflight completions bash) \
      --fish <($out/bin/nvpreflight completions fish) \
      --zsh <($out/bin/nvpreflight completions zsh)
    $out/bin/nvpreflight man "$TMPDIR/man"
    installManPage "$TMPDIR"/man/*
  '';

  meta = {
    description = "Judges the NVIDIA modules of an initrd image before the reboot";
    license = with lib.licenses; [
      asl20
      mit
    ];
    mainProgram = "nvpreflight";
    platforms = lib.platforms.linux;
  };
}
