# The boot tests with QEMU and everything else they call. Their guests are made
# of Debian packages, fetched when a boot first needs them, and Debian's tools
# for building kernel modules want the usual places of a distribution: hence the
# FHS environment.
{
  lib,
  buildFHSEnv,
  dpkg,
  fetchurl,
  nvpreflight-carrier,
  nvpreflight-verifier,
  path,
  runCommand,
  rustPlatform,
  writeShellScript,
}:

let
  manifest = lib.importTOML ../../Cargo.toml;
  inherit (manifest.workspace.package) version;
  src = import ./source.nix { inherit lib; };

  unwrapped = rustPlatform.buildRustPackage {
    pname = "nvpreflight-boot-unwrapped";
    inherit version src;
    cargoLock.lockFile = ../../Cargo.lock;
    cargoBuildFlags = [ "--package=nvpreflight-boot" ];
    cargoTestFlags = [
      "--package=nvpreflight-boot"
      "--package=nvpreflight-harness"
      "--bins"
      "--lib"
    ];
    checkType = "debug";
    meta.mainProgram = "nvpreflight-boot";
  };

  # apt takes the packages of a guest only with signatures of these keys.
  keyring =
    runCommand "debian-archive-keyring"
      {
        src = fetchurl {
          url = "mirror://debian/pool/main/d/debian-archive-keyring/debian-archive-keyring_2023.3+deb12u2_all.deb";
          hash = "sha256-9pni+I3KBSEvKkUrWEdfKZPLaZPfuvsdAgWjKR64tLg=";
        };
        nativeBuildInputs = [ dpkg ];
      }
      ''
        dpkg-deb --extract $src unpacked
        mkdir -p $out/share
        cp -r unpacked/usr/share/keyrings $out/share/
      '';

  # On a machine without apt nothing else names a mirror.
  mirror = lib.head (import (path + "/pkgs/build-support/fetchurl/mirrors.nix")).debian;

  # The harness writes beside what it builds; the store cannot be written to.
  start = writeShellScript "nvpreflight-boot-start" ''
    set -eu
    cache=''${XDG_CACHE_HOME:-$HOME/.cache}/nvpreflight
    sources=$cache/${baseNameOf (toString unwrapped)}
    if [ ! -e "$sources" ]; then
      mkdir -p "$cache"
      new=$(mktemp --directory "$cache/sources.XXXXXX")
      cp --recursive --no-preserve=mode,ownership ${src}/. "$new"
      mv --no-target-directory "$new" "$sources"
    fi
    export NVPREFLIGHT_SOURCES=$sources
    export CARGO_TARGET_DIR=''${CARGO_TARGET_DIR:-$cache/target}
    export NVPREFLIGHT_VERIFIER=''${NVPREFLIGHT_VERIFIER:-${lib.getExe nvpreflight-verifier}}
    export NVPREFLIGHT_CARRIER=''${NVPREFLIGHT_CARRIER:-${lib.getExe nvpreflight-carrier}}
    export NVPREFLIGHT_MIRROR=''${NVPREFLIGHT_MIRROR:-${mirror}}
    exec ${lib.getExe unwrapped} "$@"
  '';
in
buildFHSEnv {
  pname = "nvpreflight-boot";
  inherit version;
  runScript = start;
  targetPkgs =
    pkgs: with pkgs; [
      apt
      binutils
      dpkg
      e2fsprogs
      elfutils
      gcc
      gnumake
      keyring
      kmod
      qemu_kvm
      strace
      util-linux
      xz
    ];
  passthru = { inherit unwrapped; };
  meta = import ./meta.nix { inherit lib; } // {
    description = "Boots the nvpreflight verifier in QEMU and judges its verdict";
    longDescription = ''
      Boots a kernel with an initrd, of Debian or of yours, in QEMU with stand-ins for
      NVIDIA's modules and GPUs, and compares the verifier's report with what is expected.
    '';
    mainProgram = "nvpreflight-boot";
    # The guests are Debian's for amd64.
    platforms = [ "x86_64-linux" ];
  };
}
