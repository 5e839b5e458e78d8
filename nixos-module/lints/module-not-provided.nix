# A name in boot.initrd.kernelModules that no package provides stops the build
# of the initrd with "module not found" and no word of why (nixpkgs,
# pkgs/build-support/kernel/modules-closure.sh).
{ facts, lib }:

{
  code = "NVP402";
  own = true;
  findings =
    lib.optional
      (!facts.enabled && facts.early != [ ] && facts.get "boot.extraModulePackages" [ ] == [ ])
      {
        says = "boot.initrd.kernelModules names ${lib.concatStringsSep ", " facts.early}, which nothing here provides: the initrd will not build";
        write = ''
          services.xserver.videoDrivers = [ "nvidia" ];
        '';
      };
}
