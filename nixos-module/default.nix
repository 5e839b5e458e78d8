# The NixOS module of nvpreflight. With `services.nvpreflight.enable` the
# verifier judges the NVIDIA kernel modules in the initrd and again before the
# display manager, against expectations derived from this configuration.
{
  imports = [
    ./options.nix
    ./settings.nix
    ./expect-file.nix
    ./early-kms.nix
    ./initrd.nix
    ./pre-display.nix
    ./remember.nix
    ./image-checks.nix
    ./softdeps.nix
    ./sleep.nix
    ./lints
  ];

  meta.maintainers = [ ];
}
