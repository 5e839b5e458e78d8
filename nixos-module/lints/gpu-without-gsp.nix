# The open modules need a GPU with a GSP, Turing or newer, and some GPUs need them. Looks
# only where a hardware report of nixos-facter tells the GPUs.
{ facts, lib }:

let
  wrong =
    gpu:
    if facts.open == true && !gpu.gsp then
      {
        says = "the hardware report lists the GPU 10de:${gpu.id}, which is older than Turing and has no GSP: the open modules refuse it";
        write =
          if facts.branch != 0 && gpu.last != null && facts.branch <= gpu.last then gpu.here else gpu.instead;
      }
    else if facts.open == false && gpu.needsOpen then
      {
        says = "the hardware report lists the GPU 10de:${gpu.id}, which the open modules alone drive";
        write = "hardware.nvidia.open = true;";
      }
    else
      null;
in
{
  code = "NVP505";
  findings = lib.filter (f: f != null) (map wrong (lib.optionals facts.enabled facts.gpus));
}
