# The tools for working on this project.
{
  cargo,
  clippy,
  kmod,
  mkShell,
  nixfmt,
  qemu_kvm,
  rust-analyzer,
  rustc,
  rustfmt,
  strace,
}:

mkShell {
  packages = [
    cargo
    clippy
    kmod
    nixfmt
    qemu_kvm
    rust-analyzer
    rustc
    rustfmt
    strace
  ];
}
