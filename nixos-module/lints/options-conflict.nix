# One parameter, two values: modprobe.d comes first and the command line last,
# and the last one is in force.
{ facts, lib }:

let
  differs = p: lib.any (v: !facts.text.same v.value (lib.head p.given).value) p.given;
in
{
  code = "NVP302";
  severity = "warning";
  findings = map (p: {
    says = "${p.module}.${p.name} is given two values; the last one is in force: ${
      facts.valueOf p.module p.name null
    }";
    at = map facts.place p.given;
    write = ''
      # keep one of them; hardware.nvidia writes its own
    '';
  }) (lib.filter differs facts.parameters);
}
