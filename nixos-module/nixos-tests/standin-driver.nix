# What `hardware.nvidia.package` has to be for nixpkgs' nvidia.nix to take it:
# the stand-in modules, the names of firmware files, and nothing of NVIDIA's.
{
  callPackage,
  runCommand,
  kernel,
  version ? "595.45.04",
}:

let
  modules = callPackage ./standin-modules.nix { inherit kernel version; };
  userSpace = runCommand "nvidia-standin-${version}" { } "mkdir -p $out/bin $out/lib";
  # Looked for by name when a GPU is initialised; what is in it is not read.
  firmware = runCommand "nvidia-standin-firmware-${version}" { } ''
    for chip in tu10x ga10x; do
      mkdir -p $out/lib/firmware/nvidia/${version}
      echo "stand-in for GSP firmware" > $out/lib/firmware/nvidia/${version}/gsp_$chip.bin
    done
  '';
in
userSpace
// {
  inherit firmware version;
  bin = userSpace;
  out = userSpace;
  lib32 = userSpace;
  open = modules;
  mod = modules;
  persistenced = null;
  settings = null;
  useProfiles = false;
  ibtSupport = true;
}
