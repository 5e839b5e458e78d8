# Driver 590 ended the support of Maxwell, Pascal and Volta. Looks only where a
# hardware report of nixos-facter tells the GPUs.
{ facts, lib }:

{
  code = "NVP504";
  severity = "error";
  findings = lib.optional (facts.enabled && facts.atLeast "590" && facts.beforeTuring != [ ]) {
    says = "driver ${facts.version} no longer supports the GPU 10de:${lib.head facts.beforeTuring} of the hardware report";
    write = ''
      hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.legacy_580;
    '';
  };
}
