# A GPU that this branch of the driver does not have: dropped before it, or newer. Looks
# only where a hardware report of nixos-facter tells the GPUs.
{ facts, lib }:

let
  inherit (facts) branch;
  why =
    gpu:
    if gpu.last != null && branch > gpu.last then
      "its last branch is ${toString gpu.last}"
    else if gpu.first != null && branch < gpu.first then
      "it needs branch ${toString gpu.first} or later"
    else
      null;
  works = lib.any (gpu: why gpu == null) facts.gpus;
in
{
  code = "NVP504";
  # A second card that is ignored leaves the first one working.
  severity = if works then "warning" else "error";
  findings = map (gpu: {
    says = "driver ${facts.version} does not support the GPU 10de:${gpu.id} of the hardware report: ${why gpu}";
    write = gpu.instead;
  }) (lib.filter (gpu: facts.enabled && branch != 0 && why gpu != null) facts.gpus);
}
