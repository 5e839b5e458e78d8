# Debian's kernel with the stand-ins among its modules, and what stands for NVIDIA's
# package.
{
  kernel,
  release,
  driver,
}:
final: prev:
let
  inherit (prev) lib;
  inherit
    (import ./make.nix {
      inherit final;
      inherit (prev) lib;
    })
    raw
    package
    empty
    ;
in
{
  # Debian's kernel with the stand-ins among its modules.
  debianKernel =
    let
      drv = raw "linux-${release}" ''
        mkdir $out
        cp -r ${
          builtins.path {
            path = kernel;
            name = "debian-kernel";
          }
        }/. $out/
      '';
    in
    package drv {
      version = release;
      modDirVersion = release;
      kernelOlder = lib.versionOlder release;
      kernelAtLeast = lib.versionAtLeast release;
      features = {
        efiBootStub = true;
        ia32Emulation = true;
      };
      baseImage = drv;
      isHardened = false;
      isXen = false;
      isZen = false;
      isLibre = false;
      kernelPatches = [ ];
      configfile = null;
      commonStructuredConfig = { };
      config = {
        isYes = _: true;
        isNo = _: false;
        isModule = _: true;
        isEnabled = _: true;
        isDisabled = _: false;
        isSet = _: true;
        getValue = _: "y";
      };
      moduleBuildDependencies = [ ];
    };
  nvidiaStandIn =
    let
      drv = empty "nvidia-x11-${driver}" ''
        mkdir -p $out/lib/firmware/nvidia/${driver}
        for chip in ga10x tu10x; do
          echo "in place of NVIDIA's" > $out/lib/firmware/nvidia/${driver}/gsp_$chip.bin
        done
      '';
    in
    drv
    // lib.genAttrs [
      "bin"
      "open"
      "mod"
      "out"
      "lib32"
      "firmware"
      "settings"
      "persistenced"
    ] (_: drv)
    // {
      version = driver;
      useProfiles = false;
      ibtSupport = true;
    };
}
