# nomodeset turns simpledrm and every other driver's mode setting off; installers
# add it and it stays (kernel, Documentation/admin-guide/kernel-parameters.txt).
{ facts, lib }:

let
  wants = goals: lib.any (goal: lib.elem goal facts.goals) goals;
  display = wants [
    "wayland"
    "x11"
    "luks-prompt"
  ];
  blind = wants [
    "headless"
    "vfio"
  ];
  # Behind `--` it is init's word.
  given = lib.elem "nomodeset" (facts.text.kernelWords facts.words);
in
{
  code = "NVP701";
  findings = lib.optional (given && (display || !blind)) {
    says = "nomodeset is on the kernel command line: it disables native display drivers other than nvidia's";
    severity = if display then "error" else "warning";
    write = ''
      # drop from boot.kernelParams: nomodeset
    '';
  };
}
