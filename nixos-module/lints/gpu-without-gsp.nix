# The open modules need a GPU with a GSP, Turing or newer. Looks only where a
# hardware report of nixos-facter tells the GPUs.
{ facts, lib }:

{
  code = "NVP505";
  severity = "error";
  findings = lib.optional (facts.enabled && facts.open == true && facts.beforeTuring != [ ]) {
    says = "the hardware report lists the GPU 10de:${lib.head facts.beforeTuring}, which is older than Turing and has no GSP: the open modules refuse it";
    write = ''
      hardware.nvidia.open = false;
    '';
  };
}
