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

  meta = import ./meta.nix { inherit lib; } // {
    description = "Judges the NVIDIA modules of an initrd image before the reboot";
    longDescription = ''
      Reads an initrd image as the kernel does, resolves its modules as kmod does, and
      judges what a boot from it would do with the NVIDIA modules: by the rules that the
      verifier applies inside the initrd. It also reads logs, compares boots and fixes
      what it finds.
    '';
    mainProgram = "nvpreflight";
  };
}
