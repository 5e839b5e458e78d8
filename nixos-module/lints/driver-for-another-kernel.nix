# hardware.nvidia.package taken from another kernel's packages than
# boot.kernelPackages: its modules are in a folder that this kernel never reads.
# The kernel's version is the end of the package's name (nixpkgs,
# pkgs/os-specific/linux/nvidia-x11/generic.nix).
{ facts, lib }:

let
  name = (facts.get "hardware.nvidia.package" { }).name or "";
  built = builtins.match "nvidia-(x11|dc)-[0-9.]+-([0-9]+[.].+)" name;
  kernel = (facts.get "boot.kernelPackages" { }).kernel.version or null;
  wrong = built != null && kernel != null && lib.elemAt built 1 != kernel;
in
{
  code = "NVP403";
  findings = lib.optional (facts.enabled && wrong) {
    says = "hardware.nvidia.package is built for Linux ${lib.elemAt built 1}, and boot.kernelPackages is ${kernel}: the kernel will find no driver";
    write = ''
      hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.stable;    # of this kernel's packages
    '';
  };
}
